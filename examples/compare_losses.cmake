# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The short form of an example that is a model file: the losses of steps 1, 2, 3 and 20 on random minibatches are compared,
# digit for digit, with stored ones. PROGRAM: graphc; MODEL: the file; EXPECTED: such as 2.5,2.4,2.3,1.1
execute_process(COMMAND ${PROGRAM} bench ${MODEL} --seconds 0.001 --seed 1 --json OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "graphc bench ${MODEL}: exit ${status}")
endif()
if(NOT output MATCHES "\"losses\":\\[([^]]*)\\]")
  message(FATAL_ERROR "graphc bench printed no losses: ${output}")
endif()
if(NOT CMAKE_MATCH_1 STREQUAL EXPECTED)
  message(FATAL_ERROR "${MODEL}: the losses are ${CMAKE_MATCH_1}, not ${EXPECTED}")
endif()
