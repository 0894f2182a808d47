// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of every op and composite, from their cases, to second order (QUALITY R2).
#include <doctest/doctest.h>

#include "compiler/passes/differentiate.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

namespace {

// The gradients of one scalar by the graph, beside central differences.
struct Check {
  std::vector<std::optional<Tensor>> gradient;
  std::vector<bool> zero;
  std::string difference;

  Check(Tensor scalar, const std::vector<Tensor>& wrt, const std::vector<std::string>& names, const Bindings& bindings,
        Random& random) {
    Graph& graph = scalar.builder->graph();
    gradient = gradients(scalar, wrt);
    graph.outputs.clear();
    for (const auto& g : gradient)
      if (g) graph.outputs.push_back({std::to_string(graph.outputs.size()), g->id});
    verify(graph);
    auto values = evaluate(graph, bindings, Precision::f64);
    std::vector<const Array*> arrays;
    for (const auto& g : gradient) arrays.push_back(g ? &values[g->id] : nullptr), zero.push_back(is_zero(arrays.back()));
    difference = graphc_test::difference(central_differences(graph, scalar.id, bindings, names, random), arrays, names);
  }
};

struct FloatOperands {
  std::vector<Tensor> tensors;
  std::vector<std::string> names;

  explicit FloatOperands(const CaseGraph& graph) {
    for (size_t i = 0; i < graph.operands.size(); i++)
      if (graph.operands[i].dtype() == DType::f32) tensors.push_back(graph.operands[i]), names.push_back("x" + std::to_string(i));
  }
};

int64_t elements(const Tensor& t, int64_t rows) { return t.shape().count_at(rows); }

void check_case(const Subject& subject, size_t n, const Case& c) {
  INFO(case_name(subject, n));
  constexpr int64_t rows = 3;
  std::vector<bool> seen;  // operands whose gradient was not all zeros for some seed: a mask may hide one of them
  for (uint64_t seed = 0; seed < 12; seed++) {
    Random random(1000 * n + seed);
    CaseGraph graph(subject, c);
    if (graph.result.dtype() != DType::f32) return;
    Bindings bindings = case_bindings(random, c, rows);
    Tensor scalar = weighted_sum(graph.result, "c", bindings, random);
    FloatOperands x(graph);
    Check first(scalar, x.tensors, x.names, bindings, random);
    if (!first.difference.empty()) FAIL_CHECK("seed ", seed, ": ", first.difference);
    seen.resize(x.tensors.size());
    bool all = true;
    for (size_t i = 0; i < seen.size(); i++) {
      seen[i] = seen[i] || !first.zero[i] || elements(x.tensors[i], rows) == 0 || elements(graph.result, rows) == 0;
      all = all && seen[i];
    }
    if (!all && seed < 11) continue;
    for (size_t i = 0; i < seen.size(); i++)
      if (!seen[i] && subject.is_differentiable()) FAIL_CHECK("the gradient of ", x.names[i], " is all zeros");
    if (!c.smooth || !subject.is_differentiable()) return;

    // Second order: of a weighted sum of the gradients; the weights count as inputs, so that linear ops are seen too.
    std::optional<Tensor> total;
    for (size_t i = 0; i < x.tensors.size(); i++) {
      if (!first.gradient[i]) continue;
      Tensor term = weighted_sum(*first.gradient[i], "d" + std::to_string(i), bindings, random);
      total = total ? *total + term : term;
    }
    if (!total) return;
    x.tensors.push_back(graph.input("c", graph.result.type()));
    x.names.push_back("c");
    Check second(*total, x.tensors, x.names, bindings, random);
    if (!second.difference.empty()) FAIL_CHECK("seed ", seed, ", second order: ", second.difference);
    if (second.zero.back() && elements(x.tensors[0], rows) > 0 && elements(graph.result, rows) > 0)
      FAIL_CHECK("second order: all zeros");
    std::string text = print(graph.b.graph());
    CHECK(print(parse_graph(text, "printed")) == text);
    return;
  }
}

}  // namespace

TEST_CASE("gradients of every op and composite agree with central differences") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    if (subject.is_differentiable()) check_case(subject, n, c);
  });
}

TEST_CASE("metrics agree with central differences where they have a gradient at all") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    if (!subject.op && !subject.is_differentiable()) check_case(subject, n, c);
  });
}

// Rules skip what is not needed: what is left must not depend on it.
TEST_CASE("the gradient of one operand alone is the same as beside the others") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    CaseGraph graph(subject, c);
    if (!subject.is_differentiable() || graph.result.dtype() != DType::f32) return;
    INFO(case_name(subject, n));
    Random random(n);
    Bindings bindings = case_bindings(random, c, 3);
    Tensor scalar = weighted_sum(graph.result, "c", bindings, random);
    FloatOperands x(graph);
    auto together = gradients(scalar, x.tensors);
    for (size_t i = 0; i < x.tensors.size(); i++) {
      auto alone = gradients(scalar, {x.tensors[i]})[0];
      REQUIRE(alone.has_value() == together[i].has_value());
      if (alone) CHECK(alone->id == together[i]->id);
    }
  });
}

TEST_CASE("an op that is not differentiable passes no gradient") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    CaseGraph graph(subject, c);
    if (!subject.op || subject.is_differentiable() || graph.result.dtype() != DType::f32) return;
    INFO(case_name(subject, n));
    FloatOperands x(graph);
    for (const auto& g : gradients(sum(graph.result), x.tensors)) CHECK_FALSE(g.has_value());
  });
}

// The builder's functions of two operands repeat axes of either side; the gradient sums over them.
static void check_broadcast(const char* op, Tensor (*function)(Tensor, Tensor)) {
  const OpDef& record = def(*find_op(op));
  if (!record.vjp) return;
  const std::pair<Shape, Shape> shapes[] = {
      {{batch, 10}, {10}}, {{3, 1}, {1, 5}}, {{}, {2, 3}},         {{2, 1, 3}, {4, 1}},
      {{1}, {7}},          {{0, 4}, {4}},    {{batch, 1}, {1, 3}}, {{2, 1, 2, 1, 3}, {3, 1, 2, 1}}};
  int number = 0;
  for (const auto& [a, b] : shapes) {
    std::string name = std::string(op) + " of " + to_string(a) + " and " + to_string(b);
    INFO(name);
    const Case& like = record.cases[0];
    Case c{.operands = {{DType::f32, a}, {DType::f32, b}}, .low = like.low, .high = like.high, .kinks = like.kinks};
    for (uint64_t seed = 0; seed < 3; seed++) {
      Random random(100 * number + seed);
      Bindings bindings = case_bindings(random, c, 3);
      GraphBuilder builder("broadcast");
      std::vector<Tensor> x;
      for (int i : {0, 1}) x.push_back(builder.emit(Op::input, {}, {"x" + std::to_string(i), c.operands[size_t(i)]}));
      Check check(weighted_sum(function(x[0], x[1]), "c", bindings, random), x, {"x0", "x1"}, bindings, random);
      if (!check.difference.empty()) FAIL_CHECK("seed ", seed, ": ", check.difference);
    }
    number++;
  }
}

TEST_CASE("gradients through broadcasts of either side") {
#define GRAPHC_OP(name)
#define GRAPHC_BINARY(name) check_broadcast(#name, static_cast<Tensor (*)(Tensor, Tensor)>(name));
#include "ir/op_list.def"
}
