# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# graphc_add_model(NAME MODEL.gc [PREFIX prefix] [WEIGHTS file.safetensors] [OPTIONS option...])
#
# A static library NAME with the model and its training, compiled ahead of time; what links to it can include "prefix.h" (C),
# "prefix.hpp" (C++20) and "runtime/abi/graphc_slots.h". Made anew when the model, the weights or the compiler change. PREFIX begins
# every name in it; NAME, where it is absent. OPTIONS go to `graphc compile`: --batch 8 --entries init,step --target
# aarch64-linux-gnu --cpu cortex-a53. NAME_FOLDER is set to the folder of prefix.o, prefix.h, prefix.hpp, prefix.json, and
# prefix.txt: its memory and a program to begin with.
function(graphc_add_model name model)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "PREFIX;WEIGHTS" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "graphc_add_model(${name}): it does not know ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(prefix ${name})
  if(arg_PREFIX)
    set(prefix ${arg_PREFIX})
  endif()
  cmake_path(ABSOLUTE_PATH model BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE model)
  set(depends ${model})
  set(weights)
  if(arg_WEIGHTS)
    cmake_path(ABSOLUTE_PATH arg_WEIGHTS BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE file)
    set(weights --weights ${file})
    list(APPEND depends ${file})
  endif()
  if(TARGET graphc_program)
    set(program graphc_program)
    set(headers ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..)
  else()
    set(program graphc::graphc_program)
    get_target_property(headers graphc::graphc INTERFACE_INCLUDE_DIRECTORIES)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/graphc_models/${name})
  set(files ${folder}/${prefix}.o ${folder}/${prefix}.h ${folder}/${prefix}.hpp ${folder}/${prefix}.json)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${files} DEPENDS ${depends} ${program} VERBATIM
    COMMAND ${program} compile ${model} -o ${folder} --name ${prefix} --emit obj,header,hpp,json ${weights} ${arg_OPTIONS} > ${folder}/${prefix}.txt
    COMMENT "Compiling the model ${name}")
  add_library(${name} STATIC ${files})
  set_source_files_properties(${folder}/${prefix}.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE C)
  target_include_directories(${name} INTERFACE ${folder} ${headers})
  set(${name}_FOLDER ${folder} PARENT_SCOPE)
endfunction()
