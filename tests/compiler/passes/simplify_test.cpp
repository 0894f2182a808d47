// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each rule on the smallest graph that it changes, and what must not be changed.
#include <doctest/doctest.h>

#include <functional>

#include "compiler/passes/simplify.h"
#include "ir/print.h"
#include "ir/tensor.h"
#include "ir/verify.h"
#include "tests/support/golden.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

using Build = std::function<Tensor(GraphBuilder&, Tensor x, Tensor y)>;

Graph graph_of(const Build& build) {
  GraphBuilder b("rule");
  Type type{DType::f32, {batch, 4}};
  Tensor x = b.emit(Op::input, {}, {std::string("x"), type}), y = b.emit(Op::input, {}, {std::string("y"), type});
  b.graph().outputs.push_back({"result", build(b, x, y).id});
  return std::move(b.graph());
}

std::string simplified(const Build& build) {
  Graph graph = simplify(graph_of(build));
  verify(graph);
  const Node& n = graph[graph.outputs[0].value];
  std::string text = print_node(graph, graph.outputs[0].value);
  text = text.substr(text.find("= ") + 2);
  return n.op == Op::input ? text.substr(0, text.find('}') + 1) : text;
}

}  // namespace

#define RULE(expected, expression) CHECK(simplified([]([[maybe_unused]] GraphBuilder& b, [[maybe_unused]] Tensor x, [[maybe_unused]] Tensor y) { return expression; }) == expected)

TEST_CASE("algebra") {
  const std::string x = "input {name: \"x\"}", y = "input {name: \"y\"}";
  RULE(x, x + 0.0);
  RULE(x, 0.0 + x);
  RULE(x, x - 0.0);
  RULE(x, x * 1.0);
  RULE(x, x / 1.0);
  RULE(x, -(-x));
  RULE(x, stop_gradient(x));
  RULE(x, cast(x, DType::f32));
  RULE(x, transpose(transpose(x, {1, 0}), {1, 0}));
  RULE(x, slice(x, 1, 0, 4));
  RULE(x, select(equal(b.constant(1, x.type()), b.constant(1, x.type())), x, y));
  RULE(y, select(equal(b.constant(1, x.type()), b.constant(2, x.type())), x, y));
  RULE(x, select(equal(x, y), x, x));
  RULE("neg %0", 0.0 - x);
  RULE("neg %0", x * -1.0);
  RULE("sub %0, %1", x + -y);
  RULE("add %0, %1", x - -y);
  RULE("mul %0, %1", x / 8.0);  // by the exact reciprocal
  RULE("div %0, %1", x / 3.0);
  RULE("mul %0, %1", y * x);  // one order of operands
}

TEST_CASE("what would change a result is left alone") {
  RULE("mul %0, %1", x * 0.0);  // NaN and infinities
  RULE("sub %0, %0", x - x);
  RULE("div %0, %0", x / x);
  RULE("select %2, %0, %1", select(less(x, y), x, y));
}

TEST_CASE("constants are folded and moved") {
  RULE("constant {values: [2.5]}", exp(b.constant(0, x.type())) + 1.5);
  RULE("constant {values: [0.1]}", broadcast_to(b.constant(0.1, Type{DType::f32, {}}), x.shape()));
}

TEST_CASE("movements meet") {
  RULE("contract %0, %1 {transpose_a: 0, transpose_b: 1} order blocks",
       contract(x, transpose(b.emit(Op::input, {}, {std::string("w"), Type{DType::f32, {5, 4}}}), {1, 0})));
  RULE("reshape %0", reshape(reshape(x, {batch, 2, 2}), {batch, 4, 1}));
}

TEST_CASE("a graph of many rules, as text; a second walk changes nothing") {
  Graph graph = graph_of([](GraphBuilder& b, Tensor x, Tensor y) {
    Tensor xy = x * y, yx = y * x, same = (xy + yx) / 4.0;  // one product
    Tensor two = b.constant(2, Type{DType::f32, {4}}), three = b.constant(3, Type{DType::f32, {4}}), spread = broadcast_to(two * three, x.shape());
    exp(same);  // dead
    Tensor stopped = stop_gradient(x);
    return same * spread + stopped;
  });
  Graph once = simplify(graph);
  verify(once);
  check_golden("passes/simplify", print(graph) + print(once));
  CHECK(print(simplify(once)) == print(once));
}

TEST_CASE("simplified graphs compute the same in f64") {
  Random random(2);
  Graph graph = graph_of([](GraphBuilder& b, Tensor x, Tensor y) {
    Tensor row = b.constant({0.5, -1.5, 2, 3}, Type{DType::f32, {4}}), wide = broadcast(row, x.shape(), {1});
    Tensor minus = -y, a = wide * 3.0 + minus, c = transpose(transpose(tanh(x), {1, 0}), {1, 0}) / 4.0;
    return select(less(a, c), a - -c, (a * 1.0) * c) + 0.0;
  });
  Graph simple = simplify(graph);
  CHECK(simple.size() < graph.size());
  Bindings bindings = random_bindings(random, graph, 5);
  Array before = evaluate(graph, bindings, Precision::f64)[graph.outputs[0].value], after = evaluate(simple, bindings, Precision::f64)[simple.outputs[0].value];
  REQUIRE(before.dims == after.dims);
  for (size_t i = 0; i < before.data.size(); i++) CHECK(before.data[i] == doctest::Approx(after.data[i]).epsilon(1e-14));
}
