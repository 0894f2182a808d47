// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops of two or three operands of one shape; the builder broadcasts before.
#include <cmath>
#include <limits>

#include "ir/ops/common.h"

namespace graphc {

using scalar::Kind;
using scalar::Value;
using Args = std::span<const Value>;
using In = std::span<const double>;

extern const OpDef op_add{
    .name = "add", .doc = "a + b", .op_class = OpClass::elementwise, .arity = 2, .infer = number_only,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent, c.cotangent}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] + x[1]; },
    .reference = [](In x) { return x[0] + x[1]; },
    .cases = binary_cases()};

extern const OpDef op_sub{
    .name = "sub", .doc = "a - b", .op_class = OpClass::elementwise, .arity = 2, .infer = number_only,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent, -c.cotangent}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] - x[1]; },
    .reference = [](In x) { return x[0] - x[1]; },
    .cases = binary_cases()};

extern const OpDef op_mul{
    .name = "mul", .doc = "a b", .op_class = OpClass::elementwise, .arity = 2, .infer = number_only,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * c.operands[1], c.cotangent * c.operands[0]}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] * x[1]; },
    .reference = [](In x) { return x[0] * x[1]; },
    .cases = binary_cases()};

extern const OpDef op_div{
    .name = "div", .doc = "a / b, correctly rounded", .op_class = OpClass::elementwise, .arity = 2, .cost = 6, .infer = float_only,
    .vjp = [](const VjpContext& c) -> Cotangents {
      Cotangents d(2);
      if (c.needed[0] || c.needed[1]) d[0] = c.cotangent / c.operands[1];
      if (c.needed[1]) d[1] = -(*d[0] * c.result);
      return d;
    },
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] / x[1]; },
    .reference = [](In x) { return x[0] / x[1]; },
    .cases = binary_cases(0.5, 2)};

// arctan(a) for a in [0, 1]: a + a^3 P(a^2), P fitted for the least relative error; 0.2 ulp before rounding.
static Value arctan_to_one(Value a) {
  Value s = a * a;
  Value p = s * -0.0017936218f + 0.010914606f;
  for (float c : {-0.031177847f, 0.057957593f, -0.0840345f, 0.10952186f, -0.14264242f, 0.19998549f, -0.333333f}) p = scalar::fma(p, s, p.builder->f32(c));
  return scalar::fma(a * s, p, a);
}

static Value lower_atan2(scalar::Builder& b, Args x, const Node&) {
  Value y = x[0], ax = scalar::abs(x[1]), ay = scalar::abs(y);
  Value steep = ax < ay, high = scalar::select(steep, ay, ax), low = scalar::select(steep, ax, ay);
  Value zero = b.f32(0), one = b.f32(1), infinity = b.f32(std::numeric_limits<float>::infinity());
  // 0 / 0 is 0 and infinity / infinity is 1 here, as IEEE's atan2 has it.
  Value ratio = scalar::select(scalar::equal(high, zero), zero, scalar::select(scalar::equal(low, infinity), one, low / high));
  Value r = arctan_to_one(ratio);
  r = scalar::select(steep, 1.57079633f - r, r);
  Value left = scalar::bits(x[1]) < b.i32(0);  // by the sign bit: atan2(0, -0) is pi
  r = scalar::copysign(scalar::select(left, 3.14159265f - r, r), y);
  return scalar::select(scalar::is_nan(y) | scalar::is_nan(x[1]), y + x[1], r);
}

extern const OpDef op_atan2{
    .name = "atan2", .doc = "angle of the point (b, a), in [-pi, pi]; at most 4 ulp", .op_class = OpClass::elementwise, .arity = 2, .cost = 30,
    .infer = float_only,
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor y = c.operands[0], x = c.operands[1];
      Tensor xx = x * x, yy = y * y;
      Tensor scaled = c.cotangent / (xx + yy);
      Tensor by_y = scaled * x, by_x = scaled * y;
      return {by_y, -by_x};
    },
    .lower = lower_atan2,
    .reference = [](In x) { return std::atan2(x[0], x[1]); },
    .cases = binary_cases(0.3, 2)};

static Cotangents select_winner(const VjpContext& c, Tensor first_wins) {
  Tensor zero = zeros_like(c.cotangent);
  return {select(first_wins, c.cotangent, zero), select(first_wins, zero, c.cotangent)};
}

extern const OpDef op_max{
    .name = "max", .doc = "the larger; NaN where one is NaN; where equal, b, which also gets the gradient",
    .op_class = OpClass::elementwise, .arity = 2, .infer = number_only,
    .vjp = [](const VjpContext& c) { return select_winner(c, greater(c.operands[0], c.operands[1])); },
    .lower = [](scalar::Builder&, Args x, const Node&) {
      return x[0].kind() == Kind::f32 ? scalar::max(x[0], x[1]) : scalar::select(x[1] < x[0], x[0], x[1]);
    },
    .reference = [](In x) { return x[0] != x[0] ? x[0] : x[0] > x[1] ? x[0] : x[1]; },
    .cases = binary_cases()};

extern const OpDef op_min{
    .name = "min", .doc = "the smaller; NaN where one is NaN; where equal, b, which also gets the gradient",
    .op_class = OpClass::elementwise, .arity = 2, .infer = number_only,
    .vjp = [](const VjpContext& c) { return select_winner(c, less(c.operands[0], c.operands[1])); },
    .lower = [](scalar::Builder&, Args x, const Node&) {
      return x[0].kind() == Kind::f32 ? scalar::min(x[0], x[1]) : scalar::select(x[0] < x[1], x[0], x[1]);
    },
    .reference = [](In x) { return x[0] != x[0] ? x[0] : x[0] < x[1] ? x[0] : x[1]; },
    .cases = binary_cases()};

static std::vector<Case> comparison_cases() {
  auto cases = binary_cases();
  cases.push_back({.operands = {{DType::i32, {batch, 10}}, {DType::i32, {batch, 10}}}});
  return cases;
}

// Truth values: u8, 1 or 0.
#define GRAPHC_COMPARISON(op, formula, scalar_expression, reference_expression)                                          \
  extern const OpDef op_##op{.name = #op, .doc = "1 where " formula ", else 0; false where an operand is NaN",           \
                             .op_class = OpClass::elementwise, .arity = 2, .infer = comparison,                          \
                             .not_differentiable = "truth values have no derivative",                                    \
                             .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::truth(scalar_expression); }, \
                             .reference = [](In x) { return (reference_expression) ? 1.0 : 0.0; }, .cases = comparison_cases()};
GRAPHC_COMPARISON(equal, "a = b", scalar::equal(x[0], x[1]), x[0] == x[1])
GRAPHC_COMPARISON(not_equal, "a and b differ (true where an operand is NaN)", !scalar::equal(x[0], x[1]), x[0] != x[1])
GRAPHC_COMPARISON(less, "a < b", x[0] < x[1], x[0] < x[1])
GRAPHC_COMPARISON(less_equal, "a <= b", x[0] <= x[1], x[0] <= x[1])
GRAPHC_COMPARISON(greater, "a > b", x[0] > x[1], x[0] > x[1])
GRAPHC_COMPARISON(greater_equal, "a >= b", x[0] >= x[1], x[0] >= x[1])
#undef GRAPHC_COMPARISON

static Type integers_only(const InferContext& c) { return same_types(c, {DType::i32, DType::u8}); }
static std::vector<Case> bit_cases() {
  return {{.operands = {{DType::i32, {batch, 10}}, {DType::i32, {batch, 10}}}, .int_high = 1 << 30},
          {.operands = {{DType::u8, {7}}, {DType::u8, {7}}}}};
}

extern const OpDef op_bit_and{
    .name = "bit_and", .doc = "bitwise and; of truth values: both", .op_class = OpClass::elementwise, .arity = 2, .infer = integers_only,
    .not_differentiable = "bits have no derivative",
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] & x[1]; },
    .reference = [](In x) { return double(int32_t(int64_t(x[0])) & int32_t(int64_t(x[1]))); },
    .cases = bit_cases()};

extern const OpDef op_bit_or{
    .name = "bit_or", .doc = "bitwise or; of truth values: either", .op_class = OpClass::elementwise, .arity = 2, .infer = integers_only,
    .not_differentiable = "bits have no derivative",
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0] | x[1]; },
    .reference = [](In x) { return double(int32_t(int64_t(x[0])) | int32_t(int64_t(x[1]))); },
    .cases = bit_cases()};

extern const OpDef op_select{
    .name = "select", .doc = "a where the condition (u8) is not 0, else b", .op_class = OpClass::elementwise, .arity = 3,
    .infer = [](const InferContext& c) {
      const Type &p = c.operands[0], &a = c.operands[1], &b = c.operands[2];
      if (p.dtype != DType::u8) c.fail("the condition must be u8, got " + to_string(p), {"compare it with something"});
      if (a != b || a.shape != p.shape) c.fail("operands differ: " + to_string(p) + ", " + to_string(a) + " and " + to_string(b));
      return a;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor zero = zeros_like(c.cotangent);
      return {std::nullopt, select(c.operands[0], c.cotangent, zero), select(c.operands[0], zero, c.cotangent)};
    },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::select(scalar::is_true(x[0]), x[1], x[2]); },
    .reference = [](In x) { return x[0] != 0 ? x[1] : x[2]; },
    .cases = {{.operands = {{DType::u8, {batch, 10}}, {DType::f32, {batch, 10}}, {DType::f32, {batch, 10}}}},
              {.operands = {{DType::u8, {}}, {DType::f32, {}}, {DType::f32, {}}}},
              {.operands = {{DType::u8, {3, 35}}, {DType::f32, {3, 35}}, {DType::f32, {3, 35}}}},
              {.operands = {{DType::u8, {0, 4}}, {DType::f32, {0, 4}}, {DType::f32, {0, 4}}}},
              {.operands = {{DType::u8, {2, 1, 3}}, {DType::f32, {2, 1, 3}}, {DType::f32, {2, 1, 3}}}},
              {.operands = {{DType::u8, {1, 2, 3, 1, 2}}, {DType::f32, {1, 2, 3, 1, 2}}, {DType::f32, {1, 2, 3, 1, 2}}}}}};

}  // namespace graphc
