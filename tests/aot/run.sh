#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The training step of the digits as an object (R18): no undefined symbol on any target; on this machine linked into a C99
# program that trains, with the bits of the JIT.
#   run.sh SOURCE EMIT_DIGITS LLVM_NM CC
set -euo pipefail
readonly source=$1 emit=$2 nm=$3 cc=$4 model=$1/examples/digits/digits.gc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# The object and nothing else makes a program: the linker refuses where a symbol is missing.
link_alone() {
  case $1 in
    wasm*) wasm-ld --no-entry --export=digits_entry_step "$work/digits.o" -o "$work/alone" ;;
    *) ld.lld -e digits_entry_step "$work/digits.o" -o "$work/alone" ;;
  esac
}
if ! command -v ld.lld wasm-ld >/dev/null; then
  echo "SKIPPED: needs lld"
  link_alone() { return 0; }
fi

while read -r triple cpu; do
  "$emit" "$model" "$triple" "$cpu" "$work/digits.o" >/dev/null
  # wasm objects name these two for every function; the linker makes them.
  "$nm" "$work/digits.o" >"$work/symbols"
  grep -q digits_entry_step "$work/symbols"
  undefined=$("$nm" -u "$work/digits.o" | grep -Ev '__stack_pointer|__indirect_function_table' || true)
  if [[ -n "$undefined" ]]; then echo "$triple $cpu: undefined: $undefined"; failures=1; fi
  if grep -qaE '/(home|work|root|tmp)/' "$work/digits.o"; then echo "$triple $cpu: a path of this machine is inside"; failures=1; fi
  link_alone "$triple" || failures=1
  echo "$triple $cpu: $(stat -c %s "$work/digits.o") bytes, undefined symbols: none"
done <<'LIST'
x86_64-linux-gnu x86-64-v3
x86_64-linux-gnu x86-64-v2
aarch64-linux-gnu generic
thumbv7em-none-eabihf cortex-m4
wasm32-unknown-unknown generic
LIST

if [[ $(uname -m) == x86_64 ]]; then
  cpus=x86-64-v2
  if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then cpus="x86-64-v2 x86-64-v3"; fi
  for cpu in $cpus; do
    read -r params state workspace < <("$emit" "$model" x86_64-linux-gnu "$cpu" "$work/digits.o")
    "$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -ffp-contract=off -I"$source" "$source/tests/aot/driver.c" "$work/digits.o" -o "$work/driver"
    from_c=$("$work/driver" "$params" "$state" "$workspace") || failures=1
    from_jit=$("$emit" "$model" x86_64-linux-gnu "$cpu")
    if [[ "$from_c" != "$from_jit" ]]; then printf '%s: C and JIT differ:\n%s\n%s\n' "$cpu" "$from_c" "$from_jit"; failures=1; fi
    echo "$cpu: C and JIT: $from_c"
  done
fi
exit $failures
