#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The layers of the project, as lines that one can read: who may include what, what lies at the top, what every file carries.
#   check.sh SOURCE     prints each offending line; exit 1 where there is one
set -euo pipefail
cd "$1"

# FOLDER, then what its files may include: regular expressions on the text with its <> or "", or one of these words:
#   C the C99 library   STD the C++ one   POSIX   OWN the folder itself   HEADER the file's own header   OURS everything of ours
#   MODEL a header that graphc made
# The file's own line or else that of the longest folder that holds it counts; a file that none holds is an offence. LLVM: only .cpp files may include it.
readonly rules='
runtime/abi         C OWN
runtime/pool        C STD POSIX OWN "runtime/abi/
runtime/train       C STD POSIX OWN "runtime/(abi|pool)/ <fmt/ <zlib\.h> <nlohmann/
ir                  C STD OWN <fmt/ <xxhash\.h>
compiler/plan       C STD OWN "ir/ <fmt/ <xxhash\.h>
compiler            C STD OWN "ir/ "runtime/(abi|train|pool)/ <fmt/ <xxhash\.h>
compiler/passes     C STD HEADER "ir/ <fmt/
compiler/passes/attach_optimizer.cpp C STD HEADER "compiler/passes/differentiate\.h" "ir/
compiler/frontend   C STD OWN "ir/ <fmt/
compiler/codegen    C STD OWN "ir/(plan|loops|target|scalar|type|error)\.h" "runtime/abi/ <fmt/ <xxhash\.h> LLVM
compiler/aot        C STD OWN "compiler/[a-z_]+\.h" "compiler/codegen/codegen\.h" "ir/ "runtime/(abi|train)/ <fmt/ <nlohmann/
compiler/driver     C STD POSIX OWN <graphc\.h> "ir/ "compiler/[a-z_]+\.h" "compiler/(codegen/codegen|frontend/model_file|passes/[a-z_]+|plan/plan)\.h" "runtime/(abi|train|pool)/ <fmt/ <CLI/ <nlohmann/
examples            C STD MODEL OWN [<"](compiler/)?graphc\.h[>"] "compiler/frontend/model_file\.h" "runtime/(abi|train|pool)/ <fmt/
examples/embed_c    C MODEL OWN "runtime/abi/
tests               C STD POSIX MODEL OURS <floatfann\.h> <graphc\.h> <fmt/ <zlib\.h> <nlohmann/ <xxhash\.h> <doctest/
'
readonly top_level='^(ir|compiler|runtime|tests|examples|CMakeLists\.txt|README\.md|dev|CMakePresets\.json|LICENSE|\..*)$'

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  all=$(git ls-files -co --exclude-standard)
else
  all=$(find . -name .git -prune -o -path './build*' -prune -o -type f -print | sed 's|^\./||')
fi
files=$(while IFS= read -r file; do if [[ -f "$file" ]]; then echo "$file"; fi; done <<<"$all")
sources=$(grep -E '\.(h|hpp|c|cc|cpp|def)$' <<<"$files") || { echo "no sources in $1"; exit 1; }

offences=0
# report TITLE LINES: the lines, where there are any, are offences.
report() {
  if [[ -n "$2" ]]; then
    printf '%s:\n%s\n\n' "$1" "$2"
    offences=$((offences + $(wc -l <<<"$2")))
  fi
}
# The self-test shows that each of these finds something, so an error inside them is not hidden by `true`.
in_sources() { xargs -d '\n' "$@" <<<"$sources" || true; }
in_files() { xargs -d '\n' "$@" <<<"$files" || true; }

check_includes='
  BEGIN {
    word["C"] = "^<(assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|tgmath|time|wchar|wctype)\\.h>"
    word["STD"] = "^<[a-z_0-9]+>"
    word["POSIX"] = "^<(dirent|dlfcn|fcntl|pthread|sched|ucontext|unistd|sys/[a-z]+)\\.h>"
    word["OURS"] = "^\"(ir|compiler|runtime|tests|examples)/"
    word["MODEL"] = "^\"[a-z_0-9]+\\.h(pp)?\""
    word["LLVM"] = "^[<\"]llvm(-c)?/"
    count = split(rules, line, "\n")
    for (i = 1; i <= count; i++) if (split(line[i], field, " ") > 1) rule[field[1]] = line[i]
  }
  {
    file = $0; sub(/:.*/, "", file)
    include = $0; sub(/^[^#]*#[ \t]*include[ \t]*/, "", include)
    folder = file
    while (!(folder in rule) && sub(/\/[^\/]*$/, "", folder)) {}
    count = (folder in rule) ? split(rule[folder], field, " ") : 0
    own_header = "^\"" file; sub(/\.[a-z]+$/, "\\.h\"", own_header)
    allowed = 0
    for (i = 2; i <= count && !allowed; i++) {
      if (field[i] == "LLVM" && file !~ /\.cpp$/) continue
      pattern = (field[i] in word) ? word[field[i]] : "^" field[i]
      if (field[i] == "OWN") pattern = "^\"" folder "/"
      if (field[i] == "HEADER") pattern = own_header
      allowed = include ~ pattern
    }
    if (!allowed) print
  }'
report 'includes that the table in tests/structure/check.sh does not allow (DESIGN 2)' \
  "$(in_sources grep -nHE '^[[:space:]]*#[[:space:]]*include' | awk -v rules="$rules" "$check_includes")"

# Codegen's own headers may name LLVM's types, which they declare; nobody but its .cpp files includes LLVM.
report 'LLVM outside compiler/codegen' \
  "$(in_sources grep -nHE '\bllvm::|\bnamespace llvm\b' | grep -Ev '^compiler/codegen/' || true)"

report 'names at the top level that do not belong there' \
  "$(cut -d/ -f1 <<<"$files" | sort -u | grep -Ev "$top_level" || true)"

# The last slash in brackets, so that this line does not find itself.
report 'paths of one machine' "$(in_files grep -nHIE '(^|[^[:alnum:]_.$}/-])/(work|home|root|tmp|Users|mnt)[/]')"

report 'sources without the SPDX line in their first three lines' "$(in_sources awk '
  FNR == 1 { if (file != "" && !found) print file; file = FILENAME; found = 0 }
  FNR <= 3 && /SPDX-License-Identifier: Apache-2\.0 WITH LLVM-exception/ { found = 1 }
  END { if (file != "" && !found) print file }')"

if ((offences)); then
  echo "$offences offences"
  exit 1
fi
echo "$(wc -l <<<"$sources") sources, no offence"
