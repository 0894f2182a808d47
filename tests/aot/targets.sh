#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Ten training steps of the digits on every kind of machine: the object linked with a start-up of its own and nothing else, run on
# this machine or in an emulator. The bits are those of the JIT, in the two classes with and without fused multiply-add. Then the
# objects of two models in one program, and a machine that lacks what the object was compiled for.
#   targets.sh SOURCE GRAPHC JIT_DIGITS
set -euo pipefail
readonly source=$1 graphc=$2 jit=$3
readonly machines=$source/tests/aot/machines firmware=$source/examples/firmware
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 skipped=0
export GRAPHC_CACHE=off

has_all() { local tool; for tool in "$@"; do command -v "$tool" >/dev/null || return 1; done; }
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
skip() { echo "SKIPPED: $*"; skipped=$((skipped + 1)); }

readonly host=$(uname -m)
cpu_has() { local flag; for flag in "$@"; do grep -qw "$flag" /proc/cpuinfo || return 1; done; }

# build NAME TRIPLE CPU START CLANG-OPTION...: $work/NAME/program
build() {
  local name=$1 triple=$2 cpu=$3 start=$4 folder=$work/$1
  shift 4
  "$graphc" compile "$source/examples/digits/digits.gc" -o "$folder" --target "$triple" --cpu "$cpu" >"$work/log" || { cat "$work/log"; return 1; }
  clang --target="$triple" -std=c99 -O1 -Wall -Wextra -Wpedantic -Werror -ffreestanding -ffp-contract=off -fno-stack-protector -nostdlib -fuse-ld=lld \
    -I"$folder" -I"$source" "$source/tests/aot/portable.c" ${start:+"$start"} "$firmware/freestanding.c" "$folder/digits.o" \
    "$@" -o "$folder/program"
}

# compare NAME FMA COMMAND...: what the command prints is what the JIT does in this class
compare() {
  local name=$1 fma=$2 got wanted
  shift 2
  got=$("$@") || { fail "$name: exit $?: $got"; return; }
  wanted=$(cat "$work/jit-$fma")
  if [[ "$got" == "$wanted" ]]; then echo "$name: $got ($fma)"; else fail "$name: $got, and the JIT has $wanted ($fma)"; fi
}

options=()  # of clang, for `linux`
linux() {  # NAME TRIPLE CPU FMA RUNNER...
  local name=$1 triple=$2 cpu=$3 fma=$4
  shift 4
  build "$name" "$triple" "$cpu" "$machines/start_linux.c" -static "${options[@]}" || { fail "$name: does not build"; return; }
  compare "$name" "$fma" "$@" "$work/$name/program"
}

cortex() {  # NAME CPU FPU BOARD
  build "$1" thumbv7em-none-eabihf "$2" "$firmware/start_cortex_m.c" -mcpu="$2" -mfpu="$3" -mfloat-abi=hard -T"$firmware/cortex_m.ld" || { fail "$1: does not build"; return; }
  compare "$1" fma qemu-system-arm -M "$4" -cpu "$2" -display none -monitor none -serial none -chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out -kernel "$work/$1/program"
}

if [[ $host != x86_64 ]] || ! has_all clang ld.lld wasm-ld; then
  echo "SKIPPED: needs an x86-64 machine, clang and lld"
  exit 0
fi
native_fma=no
if cpu_has avx2 fma; then native_fma=yes; fi
"$jit" x86_64-linux-gnu x86-64-v2 >"$work/jit-none"
# The evaluator speaks for a machine that cannot run the class itself.
if [[ $native_fma == yes ]]; then "$jit" x86_64-linux-gnu x86-64-v3 >"$work/jit-fma"; else "$jit" evaluator >"$work/jit-fma"; fi

linux x86-64-v2 x86_64-linux-gnu x86-64-v2 none env
if [[ $native_fma == yes ]]; then
  linux x86-64-v3 x86_64-linux-gnu x86-64-v3 fma env
elif has_all qemu-x86_64; then
  linux x86-64-v3 x86_64-linux-gnu x86-64-v3 fma qemu-x86_64 -cpu max
else
  skip "x86-64-v3 needs a CPU with AVX2 or qemu-user"
fi
if cpu_has avx512f avx512bw avx512cd avx512dq avx512vl; then
  linux x86-64-v4 x86_64-linux-gnu x86-64-v4 fma env
else
  build x86-64-v4 x86_64-linux-gnu x86-64-v4 "$machines/start_linux.c" -static || fail "x86-64-v4: does not build"
  echo "x86-64-v4: built; this CPU has no AVX-512 to run it, and neither has the emulator"
fi
if has_all qemu-aarch64 qemu-riscv64 qemu-riscv32 qemu-x86_64 qemu-i386 qemu-arm; then
  linux aarch64 aarch64-linux-gnu generic fma qemu-aarch64
  linux riscv64 riscv64-linux-gnu generic-rv64 fma qemu-riscv64
  options=(-march=rv32imafc -mabi=ilp32f)
  linux riscv32 riscv32-linux-gnu sifive-e76 fma qemu-riscv32
  options=()
  linux i686 i686-linux-gnu pentium4 none qemu-i386
  options=(-march=armv7-a -mfpu=vfpv4)
  linux armv7-vfp4 armv7-linux-gnueabihf cortex-a7 fma qemu-arm
  linux armv7-vfp3 armv7-linux-gnueabihf generic none qemu-arm
  options=(-march=armv6k -mfpu=vfpv2)
  linux armv6-vfp2 armv6-linux-gnueabihf arm1176jzf-s none qemu-arm
  options=()
  # A CPU without AVX refuses in `init`, before anything is computed.
  got=$(qemu-x86_64 -cpu Nehalem "$work/x86-64-v4/program" || true)
  if [[ "$got" == *"lacks an instruction set"* ]]; then echo "x86-64-v4 on a Nehalem: refused"; else fail "x86-64-v4 on a Nehalem: $got"; fi
else
  skip "AArch64, ARM, RISC-V and 32-bit x86 need qemu-user"
fi
if has_all qemu-system-arm; then
  cortex cortex-m4f cortex-m4 fpv4-sp-d16 mps2-an386
  cortex cortex-m7 cortex-m7 fpv5-d16 mps2-an500
else
  skip "Cortex-M needs qemu-system-arm"
fi
if has_all node; then
  if build wasm32 wasm32-unknown-unknown generic "" -Wl,--no-entry -Wl,--export=run -Wl,--allow-undefined; then
    compare wasm32 none node "$machines/run_wasm.mjs" "$work/wasm32/program"
  else
    fail "wasm32: does not build"
  fi
else
  skip "wasm32 needs node"
fi
echo "$failures failed, $skipped skipped"
exit $((failures > 0))
