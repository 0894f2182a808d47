// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Graphs that random_graph_test.cpp found and made small, each with what was wrong.
#include <doctest/doctest.h>

#include "ir/builder.h"
#include "tests/compiler/same_bits.h"
#include "tests/compiler/shrink.h"

using namespace graphc;
using namespace graphc_test;

static void check(const std::string& text, uint32_t max_rows, const OptimizerCall& optimizer = sgd({.learning_rate = 0.1})) {
  CHECK(broken_promise(model_of_text("graphc.module 1 \"found\"\n" + text, max_rows, optimizer)) == "");
}

TEST_CASE("found: the evaluator took an output whose rows are not outermost for a dense one") {
  check(R"(
input "x": f32[2, 1, batch]
graph "forward" {
  %0: f32[2, 1, batch] = input {name: "x"}
  output "o" = %0
}
)", 3);
}

TEST_CASE("found: a kernel that computes the loss updated a parameter before the loss was checked") {
  check(R"(
variable "p": f32[1] parameter trainable = ones()
graph "forward" {
  %0: f32[1] = variable {name: "p"}
  %1: f32[] = reduce_max %0 {axis: 0}
  loss %1
}
)", 1);
}

TEST_CASE("found: a kernel waited for a value that a kernel behind it stores") {
  check(R"(
variable "p": f32[2] parameter trainable = zeros()
graph "forward" {
  %0: f32[2] = variable {name: "p"}
  %1: f32[2] = tanh %0
  %2: f32[] = logsumexp %0 {axis: 0}
  %3: f32[1] = broadcast %2 {axes: []}
  %4: f32[] = reduce_sum %1 {axis: 0}
  %5: f32[] = reduce_sum %3 {axis: 0}
  %6: f32[] = add %4, %5
  loss %6
}
)", 1, sgd({.learning_rate = 0.1, .momentum = 0.5}));
}
