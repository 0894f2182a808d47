// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/fill.h"

#include <doctest/doctest.h>

#include <bit>

#include "ir/evaluate.h"
#include "ir/tensor.h"

using namespace graphc;

namespace {

struct Filled {
  GraphBuilder b{"init"};
  std::map<std::string, double> hypers{{"seed_lo", 7}, {"scale", 0.3}};

  Tensor hyper(const char* name, DType dtype) { return b.emit(Op::hyper, {}, {std::string(name), Type{dtype, {}}}); }
  Tensor random(const Shape& shape) {
    return random_bits(hyper("seed_lo", DType::i32), b.constant(0, DType::i32), b.constant(0, DType::i32), 5, shape);
  }

  void check(const Tensor& t, bool fused) {
    b.graph().outputs = {{"value", t.id}};
    auto expected = evaluate(b.graph(), {1, {}, {}, hypers}, fused ? Precision::f32_fused : Precision::f32_unfused)[t.id];
    std::vector<uint32_t> elements(expected.data.size(), 0xAAAAAAAA);
    REQUIRE(fill(b.graph(), t.id, hypers, fused, elements));
    size_t different = 0;
    for (size_t i = 0; i < elements.size(); i++)
      different += expected.dtype == DType::f32 ? elements[i] != std::bit_cast<uint32_t>(float(expected.data[i])) : elements[i] != uint32_t(int32_t(expected.data[i]));
    CHECK(different == 0);
  }
};

}  // namespace

TEST_CASE("initial values in blocks have the evaluator's bits") {
  for (bool fused : {true, false})
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{300, 130}, Shape{3, 35, 2}, Shape{0, 4}}) {
      Filled f;
      Tensor uniform = cast(f.random(shape), DType::f32) * (1.0 / 2147483648.0);
      f.check(uniform, fused);
      f.check(tanh(uniform * broadcast_to(f.hyper("scale", DType::f32), shape)) + 0.5, fused);
      f.check(f.random(shape), fused);
      if (shape.rank() > 1) f.check(f.b.emit(Op::iota, {}, {int64_t(1), Type{DType::f32, shape}}) * 0.1, fused);
    }
}

TEST_CASE("other values are left to the evaluator") {
  Filled f;
  Tensor uniform = cast(f.random({4, 6}), DType::f32), variable = f.b.emit(Op::variable, {}, {std::string("w"), Type{DType::f32, {4, 6}}});
  Tensor of_batch = cast(f.random({batch, 6}), DType::f32), table = f.b.constant({1, 2, 3, 4}, {DType::f32, {4}});
  std::vector<uint32_t> elements(24, 1);
  for (const Tensor& t : {uniform + variable, sum(uniform), transpose(uniform, {1, 0}), of_batch, table, cast(uniform, DType::u8)})
    CHECK(!fill(f.b.graph(), t.id, f.hypers, true, elements));
  CHECK(!fill(f.b.graph(), f.hyper("unknown", DType::f32).id, f.hypers, true, elements));
  CHECK(elements == std::vector<uint32_t>(24, 1));
}
