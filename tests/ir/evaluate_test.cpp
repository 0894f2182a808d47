// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle itself: small examples computed by hand, and the order of sums (DESIGN 6).
#include "ir/evaluate.h"

#include <doctest/doctest.h>

#include <cmath>

#include "ir/tensor.h"
#include "tests/support/random_arrays.h"

using namespace graphc;

using Numbers = std::vector<double>;

static Tensor constant(GraphBuilder& b, Numbers values, const Shape& shape, DType dtype = DType::f32) {
  return b.constant(std::move(values), {dtype, shape});
}

static Numbers value_of(GraphBuilder& b, Tensor t, Precision precision = Precision::f32_fused, int64_t rows = 1) {
  b.graph().outputs = {{"t", t.id}};
  Bindings bindings;
  bindings.rows = rows;
  return evaluate(b.graph(), bindings, precision)[t.id].data;
}

TEST_CASE("a matrix product in its four forms") {
  GraphBuilder b("g");
  Tensor a = constant(b, {1, 2, 3, 4, 5, 6}, {2, 3}), at = constant(b, {1, 4, 2, 5, 3, 6}, {3, 2});
  Tensor c = constant(b, {7, 8, 9, 10, 11, 12}, {3, 2}), ct = constant(b, {7, 9, 11, 8, 10, 12}, {2, 3});
  Numbers expected{58, 64, 139, 154};
  CHECK(value_of(b, contract(a, c)) == expected);
  CHECK(value_of(b, contract(at, c, true, false)) == expected);
  CHECK(value_of(b, contract(a, ct, false, true)) == expected);
  CHECK(value_of(b, contract(at, ct, true, true)) == expected);
}

TEST_CASE("movement") {
  GraphBuilder b("g");
  Tensor x = constant(b, {1, 2, 3, 4, 5, 6}, {2, 3});
  CHECK(value_of(b, transpose(x, {1, 0})) == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(value_of(b, slice(x, 1, 0, 2, 2)) == Numbers{1, 3, 4, 6});
  CHECK(value_of(b, pad(x, 1, 1, 0, 9)) == Numbers{9, 1, 2, 3, 9, 4, 5, 6});
  CHECK(value_of(b, concat({x, slice(x, 0, 1, 1)}, 0)) == Numbers{1, 2, 3, 4, 5, 6, 4, 5, 6});
  CHECK(value_of(b, broadcast(constant(b, {1, 2}, {2}), {2, 3}, {0})) == Numbers{1, 1, 1, 2, 2, 2});
  CHECK(value_of(b, reshape(x, {3, 2})) == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("indices clamp in gather and are dropped in scatter_add") {
  GraphBuilder b("g");
  Tensor i = constant(b, {-1, 0, 2, 5}, {4}, DType::i32);
  CHECK(value_of(b, gather(constant(b, {10, 20, 30}, {3}), i)) == Numbers{10, 10, 30, 30});
  CHECK(value_of(b, scatter_add(i, constant(b, {1, 2, 4, 8}, {4}), 3)) == Numbers{2, 0, 4});
  Tensor twice = constant(b, {1, 1, 1}, {3}, DType::i32);
  CHECK(value_of(b, scatter_add(twice, constant(b, {1, 2, 3, 4, 5, 6}, {3, 2}), 2)) == Numbers{0, 0, 9, 12});
}

TEST_CASE("whole numbers wrap, casts saturate") {
  GraphBuilder b("g");
  Tensor big = constant(b, {2147483647}, {}, DType::i32);
  CHECK(value_of(b, big + 1.0) == Numbers{-2147483648.0});
  CHECK(value_of(b, big + 1.0, Precision::f64) == Numbers{-2147483648.0});
  CHECK(value_of(b, cast(constant(b, {1e20, -1e20, NAN, -1.9, 1.9}, {5}), DType::i32)) ==
        Numbers{2147483647, -2147483648.0, 0, -1, 1});
  CHECK(value_of(b, cast(constant(b, {255.5, 256, -1}, {3}), DType::u8)) == Numbers{255, 0, 255});
  CHECK(value_of(b, round(constant(b, {0.5, 1.5, 2.5, -0.5}, {4}))) == Numbers{0, 2, 2, -0.0});
}

TEST_CASE("rows, iota, argmax and select") {
  GraphBuilder b("g");
  CHECK(value_of(b, b.rows(), Precision::f64, 7) == Numbers{7});
  CHECK(value_of(b, b.iota({DType::i32, {batch, 2}}, 0), Precision::f64, 3) == Numbers{0, 0, 1, 1, 2, 2});
  CHECK(value_of(b, b.iota({DType::f32, {2, 3}}, 1)) == Numbers{0, 1, 2, 0, 1, 2});
  Tensor x = constant(b, {1, 5, 5, -2, -7, -2}, {2, 3});
  for (Precision p : {Precision::f64, Precision::f32_fused}) CHECK(value_of(b, argmax(x, 1), p) == Numbers{1, 0});
  CHECK(value_of(b, select(greater(x, 0.0), x, -x)) == Numbers{1, 5, 5, 2, 7, 2});
}

// A sum written out here a second time, in f32.
static float lanes_sum(const Numbers& x) {
  float lane[16] = {};
  for (size_t i = 0; i < x.size(); i++) lane[i % 16] += float(x[i]);
  for (int i = 0; i < 8; i++) lane[i] += lane[i + 8];
  for (int i = 0; i < 4; i++) lane[i] += lane[i + 4];
  return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}
static float blocks_sum(const Numbers& x) {
  float total = 0;
  for (size_t begin = 0; begin < x.size(); begin += 1024) {
    float block = 0;
    for (size_t i = begin; i < std::min(x.size(), begin + 1024); i++) block += float(x[i]);
    total = begin ? total + block : block;
  }
  return total;
}

TEST_CASE("the innermost axis is summed in 16 lanes, another in blocks of 1,024") {
  graphc_test::Random random(3);
  for (int64_t n : {1, 15, 16, 17, 100, 1024, 1025, 2049, 3000}) {
    GraphBuilder b("g");
    Numbers x = graphc_test::random_array(random, {DType::f32, {n}}, 1, -1, 1).data;
    CHECK(value_of(b, reduce_sum(constant(b, x, {1, n}), 1))[0] == double(lanes_sum(x)));
    CHECK(value_of(b, reduce_sum(constant(b, x, {n, 1}), 0))[0] == double(blocks_sum(x)));
  }
}

TEST_CASE("a contraction multiplies and adds with one rounding, or with two where the target has no FMA") {
  // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24: the last bit survives only where the product is not rounded.
  double x = 1 + 0x1p-12;
  for (const Shape& a : {Shape{2, 2}, Shape{1, 2}}) {
    int64_t m = a[0].size;
    GraphBuilder b("g");
    Numbers left = m == 2 ? Numbers{-1, x, -1, x} : Numbers{-1, x}, right = m == 2 ? Numbers{1, 1, x, x} : Numbers{1, x};
    Tensor dot = contract(constant(b, left, a), constant(b, right, {2, m}));
    CHECK(value_of(b, dot, Precision::f32_fused)[0] == (m == 2 ? 0x1p-11 + 0x1p-24 : double(float(x * x)) - 1));
    CHECK(value_of(b, dot, Precision::f32_unfused)[0] == 0x1p-11);
    CHECK(value_of(b, dot, Precision::f64)[0] == x * x - 1);
  }
}

TEST_CASE("long contractions add blocks of 1,024 in order") {
  graphc_test::Random random(4);
  int64_t k = 2500;
  Numbers x = graphc_test::random_array(random, {DType::f32, {k}}, 1, -1, 1).data,
          y = graphc_test::random_array(random, {DType::f32, {k}}, 1, -1, 1).data;
  float total = 0;
  for (int64_t begin = 0; begin < k; begin += 1024) {
    float block = 0;
    for (int64_t i = begin; i < std::min(k, begin + 1024); i++)
      block = std::fmaf(float(x[size_t(i)]), float(y[size_t(i)]), block);
    total = begin ? total + block : block;
  }
  GraphBuilder b("g");
  Numbers two_rows = x, two_columns;
  two_rows.insert(two_rows.end(), x.begin(), x.end());
  for (double v : y) two_columns.push_back(v), two_columns.push_back(v);
  for (double got : value_of(b, contract(constant(b, two_rows, {2, k}), constant(b, two_columns, {k, 2}))))
    CHECK(got == double(total));
}

TEST_CASE("what is not bound is an error that names it") {
  GraphBuilder b("g");
  Tensor x = b.emit(Op::input, {}, {std::string("pixels"), Type{DType::f32, {batch, 2}}});
  b.graph().outputs = {{"x", x.id}};
  CHECK_THROWS_WITH_AS(evaluate(b.graph(), {}, Precision::f64), doctest::Contains("pixels is not bound to 2 elements"),
                       CompileError);
  Tensor h = b.emit(Op::hyper, {}, {std::string("rate"), Type{DType::f32, {}}});
  b.graph().outputs = {{"h", h.id}};
  CHECK_THROWS_WITH_AS(evaluate(b.graph(), {}, Precision::f64), doctest::Contains("hyper rate is not bound"), CompileError);
}

TEST_CASE("Philox4x32-10 gives the published words") {
  GraphBuilder b("g");
  Tensor zero = b.constant(0, DType::i32), ones = b.constant(-1, DType::i32);
  auto words = [&](Tensor lo, Tensor hi, Tensor step, int64_t stream, int64_t n) {
    std::vector<uint32_t> result;
    for (double x : value_of(b, random_bits(lo, hi, step, stream, {n}))) result.push_back(uint32_t(int32_t(x)));
    return result;
  };
  CHECK(words(zero, zero, zero, 0, 4) == std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  // Seed, step, stream and place in the tensor each change the words; rows of a call do not.
  auto first = words(zero, zero, zero, 0, 8);
  CHECK(std::vector(first.begin() + 4, first.end()) != std::vector(first.begin(), first.begin() + 4));
  CHECK(words(ones, zero, zero, 0, 8) != first);
  CHECK(words(zero, ones, zero, 0, 8) != first);
  CHECK(words(zero, zero, ones, 0, 8) != first);
  CHECK(words(zero, zero, zero, 1, 8) != first);
  Tensor rows = random_bits(zero, zero, zero, 5, {batch, 3});
  Numbers two = value_of(b, rows, Precision::f32_fused, 2), four = value_of(b, rows, Precision::f32_fused, 4);
  CHECK(std::equal(two.begin(), two.end(), four.begin()));
}
