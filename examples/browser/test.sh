#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The page's training under node: with and without vector instructions the bits of the JIT, and the stored losses. With --page also
# the page itself, in headless Chromium.
#   test.sh GRAPHC JIT_DIGITS OUT [--page]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here graphc=$1 jit=$2 out=$3 page=${4:-}

if ! command -v wasm-ld >/dev/null; then
  echo "SKIPPED: needs wasm-ld"
  exit 0
fi
mkdir -p "$out"
"$here/build.sh" "$graphc" "$out/scalar" "" >"$out/build.log"
"$here/build.sh" "$graphc" "$out/vector" >>"$out/build.log"

if command -v node >/dev/null; then
  gzip -dc "$here/../digits/digits.csv.gz" >"$out/digits.csv"
  if [[ $(uname -m) == x86_64 ]]; then
    "$jit" x86_64-linux-gnu x86-64-v2 >"$out/jit.txt"
    for kind in scalar vector; do node "$here/train.mjs" "$out/$kind"/digits.{wasm,json} | diff "$out/jit.txt" -; done
    echo "ten steps: the bits of the JIT"
  fi
  for kind in scalar vector; do node "$here/train.mjs" "$out/$kind"/digits.{wasm,json} "$out/digits.csv" | diff "$here/expected.txt" -; done
  tail -n 2 "$here/expected.txt"
else
  echo "SKIPPED: needs node"
fi

if [[ $page == --page ]]; then
  if ! command -v chromium >/dev/null; then
    echo "SKIPPED: needs chromium"
    exit 0
  fi
  # Twelve seconds of the page's time; what it has come to stands in the attributes of its body.
  browse() { timeout 120 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=12000 "$@" "file://$(realpath "$out/vector/index.html")" 2>"$out/chromium.log"; }
  browse --screenshot="$out/page.png" --window-size=1180,1300 >/dev/null
  if [[ ! -s $out/page.png ]]; then
    echo "no screenshot"
    exit 1
  fi
  browse --dump-dom >"$out/page.html"
  accuracy=$(sed -n 's/.*<body data-accuracy="\([0-9.]*\)".*/\1/p' "$out/page.html")
  echo "accuracy in the page: ${accuracy:-none}"
  awk -v accuracy="${accuracy:-0}" 'BEGIN { exit !(accuracy > 0.9) }'
fi
