#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs every ```sh block and builds every ```cpp block of the READMEs (R22). Those with a main function are run, too; a snippet
# without one is wrapped into a function. ```sh no-run and ```cpp no-run are left alone.
#   run.sh SOURCE BUILD PREFIX WORK CXX     PREFIX: an installed graphc (the test `package` leaves one)
# Commands run in a copy of the checkout, whose build/ is BUILD, one shell a block, in the order of the file.
set -euo pipefail
readonly source=$1 build=$2 prefix=$3 work=$4 cxx=$5
readonly copy=$work/checkout blocks=$work/blocks

rm -rf "$work"
mkdir -p "$copy" "$blocks"
cd "$source"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  git ls-files -z -co --exclude-standard
else
  find . -name '.git' -prune -o -path './build*' -prune -o -type f -print0
fi | while IFS= read -r -d '' file; do
  if [[ -f "$file" ]]; then cp --parents -- "$file" "$copy"; fi
done
ln -s "$build" "$copy/build"

# One file a block, named README_LINE.{sh,cpp}, its first line a comment with the place.
cd "$copy"
find . -name build -prune -o -name README.md -print | sort | sed 's|^\./||' | while IFS= read -r readme; do
  awk -v readme="$readme" -v blocks="$blocks" '
    /^ *```/ {
      fence = $0
      sub(/^ *```/, "", fence)
      sub(/ +$/, "", fence)
      if (open) { open = 0; if (out != "") close(out); out = ""; next }
      open = 1
      if (fence != "sh" && fence != "cpp") next
      name = readme "_" NR
      gsub(/[^A-Za-z0-9_]/, "_", name)
      out = blocks "/" name "." fence
      print (fence == "sh" ? "# " : "// ") readme ":" NR > out
      next
    }
    out != "" { print > out }
    END { if (open) { print readme ": a block is not closed" > "/dev/stderr"; exit 1 } }
  ' "$readme"
done

place() { sed -n '1s/^[#/]* //p' "$1"; }
failures=0
fail() {
  echo "FAILED $1"
  failures=$((failures + 1))
}

shopt -s nullglob
scripts=("$blocks"/*.sh)
snippets=("$blocks"/*.cpp)
if ((${#scripts[@]} == 0 || ${#snippets[@]} == 0)); then
  echo "the READMEs hold ${#scripts[@]} sh and ${#snippets[@]} cpp blocks; there must be some of both"
  exit 1
fi

for script in "${scripts[@]}"; do
  if grep -Eq '\./dev +(demo|test|build|bench)' "$script"; then
    fail "$(place "$script"): ./dev cannot run inside its own tests; mark the block \`\`\`sh no-run"
  elif (cd "$copy" && bash -euo pipefail "$script") >"$script.log" 2>&1 </dev/null; then
    echo "ran $(place "$script")"
  else
    fail "$(place "$script")"
    cat "$script" "$script.log"
  fi
done

programs=()
for snippet in "${snippets[@]}"; do
  if grep -Eq '\bmain *\(' "$snippet"; then
    programs+=("$snippet")
  else
    { grep '^ *#' "$snippet" || true
      echo "[[maybe_unused]] static void snippet() {"
      grep -v '^ *#' "$snippet"
      echo "}"
      echo "int main() {}"; } >"$snippet.new"
    mv "$snippet.new" "$snippet"
  fi
done
list=$(IFS=';'; echo "${snippets[*]}")
if cmake -S "$source/tests/package/project" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_PREFIX_PATH="$prefix" -DSOURCES="$list" >"$work/cmake.log" 2>&1 &&
    cmake --build "$work/build" -- -k 0 >>"$work/cmake.log" 2>&1; then
  echo "built ${#snippets[@]} C++ snippets"
  for program in "${programs[@]}"; do
    if (cd "$copy" && "$work/build/$(basename "$program" .cpp)") >"$program.log" 2>&1 </dev/null; then
      echo "ran $(place "$program")"
    else
      fail "$(place "$program")"
      cat "$program.log"
    fi
  done
else
  fail "building the C++ snippets"
  cat "$work/cmake.log"
fi
((failures == 0))
