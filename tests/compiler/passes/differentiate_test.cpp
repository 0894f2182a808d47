// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include <cmath>

#include "compiler/passes/differentiate.h"
#include "compiler/passes/inline_calls.h"
#include "compiler/passes/simplify.h"
#include "ir/composite.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/support/golden.h"

using namespace graphc;
using namespace graphc_test;

namespace {

struct Small {
  GraphBuilder b{"small"};
  Tensor input(const std::string& name, const Shape& shape) { return b.emit(Op::input, {}, {name, Type{DType::f32, shape}}); }
  void output(const std::string& name, Tensor t) { b.graph().outputs.push_back({name, b.captured(t)}); }
};

// The simplified graph's only output for scalar inputs.
double value(Small& s, const std::map<std::string, double>& inputs) {
  Graph graph = simplify(inline_calls(s.b.graph()));
  verify(graph);
  Bindings bindings;
  for (const auto& [name, x] : inputs) bindings.inputs[name] = {DType::f32, {}, {x}};
  return evaluate(graph, bindings, Precision::f64)[graph.outputs[0].value].data[0];
}

}  // namespace

// The course's chain: C = (a - y)^2, a = sigmoid(z), z = w x + b.
TEST_CASE("the gradient of one unit, as a graph") {
  Small s;
  Tensor x = s.input("x", {}), w = s.input("w", {}), bias = s.input("b", {}), y = s.input("y", {});
  Tensor product = w * x, z = product + bias, error = sigmoid(z) - y, cost = error * error;
  auto found = gradients(cost, {w, bias, x});
  for (size_t i = 0; i < 3; i++) s.output(std::string("dC/d") + "wbx"[i], *found[i]);
  verify(s.b.graph());
  check_golden("passes/differentiate_unit", print(s.b.graph()));
}

TEST_CASE("gradients through a call ask the composite or its body") {
  Small s;
  Tensor x = s.input("x", {batch, 3}), t = s.input("t", {batch, 3});
  Tensor cost = mean_squared_error(softmax(relu(x)), t);
  s.output("dx", *gradients(cost, {x})[0]);
  verify(s.b.graph());
  check_golden("passes/differentiate_calls", print(s.b.graph()));
}

TEST_CASE("a value used twice gets the sum of both cotangents") {
  Small s;
  Tensor x = s.input("x", {});
  Tensor square = x * x, cost = square * x + square;  // 3 x^2 + 2 x
  s.output("dx", *gradients(cost, {x})[0]);
  CHECK(value(s, {{"x", 1.5}}) == doctest::Approx(3 * 1.5 * 1.5 + 2 * 1.5).epsilon(1e-14));
}

TEST_CASE("gradients of gradients, four times") {
  Small s;
  Tensor x = s.input("x", {}), d = exp(x * 2.0);
  for (int order = 0; order < 4; order++) d = *gradients(d, {x})[0];
  s.output("d4", d);
  CHECK(value(s, {{"x", 0.25}}) == doctest::Approx(16 * std::exp(0.5)).epsilon(1e-13));
}

TEST_CASE("no gradient flows where nothing depends, past stop_gradient, or through an op without one") {
  Small s;
  Tensor x = s.input("x", {}), other = s.input("other", {});
  CHECK_FALSE(gradients(x * x, {other})[0]);
  CHECK_FALSE(gradients(stop_gradient(x) * other, {x})[0]);
  CHECK_FALSE(gradients(floor(x), {x})[0]);
  Tensor half_stopped = x * stop_gradient(x);
  s.output("dx", *gradients(half_stopped, {x})[0]);
  CHECK(value(s, {{"x", 3.0}}) == 3.0);
}

TEST_CASE("only what lies between the parameters and the loss is visited") {
  Small s;
  Tensor x = s.input("x", {batch, 4}), w1 = s.input("w1", {4, 4}), w2 = s.input("w2", {4, 4});
  Tensor hidden = tanh(contract(x, w1)), cost = sum(contract(hidden, w2));
  size_t before = s.b.graph().size();
  gradients(cost, {w2});
  size_t frozen = s.b.graph().size() - before;
  for (ValueId v = ValueId(before); v < s.b.graph().size(); v++) CHECK(s.b.graph().gradient_of(v) != hidden.id);
  gradients(cost, {w1, w2});
  CHECK(s.b.graph().size() - before > frozen);
}
