#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs one fuzzer for some seconds, from a few small files that its reader takes.
#   run.sh SOURCE WORK NAME_fuzz SECONDS
# What breaks it is left in WORK/NAME.crash-*; run NAME_fuzz on that file to see it again.
set -euo pipefail
readonly source=$1 program=$3 seconds=$4
name=$(basename "$program" _fuzz)
mkdir -p "$2/$name.corpus"
cd "$2"

readonly json='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' npy="{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
# numpy.savez_compressed(F, x=numpy.float32([1.5])), as Python's zipfile writes it.
readonly npz=UEsDBC0AAAAIAAAAIQBUeS6D//////////8FABQAeC5ucHkBABAAhAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6mjoKtQoUAC4GhgP2AFBLAQItAy0AAAAIAAAAIQBUeS6DSAAAAIQAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLBQYAAAAAAQABADMAAAB/AAAAAAA=
case $name in
  model) find "$source"/tests/errors "$source"/examples -name '*.gc' -exec cp -t "$name.corpus" {} + ;;
  ir) cp "$source"/tests/golden/graph/*.txt "$source"/tests/golden/passes/*.txt "$name.corpus" ;;
  plan)
    cp "$source"/tests/golden/plan/tiny.txt "$name.corpus"
    sed -n '/^kernel/,/^}/p' "$source"/tests/golden/plan/tiny.txt | sed '1i graphc.loops 1' >"$name.corpus/kernels"
    ;;
  csv) printf '\0x,z,label\n1,2,0\n-3e2,.5,1\n' >"$name.corpus/small" ;;
  safetensors) printf '%b%s%b' "\\x$(printf %02x ${#json})\\0\\0\\0\\0\\0\\0\\0" "$json" '\0\0\0\0' >"$name.corpus/small" ;;
  checkpoint)
    printf '%s\n' 'steps 48 0.5' 'seed 1' 'not_finite 0 0 0' 'epoch 0 0 0 0 1 0 1 0.1' 'early_stopping 0 0 0 ' \
      'plateau 0 0 0.5 1 2 train_loss' 'best_checkpoint inf 0 0 ' 'history 1 48 0.5 43 0.5 1 nan 0 1 0.1' >"$name.corpus/small"
    ;;
  npy) printf '\x93NUMPY\x01\0\x76\0%-117s\n\0\0\0\0' "$npy" >"$name.corpus/small" ;;
  npz) printf %s "$npz" | base64 -d >"$name.corpus/small" ;;
  cifar) head -c 6146 /dev/zero >"$name.corpus/small" ;;
  text) printf 'to be or not to be' >"$name.corpus/small" ;;
  spec) printf 'text:a.csv,b:label=x:stride=3' >"$name.corpus/small" ;;
  idx) printf '\0\0\x08\x01\0\0\0\x02ab' >"$name.corpus/small" ;;
  *) echo "no seeds for $name"; exit 1 ;;
esac

"$program" -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -print_final_stats=1 -artifact_prefix="$name." "$name.corpus" >"$name.log" 2>&1 ||
  { tail -n 40 "$name.log"; exit 1; }
grep -E 'number_of_executed_units' "$name.log"
