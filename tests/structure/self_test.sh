#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# One deliberate breach after the other in a small tree of its own: check.sh must name each, and nothing in the clean tree.
#   self_test.sh WORK
set -euo pipefail
check=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/check.sh
readonly check tree=$1/tree spdx='// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception'

# put FILE TEXT...: a source with its SPDX line.
put() {
  mkdir -p "$tree/$(dirname "$1")"
  printf '%s\n' "$spdx" "${@:2}" >"$tree/$1"
}
clean_tree() {
  rm -rf "$tree"
  put runtime/abi/graphc_abi.h '#include <stdint.h>'
  put runtime/train/csv.cpp '#include "runtime/train/csv.h"' '#include <fmt/core.h>' '#include <vector>' '#include <zlib.h>'
  put ir/graph.h '#include "ir/op_list.def"' '#include <unordered_map>'
  put compiler/graphc.h '#include "ir/graph.h"'
  put compiler/passes/fuse.cpp '#include "compiler/passes/fuse.h"' '#include "ir/graph.h"'
  put compiler/codegen/emit.cpp '#include <llvm/IR/Module.h>' '#include "ir/plan.h"' 'llvm::Module* module;'
  put compiler/driver/main.cpp '#include <CLI/CLI.hpp>' '#include <graphc.h>'
  touch "$tree/README.md"
  git -C "$tree" init -q
}

failures=0
expect() {  # EXPECTED-LINE: check.sh must fail and print it
  local output
  if output=$("$check" "$tree" 2>&1) || ! grep -qF -- "$1" <<<"$output"; then
    printf 'not found: %s\n%s\n' "$1" "$output"
    failures=$((failures + 1))
  fi
  clean_tree
}

clean_tree
"$check" "$tree" || failures=1
while IFS='|' read -r file include; do
  put "$file" "#include $include"
  expect "$file:2:#include $include"
done <<'LIST'
runtime/abi/a.h|<vector>
runtime/pool/a.cpp|<fmt/core.h>
runtime/train/a.cpp|"ir/graph.h"
runtime/train/a.cpp|"csv.h"
ir/a.cpp|<llvm/IR/Module.h>
ir/a.cpp|"compiler/graphc.h"
compiler/a.h|<llvm/IR/Module.h>
compiler/passes/a.cpp|"compiler/passes/fuse.h"
compiler/passes/a.cpp|"compiler/pipeline.h"
compiler/frontend/a.cpp|"compiler/passes/fuse.h"
compiler/codegen/a.h|"llvm/IR/Module.h"
compiler/codegen/a.cpp|"ir/graph.h"
compiler/driver/a.cpp|"compiler/codegen/emit.h"
examples/a/a.cpp|"ir/graph.h"
tests/ir/a.cpp|<llvm/IR/Module.h>
other/a.cpp|<vector>
LIST
put ir/a.h 'namespace llvm { class Module; }'
expect 'ir/a.h:2:namespace llvm'
put ir/a.cpp "// see /ho""me/someone"
expect 'ir/a.cpp:2:'
touch "$tree/notes.txt"
expect 'notes.txt'
echo 'int x;' >"$tree/ir/a.cpp"
expect 'ir/a.cpp'
((failures == 0)) && echo "every breach was found"
