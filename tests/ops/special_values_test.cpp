// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NaN, infinities and signed zeros in the ops that choose (max, min) and that combine (reductions, contract).
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ir/evaluate.h"
#include "ir/tensor.h"

using namespace graphc;

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_ = std::numeric_limits<double>::quiet_NaN();

static bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

// op(a, b) in all precisions.
static void check(Tensor (*op)(Tensor, Tensor), double a, double b, double expected) {
  GraphBuilder builder("special");
  Tensor result = op(builder.constant(a), builder.constant(b));
  builder.graph().outputs = {{"r", result.id}};
  for (Precision p : {Precision::f64, Precision::f32_fused, Precision::f32_unfused}) {
    double got = evaluate(builder.graph(), {}, p)[result.id].data[0];
    CHECK_MESSAGE(same(got, expected), a, " and ", b, ": ", got, ", expected ", expected);
  }
}

TEST_CASE("max and min: NaN where one is NaN; where equal, the second") {
  struct Row {
    double a, b, max, min;
  };
  for (Row r : {Row{nan_, 1, nan_, nan_},
                {1, nan_, nan_, nan_},
                {nan_, inf, nan_, nan_},
                {-inf, nan_, nan_, nan_},
                {nan_, nan_, nan_, nan_},
                {inf, -inf, inf, -inf},
                {-inf, 3, 3, -inf},
                {inf, 3, inf, 3},
                {0.0, -0.0, -0.0, -0.0},
                {-0.0, 0.0, 0.0, 0.0},
                {2, 2, 2, 2}}) {
    check(max, r.a, r.b, r.max);
    check(min, r.a, r.b, r.min);
  }
}

TEST_CASE("comparisons with NaN are false but not_equal; zeros are equal") {
  for (auto op : {static_cast<Tensor (*)(Tensor, Tensor)>(equal), static_cast<Tensor (*)(Tensor, Tensor)>(less),
                  static_cast<Tensor (*)(Tensor, Tensor)>(less_equal), static_cast<Tensor (*)(Tensor, Tensor)>(greater),
                  static_cast<Tensor (*)(Tensor, Tensor)>(greater_equal)}) {
    check(op, nan_, 1, 0);
    check(op, 1, nan_, 0);
    check(op, nan_, nan_, 0);
  }
  check(not_equal, nan_, nan_, 1);
  check(equal, 0.0, -0.0, 1);
  check(less, -0.0, 0.0, 0);
  check(less, -inf, inf, 1);
}

static double reduced(Tensor (*op)(Tensor, int), std::vector<double> values, bool innermost, Precision p) {
  GraphBuilder b("special");
  auto n = int64_t(values.size());
  Tensor x = b.constant(std::move(values), Type{DType::f32, innermost ? Shape{1, n} : Shape{n, 1}});
  Tensor r = op(x, innermost ? 1 : 0);
  b.graph().outputs = {{"r", r.id}};
  return evaluate(b.graph(), {}, p)[r.id].data[0];
}

static void check(Tensor (*op)(Tensor, int), const std::vector<double>& values, double expected) {
  for (bool innermost : {true, false})
    for (Precision p : {Precision::f64, Precision::f32_fused, Precision::f32_unfused}) {
      double got = reduced(op, values, innermost, p);
      CHECK_MESSAGE(same(got, expected), got, ", expected ", expected,
                    innermost ? " along the last axis" : " along the first axis");
    }
}

TEST_CASE("reductions: NaN anywhere, infinities, signed zeros, nothing at all") {
  auto sum_of = static_cast<Tensor (*)(Tensor, int)>(reduce_sum);
  for (size_t at : {size_t{0}, size_t{5}, size_t{16}, size_t{34}}) {
    std::vector<double> values(35, 1.0);
    values[at] = nan_;
    check(sum_of, values, nan_);
    check(reduce_max, values, nan_);
    check(reduce_min, values, nan_);
    check(argmax, values, 34);
    values[at] = inf;
    check(sum_of, values, inf);
    check(reduce_max, values, inf);
    check(reduce_min, values, 1);
    check(argmax, values, double(at));
  }
  check(sum_of, {inf, -inf, 1}, nan_);
  check(reduce_max, {-inf, -inf}, -inf);
  check(argmax, {-inf, -inf}, 0);
  check(argmax, {3, 7, 7, 1}, 1);
  check(sum_of, {}, 0);
  check(reduce_max, {}, -inf);
  check(reduce_min, {}, inf);
  // Sums begin at +0, so that zeros of either sign give +0.
  check(sum_of, {-0.0, -0.0}, 0.0);
}

TEST_CASE("a contraction begins at +0 and passes NaN and infinities on") {
  auto dot = [](std::vector<double> x, std::vector<double> y, Precision p) {
    GraphBuilder b("special");
    auto n = int64_t(x.size());
    Tensor r = contract(b.constant(std::move(x), {DType::f32, {1, n}}), b.constant(std::move(y), {DType::f32, {n, 1}}));
    b.graph().outputs = {{"r", r.id}};
    return evaluate(b.graph(), {}, p)[r.id].data[0];
  };
  for (Precision p : {Precision::f64, Precision::f32_fused, Precision::f32_unfused}) {
    CHECK(same(dot({-0.0, 0.0}, {1, -1}, p), 0.0));
    CHECK(same(dot({inf, 1}, {0, 1}, p), nan_));
    CHECK(same(dot({inf, 1}, {2, 1}, p), inf));
    CHECK(same(dot({1, 1}, {nan_, 1}, p), nan_));
    CHECK(same(dot({}, {}, p), 0.0));
  }
}
