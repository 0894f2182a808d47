#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# OUT/index.html: one file with the compiled model, the data and the script in it. OUT/digits.wasm and OUT/digits.json for train.mjs.
#   build.sh GRAPHC OUT [FEATURES]      FEATURES: as LLVM names them; +simd128, where it is absent
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here digits=$here/../digits graphc=$1 out=$2 features=${3-+simd128}
mkdir -p "$out"

"$graphc" compile "$digits/digits.gc" -o "$out" --target wasm32-unknown-unknown --features "$features" --entries init,step,eval,predict
wasm-ld --no-entry --stack-first -z stack-size=16384 --export=__heap_base \
  --export=digits_entry_{init,step,eval,predict} "$out/digits.o" -o "$out/digits.wasm"

base64 "$out/digits.wasm" >"$out/wasm.txt"
base64 "$digits/digits.csv.gz" >"$out/data.txt"
cat "$here"/{model,training,curves,page}.mjs | sed '/^import /d; s/^export //; /^\/\/ SPDX/d' >"$out/script.txt"
sed -e "/^@WASM@/{r $out/wasm.txt" -e 'd}' -e "/^@MAP@/{r $out/digits.json" -e 'd}' \
  -e "/^@DATA@/{r $out/data.txt" -e 'd}' -e "/^@SCRIPT@/{r $out/script.txt" -e 'd}' "$here/page.html" >"$out/index.html"
rm "$out"/{wasm,data,script}.txt
echo "$out/index.html: $(wc -c <"$out/index.html") bytes"
