// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Equal layers share their kernels: code size is the compile-time budget (DESIGN 11).
#include <doctest/doctest.h>

#include <set>

#include "compiler/codegen/codegen.h"
#include "compiler/pipeline.h"
#include "ir/builder.h"

using namespace graphc;

static PlanModule deep(int layers, const OptimizerCall& optimizer) {
  Builder b("deep");
  Tensor x = b.input("x", {batch, 24}), y = b.target("y", classes(4));
  for (int i = 0; i < layers; i++) x = tanh(b.dense("layer" + std::to_string(i), x, 24));
  b.minimize(cross_entropy(b.dense("logits", x, 4), y), optimizer);
  return build_plan(b.finish(), describe_target(), {.max_rows = 16});
}

TEST_CASE("twice as many equal layers need no further kernel") {
  for (const OptimizerCall& optimizer : {sgd({.learning_rate = 0.1}), sgd({.learning_rate = 0.1, .momentum = 0.9}), adam({})}) {
    // One kernel begins 16 variables: the numbers of layers leave no rest, which would be a kernel more.
    PlanModule fewer = deep(32, optimizer), more = deep(64, optimizer);
    CHECK(fewer.kernels.size() == more.kernels.size());
    const Plan& step = *fewer.plan("step");
    std::set<uint32_t> used;
    size_t launches = 0;
    for (const Stage& s : step.stages)
      for (const Launch& l : s.launches) used.insert(l.kernel), launches++;
    CHECK(launches >= 96);  // forward, dX and dW of each layer
    CHECK(used.size() <= 20);
  }
}

TEST_CASE("no two kernels of a module have the same text") {
  PlanModule m = deep(5, adam({}));
  std::set<std::string> texts;
  for (const loops::Kernel& k : m.kernels) CHECK(texts.insert(loops::print(k)).second);
}
