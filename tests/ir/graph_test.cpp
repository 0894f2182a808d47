// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ir/tensor.h"

using namespace graphc;

static const Type scalar_type{DType::f32, {}};

static ValueId number(Graph& g, double value) { return g.add(Op::constant, {}, {std::vector<double>{value}, scalar_type}); }

TEST_CASE("equal nodes are one node") {
  Graph g("g");
  ValueId x = g.add(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 3}}});
  CHECK(g.add(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 3}}}) == x);
  ValueId y = g.add(Op::tanh, {x}, {});
  CHECK(g.add(Op::tanh, {x}, {}) == y);
  CHECK(g.add(Op::exp, {x}, {}) != y);
  CHECK(g.add(Op::reduce_sum, {x}, {int64_t(0)}) != g.add(Op::reduce_sum, {x}, {int64_t(1)}));
  CHECK(g.add(Op::sub, {x, y}, {}) != g.add(Op::sub, {y, x}, {}));
  for (ValueId v = 0; v < g.size(); v++)
    for (ValueId o : g[v].operands) CHECK(o < v);
}

TEST_CASE("numbers are equal where their bits are") {
  Graph g("g");
  double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(number(g, 0.0) != number(g, -0.0));
  CHECK(number(g, nan) == number(g, nan));
  CHECK(number(g, 1) == number(g, 1));
  CHECK(number(g, 1) != number(g, 1 + 1e-16 * 4));
}

TEST_CASE("a call is never merged") {
  Graph g("g");
  auto body = std::make_shared<Graph>("f");
  CHECK(g.add_call({"f", {}, body}, {}) != g.add_call({"f", {}, body}, {}));
  CHECK(g.bodies().size() == 2);
}

TEST_CASE("labels and gradients stand beside the nodes; the first label stays") {
  Graph g("g");
  ValueId x = number(g, 1), y = number(g, 2);
  g.set_label(x, "first");
  g.set_label(x, "second");
  CHECK(g.label(x) == "first");
  CHECK(g.label(y).empty());
  CHECK(g.gradient_of(x) == no_value);
  g.set_gradient_of(y, x);
  CHECK(g.gradient_of(y) == x);
}

static std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("mistakes name the op, the shapes and the place") {
  Graph g("g");
  ValueId x = g.add(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 784}}});
  ValueId w = g.add(Op::input, {}, {std::string("w"), Type{DType::f32, {748, 10}}});
  std::string text = error_of([&] { g.add(Op::contract, {x, w}, {int64_t(0), int64_t(0)}, Place("model.gc", 12, 9)); });
  CHECK(text.find("model.gc:12:9: error: contract: inner sizes differ: f32[batch, 784] and f32[748, 10] (784 and 748)") == 0);
  CHECK(text.find("note:") != std::string::npos);
  CHECK(error_of([&] { g.add(Op::tanh, {x, w}, {}); }).find("tanh: takes 1 operands, got 2") != std::string::npos);
  CHECK(error_of([&] { g.add(Op::get, {x}, {int64_t(0)}); }).find("reads the results of a call only") != std::string::npos);
  size_t size = g.size();
  CHECK(error_of([&] {
          g.add(Op::broadcast, {x}, {Shape{batch, 784, 1 << 20, 1 << 20}, std::vector<int64_t>{0, 1}});
        }).find("2^31") != std::string::npos);
  // A refused node leaves the graph as it was.
  CHECK(g.size() == size);
}

TEST_CASE("what outputs, updates and the loss need is live; uses are counted") {
  Graph g("g");
  ValueId a = number(g, 1), b = number(g, 2), c = g.add(Op::add, {a, a}, {}), d = g.add(Op::mul, {c, b}, {}),
          e = g.add(Op::neg, {d}, {});
  g.outputs.push_back({"c", c});
  CHECK(live_values(g) == std::vector<bool>{true, false, true, false, false});
  g.updates.push_back({"w", d});
  g.loss = c;
  CHECK(live_values(g) == std::vector<bool>{true, true, true, true, false});
  CHECK(use_counts(g) == std::vector<uint32_t>{2, 1, 3, 1, 0});
  CHECK(e == 4);
}

TEST_CASE("the order of a sum follows from static shapes") {
  GraphBuilder b("orders");
  auto order_of = [&](Tensor t) { return b.graph()[t.id].def().sum_order(b.graph()[t.id]); };
  Tensor x = b.emit(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 4}}});
  CHECK(order_of(reduce_sum(x, 1)) == SumOrder::lanes);
  CHECK(order_of(reduce_sum(x, 0)) == SumOrder::blocks);
  CHECK(order_of(reduce_max(reduce_sum(x, 1), 0)) == SumOrder::lanes);
  CHECK(order_of(contract(x, x, true, false)) == SumOrder::blocks);
  CHECK(order_of(contract(x, b.constant(1, Type{DType::f32, {4, 1}}))) == SumOrder::lanes);
  CHECK(order_of(contract(b.constant(1, Type{DType::f32, {1, 4}}), b.constant(1, Type{DType::f32, {4, 9}}))) == SumOrder::lanes);
  // One row at run time is not one row in the shape.
  CHECK(order_of(contract(x, b.constant(1, Type{DType::f32, {4, 2}}))) == SumOrder::blocks);
  CHECK(order_of(scatter_add(b.constant(0, Type{DType::i32, {3}}), b.constant(1, Type{DType::f32, {3}}), 2)) == SumOrder::index);
  CHECK_FALSE(bool(def(Op::tanh).sum_order));
}
