// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A budget of workspace bytes: the real arena fits, the bits stay, and memory grows with the square root of the layers.
#include <doctest/doctest.h>

#include <cstring>

#include "compiler/codegen/codegen.h"
#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "ir/parse_plan.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t rows = 32;

Model deep(int layers, const OptimizerCall& optimizer = sgd({.learning_rate = 0.01})) {
  Builder b("deep");
  Tensor x = b.input("x", {batch, 16}), y = b.target("y", classes(4)), h = x;
  for (int i = 0; i < layers; i++) {
    Tensor inner = b.dense("h" + std::to_string(i), h, 16);
    h = i % 3 == 1 ? tanh(inner) : relu(inner);
    if (i % 5 == 4) h = h + inner;  // what a segment ends with is not always one value
  }
  Tensor logits = b.dense("logits", h, 4);
  b.output("probability", softmax(logits));
  b.minimize(cross_entropy(logits, y), optimizer);
  return b.finish();
}

// From the message of a budget that nothing fits.
uint64_t smallest_budget(const Model& model, const Target& target) {
  try {
    build_plan(model, target, {.max_rows = rows, .memory_budget = 64});
  } catch (const CompileError& error) {
    std::string text = error.what(), before = "the smallest budget that works is ";
    size_t at = text.find(before);
    REQUIRE(at != std::string::npos);
    return std::stoull(text.substr(at + before.size()));
  }
  FAIL("64 bytes are no budget");
  return 0;
}

}  // namespace

TEST_CASE("any budget gives the same bits") {
  for (const OptimizerCall& optimizer : {sgd({.learning_rate = 0.05, .momentum = 0.9}), adam({})}) {
    Model model = deep(20, optimizer);
    Program plain = compile(model, {.max_rows = rows});
    uint64_t least = smallest_budget(model, plain.plan().target), whole = plain.plan().workspace_bytes;
    CHECK(least < whole * 3 / 4);
    for (uint64_t budget : {least, (least + whole) / 2, whole}) {
      Program tight = compile(model, {.max_rows = rows, .memory_budget = budget});
      CHECK(tight.plan().workspace_bytes <= budget);
      CHECK((tight.plan().workspace_bytes < whole) == (budget < whole));
      Program evaluated = compile(model, {.max_rows = rows, .backend = CompileOptions::evaluator, .memory_budget = budget});
      Instance a = plain.instance(3), b = tight.instance(3), c = evaluated.instance(3);
      Random random(1);
      for (uint32_t count : {rows, 7u, rows}) {
        std::vector<float> x;
        std::vector<int32_t> y;
        for (uint32_t i = 0; i < count * 16; i++) x.push_back(float(random.uniform(-1, 1)));
        for (uint32_t i = 0; i < count; i++) y.push_back(int32_t(random.below(4)));
        float loss = a.step({{"x", x}, {"y", y}}, count).loss;
        CHECK(b.step({{"x", x}, {"y", y}}, count).loss == loss);
        CHECK(c.step({{"x", x}, {"y", y}}, count).loss == loss);
      }
      CHECK(!std::memcmp(a.params().data(), b.params().data(), a.params().size()));
      CHECK(!std::memcmp(a.state().data(), b.state().data(), a.state().size()));
      CHECK(!std::memcmp(a.params().data(), c.params().data(), a.params().size()));
    }
  }
}

TEST_CASE("memory grows with the square root of the layers") {
  Target target = describe_target();
  uint64_t at16 = smallest_budget(deep(16), target), at64 = smallest_budget(deep(64), target), at256 = smallest_budget(deep(256), target);
  INFO(at16, " ", at64, " ", at256);
  CHECK(at64 < 2.3 * double(at16));
  CHECK(at256 < 2.3 * double(at64));
}

TEST_CASE("a larger budget computes less again, and what is left of it is little") {
  Target target = describe_target();
  Model model = deep(40);
  uint64_t least = smallest_budget(model, target), whole = build_plan(model, target, {.max_rows = rows}).workspace_bytes;
  double before = 1e300;
  int distinct = 0;
  for (uint64_t step = 0; step <= 4; step++) {
    uint64_t budget = least + (whole - least) * step / 4;
    PlanModule m = build_plan(model, target, {.max_rows = rows, .memory_budget = budget});
    const Plan& plan = *m.plan("step");
    double flops = 0;
    for (const Stage& s : plan.stages)
      for (const Launch& l : s.launches) flops += l.flops;
    MESSAGE(budget << " bytes: takes " << plan.workspace_bytes << ", " << flops << " operations");
    CHECK(flops <= before);
    distinct += flops < before;
    CHECK(double(plan.workspace_bytes) > 0.9 * double(budget));
    before = flops;
  }
  CHECK(distinct == 5);
}

TEST_CASE("a plan that computes values again reads back") {
  Model model = deep(12);
  Target target = describe_target();
  PlanModule plan = build_plan(model, target, {.max_rows = rows, .memory_budget = smallest_budget(model, target)});
  CHECK(print(parse_plan(print(plan), "printed")) == print(plan));
  CHECK(print(plan).find(" again") != std::string::npos);
}
