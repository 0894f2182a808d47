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

TEST_CASE("found: eval took 1.28 times the bytes that are alive at once") {
  check(R"(
variable "p4": f32[14, 1, 31] parameter trainable = ones()
variable "p6": f32[14, 1, 14] parameter trainable = uniform()
variable "p8": f32[9, 1, 9, 49] parameter trainable = he_uniform()
variable "p": f32[] parameter trainable = ones()
input "x2": f32[batch, 18, 5]
graph "forward" {
  %0: f32[batch, 18, 5] = input {name: "x2"}
  %1: f32[] = variable {name: "p"}
  %2: f32[5, batch, 18] = transpose %0 {permutation: [2, 0, 1]}
  %3: f32[14, 1, 31] = variable {name: "p4"}
  %4: f32[14, 31, 9] = broadcast %1 {axes: []}
  %5: f32[14, 1, 9] = contract %3, %4 {transpose_a: 0, transpose_b: 0}
  %6: f32[14, 1, 14] = variable {name: "p6"}
  %7: f32[14, 9, 14] = contract %5, %6 {transpose_a: 1, transpose_b: 0}
  %8: f32[9, 1, 9, 49] = variable {name: "p8"}
  %9: f32[9, 1, 9, 49] = tanh %8
  %10: f32[9, 1, 9, 49] = mul %9, %8
  %11: f32[5, batch] = reduce_sum %2 {axis: 2}
  %12: f32[5] = reduce_sum %11 {axis: 1}
  %13: f32[] = reduce_sum %12 {axis: 0}
  %14: f32[9, 1, 9] = reduce_sum %9 {axis: 3}
  %15: f32[9, 1] = reduce_sum %14 {axis: 2}
  %16: f32[9] = reduce_sum %15 {axis: 1}
  %17: f32[] = reduce_sum %16 {axis: 0}
  %18: f32[9, 1, 9] = reduce_sum %10 {axis: 3}
  %19: f32[9, 1] = reduce_sum %18 {axis: 2}
  %20: f32[9] = reduce_sum %19 {axis: 1}
  %21: f32[] = reduce_sum %20 {axis: 0}
  %22: f32[14, 9] = reduce_sum %7 {axis: 2}
  %23: f32[14] = reduce_sum %22 {axis: 1}
  %24: f32[] = reduce_sum %23 {axis: 0}
  %25: f32[] = add %13, %17
  %26: f32[] = add %25, %21
  %27: f32[] = add %26, %24
  loss %27
}
)", 22);
}

TEST_CASE("found: more reductions of one shape than a kernel holds") {
  std::string nodes, value = "%0", sum;
  int next = 1;
  auto node = [&](const std::string& type, const std::string& what) {
    std::string id = "%" + std::to_string(next++);
    nodes += "  " + id + ": " + type + " = " + what + "\n";
    return id;
  };
  for (int i = 0; i < 40; i++) {
    value = node("f32[8]", "tanh " + value);
    std::string own = node("f32[]", "reduce_sum " + value + " {axis: 0}");
    sum = i ? node("f32[]", "add " + sum + ", " + own) : own;
  }
  check(R"(
variable "p": f32[8] parameter trainable = ones()
graph "forward" {
  %0: f32[8] = variable {name: "p"}
)" + nodes + "  loss " + sum + "\n}\n", 1);
}
