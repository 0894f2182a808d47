// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/tensor.h"

#include <doctest/doctest.h>

#include "ir/evaluate.h"
#include "ir/verify.h"

using namespace graphc;

static Tensor input(GraphBuilder& b, const std::string& name, const Shape& shape, DType dtype = DType::f32) {
  return b.emit(Op::input, {}, {name, Type{dtype, shape}});
}

static std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("elementwise ops broadcast as NumPy does") {
  GraphBuilder b("g");
  auto shape = [&](const Shape& x, const Shape& y) { return add(input(b, "x", x), input(b, "y", y)).shape(); };
  CHECK(shape({batch, 10}, {10}) == Shape{batch, 10});
  CHECK(shape({}, {2, 3}) == Shape{2, 3});
  CHECK(shape({3, 1}, {1, 5}) == Shape{3, 5});
  CHECK(shape({2, 1, 3}, {4, 1}) == Shape{2, 4, 3});
  CHECK(shape({batch, 1}, {1, 3}) == Shape{batch, 3});
  CHECK(shape({1}, {0}) == Shape{0});
  CHECK(shape({1, 1}, {batch, 1}) == Shape{batch, 1});
}

TEST_CASE("shapes that do not broadcast") {
  GraphBuilder b("g");
  std::string text = error_of([&] { add(input(b, "x", {batch, 10}), input(b, "y", {9})); });
  CHECK(text ==
        "error: add: shapes do not broadcast: [batch, 10] and [9] (10 against 9)\n"
        "  note: sizes must be equal, or one of them 1, counted from the last axis");
  CHECK(error_of([&] { mul(input(b, "x", {batch}), input(b, "y", {5})); }).find("mul: shapes do not broadcast") !=
        std::string::npos);
  CHECK(error_of([&] { mul(input(b, "x", {batch, 3}), input(b, "y", {batch})); }) != "no error");
  CHECK(error_of([&] { broadcast_to(input(b, "x", {2, 3}), {3}); }).find("more axes") != std::string::npos);
  CHECK(error_of([&] { add(input(b, "x", {3}), input(b, "i", {3}, DType::i32)); }).find("cast one of them") != std::string::npos);
}

TEST_CASE("a plain number takes the type of the other operand") {
  GraphBuilder b("g");
  CHECK((input(b, "x", {batch, 2}) * 2.0).type() == Type{DType::f32, {batch, 2}});
  CHECK((1.0 - input(b, "i", {3}, DType::i32)).type() == Type{DType::i32, {3}});
  CHECK(error_of([&] { input(b, "i", {3}, DType::i32) + 0.5; }).find("is not a i32") != std::string::npos);
}

TEST_CASE("short forms make no node where there is nothing to do") {
  GraphBuilder b("g");
  Tensor x = input(b, "x", {2, 3});
  CHECK(reshape(x, {2, 3}).id == x.id);
  CHECK(cast(x, DType::f32).id == x.id);
  CHECK(transpose(x, {0, 1}).id == x.id);
  CHECK(broadcast_to(x, {2, 3}).id == x.id);
  CHECK(sum(input(b, "s", {})).rank() == 0);
}

TEST_CASE("negative axes count from the end") {
  GraphBuilder b("g");
  Tensor x = input(b, "x", {2, 3, 4});
  CHECK(reduce_sum(x, -1).id == reduce_sum(x, 2).id);
  CHECK(slice(x, -2, 0, 1).shape() == Shape{2, 1, 4});
  CHECK(reduce_sum(x, std::vector<int64_t>{0, 2}).shape() == Shape{3});
  CHECK(error_of([&] { reduce_sum(x, 3); }).find("axis 3 is outside of f32[2, 3, 4]") != std::string::npos);
  CHECK(error_of([&] { reduce_sum(x, -4); }) != "no error");
}

TEST_CASE("a call's body captures outer values, through several levels") {
  GraphBuilder b("outer");
  Tensor x = input(b, "x", {2}), w = input(b, "w", {2});
  Tensor y = b.call("f", {}, {x}, [&](const std::vector<Tensor>& in) {
    return std::vector{
        b.call("g", {}, {in[0]}, [&](const std::vector<Tensor>& inner) { return std::vector{inner[0] * w + x}; })[0]};
  })[0];
  b.graph().outputs = {{"y", y.id}};
  verify(b.graph());
  const Node& call = b.graph()[b.graph()[y.id].operands[0]];
  CHECK(call.operands == std::vector<ValueId>{x.id, w.id, x.id});
  Bindings bindings{1, {{"x", {DType::f32, {2}, {2, 3}}}, {"w", {DType::f32, {2}, {5, 7}}}}, {}, {}};
  CHECK(evaluate(b.graph(), bindings, Precision::f64)[y.id].data == std::vector<double>{12, 24});
}

TEST_CASE("tensors that do not belong here") {
  GraphBuilder a("a"), b("b");
  Tensor x = input(a, "x", {2}), y = input(b, "y", {2});
  CHECK(error_of([&] { x + y; }).find("another builder") != std::string::npos);
  Tensor inner;
  a.call("f", {}, {x}, [&](const std::vector<Tensor>& in) {
    inner = in[0] * 2.0;
    return std::vector{inner};
  });
  CHECK_THROWS_AS(neg(inner), InternalError);
}

TEST_CASE("an error inside a call's body leaves the builder usable") {
  GraphBuilder b("g");
  Tensor x = input(b, "x", {2});
  CHECK(error_of([&] {
          b.call("f", {}, {x}, [&](const std::vector<Tensor>& in) { return std::vector{reduce_sum(in[0], 7)}; });
        }) != "no error");
  CHECK(b.tensor(x.id).shape() == Shape{2});
  CHECK(neg(x).shape() == Shape{2});
}

TEST_CASE("calls nest up to a limit") {
  GraphBuilder b("g");
  std::function<std::vector<Tensor>(const std::vector<Tensor>&)> deeper = [&](const std::vector<Tensor>& in) {
    return b.call("f", {}, in, deeper);
  };
  CHECK(error_of([&] { deeper({input(b, "x", {2})}); }).find("nested more than 256 deep") != std::string::npos);
}

TEST_CASE("errors carry the builder's place") {
  GraphBuilder b("g");
  Tensor x = input(b, "x", {2});
  b.set_place(Place("model.gc", 3, 7));
  CHECK(error_of([&] { reduce_sum(x, 5); }).find("model.gc:3:7: error: reduce_sum: ") == 0);
  Tensor y = neg(x);
  CHECK(to_string(b.graph().place(y.id)) == "model.gc:3:7");
}

TEST_CASE("means count rows at run time") {
  GraphBuilder b("g");
  Tensor m = mean(input(b, "x", {batch, 2}));
  b.graph().outputs = {{"m", m.id}};
  Bindings bindings{3, {{"x", {DType::f32, {3, 2}, {1, 2, 3, 4, 5, 6}}}}, {}, {}};
  CHECK(evaluate(b.graph(), bindings, Precision::f32_fused)[m.id].data[0] == 3.5);
}
