#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Trains on this machine, compiles the model with these weights for the boards, links the firmware and runs it in qemu; the same
# program on this machine has to arrive at the same bits.
#   firmware.sh GRAPHC OUT
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly source graphc=$1 out=$2 first_row=906
readonly here=$source/examples/firmware model=$source/examples/digits/digits.gc
readonly c=(-std=c99 -O1 -Wall -Wextra -Wpedantic -Werror -ffp-contract=off -I"$source" -I"$out")

if ! command -v clang >/dev/null || ! command -v ld.lld >/dev/null; then
  echo "SKIPPED: needs clang and lld"
  exit 0
fi
mkdir -p "$out"

# The seven forms that the weights come from, and the others as an array.
gzip -dc "$source/examples/digits/digits.csv.gz" >"$out/digits.csv"
head -n "$first_row" "$out/digits.csv" >"$out/first_forms.csv"
{
  echo "enum { first_row = $first_row };"
  echo "static const unsigned char pixels[][64] = {"
  tail -n +$((first_row + 1)) "$out/digits.csv" | sed 's/,[0-9]*$//; s/.*/{&},/'
  echo "};"
  echo "static const unsigned char labels[] = {"
  tail -n +$((first_row + 1)) "$out/digits.csv" | sed 's/.*,//; s/$/,/'
  echo "};"
} >"$out/digits_data.h"
"$graphc" train "$model" --data "$out/first_forms.csv" --epochs 30 --progress none --save "$out/weights.safetensors" >"$out/train.log"

# model NAME TARGET CPU: the object and the header, in $out/NAME
model() {
  "$graphc" compile "$model" -o "$out/$1" --target "$2" --cpu "$3" --batch 8 --entries init,step,eval --weights "$out/weights.safetensors" >"$out/$1.log"
}

# firmware NAME CPU FPU BOARD
firmware() {
  model "$1" thumbv7em-none-eabihf "$2"
  clang --target=thumbv7em-none-eabihf -mcpu="$2" -mfpu="$3" -mfloat-abi=hard "${c[@]}" -I"$out/$1" -ffreestanding -nostdlib -fuse-ld=lld -T"$here/cortex_m.ld" \
    "$here"/{firmware,start_cortex_m,freestanding}.c "$out/$1/digits.o" -o "$out/$1/firmware"
  if ! command -v qemu-system-arm >/dev/null; then
    echo "SKIPPED: $2 is built; to run it needs qemu-system-arm"
    return
  fi
  echo "$2:"
  qemu-system-arm -M "$4" -cpu "$2" -display none -monitor none -serial none -chardev stdio,id=out \
    -semihosting-config enable=on,target=native,chardev=out -kernel "$out/$1/firmware" | tee "$out/$1.txt"
  if [[ -f "$out/host.txt" ]]; then
    sed '/^memory/,$d' "$out/$1.txt" | diff "$out/host.txt" -
    echo "the same bits as on this machine"
  fi
}

rm -f "$out/host.txt"
# Cortex-M has fused multiply-add: so must the program that is compared.
host_cpu=generic
if [[ $(uname -m) == x86_64 ]]; then host_cpu=x86-64-v3; fi
if [[ $host_cpu == generic ]] || { grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; }; then
  model host "$(uname -m)-linux-gnu" "$host_cpu"
  clang "${c[@]}" -fuse-ld=lld -I"$out/host" "$here"/{firmware,host}.c "$out/host/digits.o" -o "$out/host/firmware"
  "$out/host/firmware" >"$out/host.txt"
  diff "$here/expected.txt" "$out/host.txt"
else
  echo "SKIPPED: this machine has no fused multiply-add; targets without FMA are another class of bits"
fi
firmware m4f cortex-m4 fpv4-sp-d16 mps2-an386
firmware m7 cortex-m7 fpv5-d16 mps2-an500
