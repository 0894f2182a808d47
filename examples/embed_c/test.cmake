# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What example_embed_c prints, exactly; that a run in three parts leaves the bits of one without a break; that the objects need
# no symbol (R18).
#   cmake -D EMBED_C=program -D DATA=digits.csv -D WORK=folder -D OBJECTS=a.o;b.o -D NM=nm -P test.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(PROGRAM ${EMBED_C} ${DATA} ${WORK}/whole.bin 10)
set(EXPECTED ${CMAKE_CURRENT_LIST_DIR}/expected.txt)
set(ACTUAL ${WORK}/whole.txt)
include(${CMAKE_CURRENT_LIST_DIR}/../compare_output.cmake)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV} failed (${result}):\n${out}${error}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

set(epochs)
foreach(last 3 4 10)
  run(${EMBED_C} ${DATA} ${WORK}/parts.bin ${last})
  string(REGEX MATCHALL "digits: epoch[^\n]*" lines "${output}")
  list(APPEND epochs ${lines})
endforeach()
file(STRINGS ${WORK}/whole.txt wanted REGEX "digits: epoch")
if(NOT epochs STREQUAL wanted)
  message(FATAL_ERROR "the run in three parts printed:\n${epochs}\nand the whole one:\n${wanted}")
endif()
run(${CMAKE_COMMAND} -E compare_files ${WORK}/whole.bin ${WORK}/parts.bin)

foreach(object IN LISTS OBJECTS)
  run(${NM} -u ${object})
  if(output)
    message(FATAL_ERROR "${object} needs:\n${output}")
  endif()
endforeach()
