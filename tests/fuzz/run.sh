#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds every *_fuzz.cpp with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each for some seconds.
#   run.sh SOURCE WORK CLANG++ SECONDS
# What breaks one is left in WORK/NAME.crash-*; run WORK/NAME on that file to see it again.
set -euo pipefail
readonly source=$1 work=$2 cxx=$3 seconds=$4
readonly sanitizers=-fsanitize=address,undefined
mkdir -p "$work"
cd "$work"

launcher=$(command -v ccache || true)
compile() {  # FILE OBJECT: compiles where the object is older
  if [[ -e $2 && ! $1 -nt $2 && -z "$(find "$source/ir" "$source/compiler" "$source/runtime" -name '*.h' -newer "$2" -print -quit)" ]]; then return; fi
  $launcher "$cxx" -std=c++20 -O1 -g1 -w -ffp-contract=off -fsanitize=fuzzer-no-link $sanitizers -fno-sanitize-recover=undefined \
    -I"$source" -c "$1" -o "$2"
}
export -f compile
export source cxx sanitizers launcher

list() { (cd "$source" && ls ir/*.cpp ir/ops/*.cpp ir/library/*.cpp compiler/frontend/*.cpp runtime/train/*.cpp tests/fuzz/*_fuzz.cpp); }
object_of() { echo "${1//\//_}.o"; }
list | while read -r file; do printf '%s %s\n' "$source/$file" "$(object_of "$file")"; done |
  xargs -P 2 -L 1 bash -c 'compile "$0" "$1"'
objects=()
while read -r file; do
  case $file in tests/fuzz/*) ;; *) objects+=("$(object_of "$file")") ;; esac
done < <(list)
rm -f all.a
ar rc all.a "${objects[@]}"

# seeds NAME: small files that the reader takes, to start from.
seeds() {
  mkdir -p "$1.corpus"
  local json='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' npy="{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
  case $1 in
    model) find "$source"/tests/errors "$source"/examples -name '*.gc' -exec cp -t "$1.corpus" {} + ;;
    ir) cp "$source"/tests/golden/graph/*.txt "$source"/tests/golden/passes/*.txt "$1.corpus" ;;
    csv) printf '\0x,z,label\n1,2,0\n-3e2,.5,1\n' >"$1.corpus/small" ;;
    safetensors) printf '%b%s%b' "\\x$(printf %02x ${#json})\\0\\0\\0\\0\\0\\0\\0" "$json" '\0\0\0\0' >"$1.corpus/small" ;;
    npy) printf '\x93NUMPY\x01\0\x76\0%-117s\n\0\0\0\0' "$npy" >"$1.corpus/small" ;;
    idx) printf '\0\0\x08\x01\0\0\0\x02ab' >"$1.corpus/small" ;;
  esac
}

status=0
for file in "$source"/tests/fuzz/*_fuzz.cpp; do
  name=$(basename "$file" _fuzz.cpp)
  "$cxx" -fsanitize=fuzzer $sanitizers "$(object_of "tests/fuzz/${name}_fuzz.cpp")" all.a -lfmt -lz -lxxhash -o "$name"
  seeds "$name"
  echo "$name: $seconds s"
  if ! "./$name" -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -print_final_stats=1 -artifact_prefix="$name." "$name.corpus" >"$name.log" 2>&1; then
    tail -n 40 "$name.log"
    status=1
  fi
  grep -E 'number_of_executed_units' "$name.log" || true
done
exit $status
