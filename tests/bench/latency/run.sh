#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# One row of the digits from C, beside FANN (apt: libfann-dev) and, where PEERS_VENV names a virtual environment with them, PyTorch
# and JAX, on one pinned core in turns.
#   run.sh GRAPHC [CORE]
set -euo pipefail
source=$(cd "$(dirname "$0")/../../.." && pwd)
readonly source graphc=$1 core=${2:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$graphc" compile "$source/examples/digits/digits.gc" -o "$work" --name any_rows --cpu native >/dev/null
"$graphc" compile "$source/examples/digits/digits.gc" -o "$work" --name one_row --cpu native --fixed-batch 1 >/dev/null
fann=()
if echo '#include <floatfann.h>' | "${CC:-cc}" -x c -fsyntax-only - 2>/dev/null; then fann=(-DWITH_FANN -lfloatfann -lm); fi
"$graphc" compile "$source/examples/digits/digits.gc" -o "$work" --name all_rows --cpu native --fixed-batch 32 >/dev/null
"${CC:-cc}" -std=c99 -O2 -march=native -I"$work" "$source/tests/bench/latency/latency.c" "$work/any_rows.o" "$work/one_row.o" "$work/all_rows.o" "${fann[@]}" -o "$work/latency"
for turn in 1 2 3; do
  echo "turn $turn"
  taskset -c "$core" "$work/latency"
  if [[ -n "${PEERS_VENV:-}" ]]; then taskset -c "$core" "$PEERS_VENV/bin/python" -B "$source/tests/bench/latency/frameworks.py"; fi
done
