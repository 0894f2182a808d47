# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DLIST=FILE -DVERSION=TEXT -DOUTPUT=FILE -P codegen_id.cmake: the hash of all files that LIST names, as a source.
file(STRINGS ${LIST} files)
set(all "${VERSION}")
foreach(file ${files})
  file(SHA256 ${file} hash)
  string(APPEND all " ${hash}")
endforeach()
string(SHA256 id "${all}")
file(WRITE ${OUTPUT} "#include \"compiler/codegen/codegen_id.h\"\n\nconst char* const graphc::codegen_id = \"${id}\";\n")
