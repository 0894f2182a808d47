#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Objects and headers (R18): no undefined symbol and no path on any target, sizes, headers without a warning in every dialect, and
# driver.c, a C99 program against the header.
#   run.sh SOURCE GRAPHC LLVM_NM
set -euo pipefail
readonly source=$1 graphc=$2 nm=$3 objdump=${3%nm}objdump model=$1/examples/digits/digits.gc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
has_all() { local tool; for tool in "$@"; do command -v "$tool" >/dev/null || return 1; done; }

compile() { "$graphc" compile "$model" -o "$work/$1" --emit obj,header,json,hpp "${@:2}" >"$work/log" || { cat "$work/log"; exit 1; }; }

# The object and nothing else makes a program: the linker refuses where a symbol is missing.
link_alone() {
  case $1 in
    wasm*) wasm-ld --no-entry --export=digits_entry_step "$2" -o "$work/alone" ;;
    *) ld.lld -e digits_entry_step "$2" -o "$work/alone" ;;
  esac
}
if ! has_all ld.lld wasm-ld; then
  echo "SKIPPED: needs lld"
  link_alone() { return 0; }
fi

# TRIPLE CPU, and the most bytes of code that all entries may take.
while read -r triple cpu most; do
  compile all --target "$triple" --cpu "$cpu"
  object=$work/all/digits.o
  # wasm objects name the first two for every function, position-independent ones of 32-bit x86 the third; the linker makes them.
  "$nm" "$object" >"$work/symbols"
  for entry in init step grad apply eval predict; do grep -q " T digits_entry_$entry\$" "$work/symbols" || fail "$triple $cpu: no digits_entry_$entry"; done
  undefined=$("$nm" -u "$object" | grep -Ev '__stack_pointer|__indirect_function_table|_GLOBAL_OFFSET_TABLE_' || true)
  if [[ -n "$undefined" ]]; then fail "$triple $cpu: undefined: $undefined"; fi
  if grep -qaE '/(home|work|root|tmp)/' "$object" "$work/all/digits.h" "$work/all/digits.json"; then fail "$triple $cpu: a path of this machine is inside"; fi
  link_alone "$triple" "$object" || fail "$triple $cpu: does not link alone"
  # The class of numbers stands in the header as in the memory map.
  has_fma=$(grep -c '"fused_multiply_add": true' "$work/all/digits.json" || true)
  grep -q "^#define DIGITS_FUSED_MULTIPLY_ADD $has_fma " "$work/all/digits.h" || fail "$triple $cpu: DIGITS_FUSED_MULTIPLY_ADD"
  text=$(sed -n 's/.*"text_bytes": \([0-9]*\),.*/\1/p' "$work/all/digits.json")
  echo "$triple $cpu: $text bytes of code, undefined symbols: none"
  if ((text > most)); then fail "$triple $cpu: $text bytes of code, more than $most"; fi
done <<'LIST'
x86_64-linux-gnu x86-64-v3 32768
x86_64-linux-gnu x86-64-v2 32768
x86_64-linux-gnu x86-64-v4 32768
aarch64-linux-gnu generic 32768
riscv64-linux-gnu generic-rv64 32768
riscv32-unknown-elf sifive-e76 32768
i686-linux-gnu pentium4 32768
armv7-linux-gnueabihf generic 32768
armv6-linux-gnueabihf arm1176jzf-s 32768
thumbv7em-none-eabihf cortex-m4 24576
thumbv7em-none-eabihf cortex-m7 24576
wasm32-unknown-unknown generic 32768
LIST

# What runs before the CPU is known to have more has only instructions of every x86-64: no vectors but SSE2's (AVX begins with a v),
# no bit manipulation.
for options in "--cpu x86-64-v4" "--cpu x86-64 --features +avx2,+fma,+bmi,+bmi2,+lzcnt,+popcnt,+movbe" "--cpu native"; do
  if [[ $options == *native && $(uname -m) != x86_64 ]]; then continue; fi
  # shellcheck disable=SC2086
  compile checked --target x86_64-linux-gnu $options
  "$objdump" -d --no-show-raw-insn --disassemble-symbols=digits_check_cpu,digits_entry_init "$work/checked/digits.o" >"$work/asm"
  grep -qw cpuid "$work/asm" && grep -q 'digits_entry_init>:' "$work/asm" || fail "$options: no check of the CPU"
  more=$(grep -wE 'v[a-z]+[0-9a-z]*|[yz]mm[0-9]+|andn|bextr|bls[a-z]+|bzhi|[lt]zcnt|popcnt|movbe|mulx|p(dep|ext)|rorx|s[ahr][lrx]x|p(shufb|ermil)|k(mov|and|or)[bwdq]' "$work/asm" || true)
  if [[ -n "$more" ]]; then fail "$options: before the CPU is checked:"; echo "$more"; fi
done

compile host
for odd in odd_names odd_entries; do "$graphc" compile "$source/tests/aot/$odd.gc" -o "$work/host" --emit header,hpp >"$work/log" || { cat "$work/log"; exit 1; }; done
for compiler in gcc clang; do
  if ! has_all "$compiler"; then echo "SKIPPED: no $compiler"; continue; fi
  for standard in c99 c11 c17 gnu17; do
    echo '#include "digits.h"' | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$work/host" -x c -c - -o "$work/header.o" || fail "the header as $standard with $compiler"
    echo '#include "runtime/abi/graphc_slots.h"' | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$source" -x c -c - -o "$work/header.o" || fail "graphc_slots.h as $standard with $compiler"
  done
  for standard in c++11 c++14 c++17 c++20; do
    echo '#include "digits.h"' | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$work/host" -x c++ -c - -o "$work/header.o" || fail "the header as $standard with $compiler"
    echo '#include "runtime/abi/graphc_slots.h"' | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$source" -x c++ -c - -o "$work/header.o" || fail "graphc_slots.h as $standard with $compiler"
  done
  for header in digits.hpp xor.hpp two.hpp; do
    echo "#include \"$header\"" | "$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror -I"$work/host" -x c++ -c - -o "$work/header.o" || fail "$header with $compiler"
  done
  for header in xor.h two.h; do
    echo "#include \"$header\"" | "$compiler" -std=c99 -Wall -Wextra -Wpedantic -Werror -I"$work/host" -x c -c - -o "$work/header.o" || fail "odd names: $header with $compiler"
  done
  # What it leaves in the object when it is used: no call of any library.
  "$compiler" -std=c99 -O2 -ffreestanding -Wall -Wextra -Wpedantic -Werror -I"$source" -c "$source/tests/aot/slots_alone.c" -o "$work/slots.o" || fail "slots_alone.c with $compiler"
  undefined=$("$nm" -u "$work/slots.o")
  if [[ -n "$undefined" ]]; then fail "graphc_slots.h with $compiler needs: $undefined"; fi
  # Beside graphc_abi.h itself, in both orders.
  for order in 'digits.h runtime/abi/graphc_abi.h' 'runtime/abi/graphc_abi.h digits.h'; do
    for file in $order; do echo "#include \"$file\""; done | "$compiler" -std=c99 -Wall -Wextra -Wpedantic -Werror -I"$work/host" -I"$source" -x c -c - -o "$work/header.o" || fail "with graphc_abi.h: $order"
  done
done

# The moving averages of the parameters.
sed 's/^\(minimize .*\)$/\1\n  average(0.5)/' "$model" >"$work/digits.gc"
"$graphc" compile "$work/digits.gc" -o "$work/averaged" >/dev/null
"${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -I"$work/averaged" -I"$source" "$source/tests/aot/averaged.c" "$work/averaged/digits.o" -lm -o "$work/averaged/main" && "$work/averaged/main" || fail "averages"

# The program that `compile` prints, also with weights and no init.
"$graphc" train "$model" --steps 2 --progress none --save "$work/weights.safetensors" >/dev/null
for options in "" "--entries init" "--weights $work/weights.safetensors --entries predict"; do
  # shellcheck disable=SC2086
  compile example $options
  sed -n '/^#include/,$p' "$work/log" >"$work/example/main.c"
  "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror "$work/example/main.c" "$work/example/digits.o" -o "$work/example/main" && "$work/example/main" || fail "the printed program: $options"
done

cpus=native
if [[ $(uname -m) == x86_64 ]]; then
  cpus="x86-64-v2"
  if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then cpus="x86-64-v2 x86-64-v3"; fi
  if grep -qw avx512vl /proc/cpuinfo && grep -qw avx512dq /proc/cpuinfo; then cpus+=" x86-64-v4"; fi
fi
for cpu in $cpus; do
  compile "$cpu" --target "$(uname -m)-linux-gnu" --cpu "$cpu"
  "${CC:-cc}" -std=c99 -O1 -Wall -Wextra -Wpedantic -Werror -ffp-contract=off -I"$work/$cpu" -I"$source" "$source/tests/aot/driver.c" "$work/$cpu/digits.o" -o "$work/driver"
  echo "$cpu:"
  "$work/driver" || fail "$cpu: driver.c"
done
echo "$failures failed"
exit $((failures > 0))
