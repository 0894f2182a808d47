// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans of tiny models for machines that are set by hand, so that texts do not depend on where the test runs.
#pragma once

#include "compiler/passes/attach_optimizer.h"
#include "compiler/passes/inline_calls.h"
#include "compiler/passes/simplify.h"
#include "compiler/plan/plan.h"
#include "ir/builder.h"

namespace graphc_test {

inline graphc::Target wide_target() {
  return {.triple = "x86_64-unknown-linux-gnu", .cpu = "znver4", .features = "+avx512f", .vector_floats = 16, .vector_registers = 32, .fma = true, .masks = true};
}
inline graphc::Target scalar_target() { return {.triple = "thumbv7em-none-eabi", .cpu = "cortex-m4", .vector_floats = 1, .vector_registers = 32, .pointer_bytes = 4}; }

inline graphc::PlanModule plan_of(const graphc::Model& model, const graphc::Target& target, uint32_t rows, bool fused = true) {
  graphc::Module module = attach_optimizer(model);
  for (graphc::Graph& graph : module.entries.edit()) graph = simplify(inline_calls(graph));
  return plan(module, target, rows, {.fused = fused});
}

// One layer, one loss.
inline graphc::Model tiny_model() {
  graphc::Builder b("tiny");
  auto x = b.input("x", {graphc::batch, 3});
  auto y = b.target("y", graphc::classes(2));
  b.minimize(cross_entropy(b.dense("logits", x, 2), y), graphc::sgd({.learning_rate = 0.1}));
  return b.finish();
}

// Fitted input, hidden layers whose gradient needs a packed weight, metrics, and moments of an optimizer.
inline graphc::Model classifier(bool adam) {
  graphc::Builder b("classifier");
  auto x = b.input("x", {graphc::batch, 20});
  auto y = b.target("y", graphc::classes(7));
  auto hidden = tanh(b.dense("hidden", b.standardize("scaled", x), 33));
  auto more = relu(b.dense("more", hidden, 18));
  auto logits = b.dense("logits", more, 7);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), adam ? graphc::adam({.learning_rate = 0.01}) : graphc::sgd({.learning_rate = 0.1, .momentum = 0.9}));
  return b.finish();
}

// The ops with kernels of their own: a table of rows and its gradient, parts put together, random bits, constants.
inline graphc::Model odd_model() {
  graphc::Builder b("odd");
  auto i = b.input("i", {graphc::batch, 5}, graphc::DType::i32);
  auto table = b.parameter("table", {11, 4}, {"uniform", {{"low", -0.1}, {"high", 0.1}}});
  auto rows = graphc::gather(table, i);                                                // [batch, 5, 4]
  auto padded = graphc::pad(rows, 1, 1, 2, 0.5);                                       // [batch, 8, 4]
  auto c = b.constant({0.25, -1.5, 3, 1e-3}, {graphc::DType::f32, {4}});
  auto scaled = padded * broadcast(c, padded.shape(), {2});
  auto joined = graphc::concat({scaled, slice(scaled, 1, 2, 3)}, 1);                   // [batch, 11, 4]
  auto products = graphc::contract(joined, joined, false, true);                       // [batch, 11, 11]
  auto columns = graphc::reduce_sum(products, std::vector<int64_t>{1});                                    // [batch, 11]
  b.output("columns", columns);
  b.minimize(mean(columns * columns), graphc::adam({}));
  return b.finish();
}

}  // namespace graphc_test
