// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops of one operand. Derivatives use the result where that is cheaper than the operand, so that the
// operand (a pre-activation) need not be kept.
#include <cmath>

#include "ir/ops/common.h"

namespace graphc {

using scalar::Value;
using Args = std::span<const Value>;
using In = std::span<const double>;

static Type float_unary(const InferContext& c) { return float_only(c); }

extern const OpDef op_neg{
    .name = "neg", .doc = "-x", .op_class = OpClass::elementwise, .arity = 1, .infer = number_only,
    .vjp = [](const VjpContext& c) -> Cotangents { return {-c.cotangent}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return -x[0]; },
    .reference = [](In x) { return -x[0]; },
    .cases = unary_cases()};

extern const OpDef op_abs{
    .name = "abs", .doc = "|x|; the derivative at 0 is 0", .op_class = OpClass::elementwise, .arity = 1, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * sign(c.operands[0])}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::abs(x[0]); },
    .reference = [](In x) { return std::fabs(x[0]); },
    .cases = unary_cases(-2, 2, {0})};

extern const OpDef op_sign{
    .name = "sign", .doc = "-1, 0 or 1; zeros and NaN stay as they are", .op_class = OpClass::elementwise, .arity = 1,
    .infer = float_unary, .not_differentiable = "it is constant but for a jump at 0",
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::sign(x[0]); },
    .reference = [](In x) { return x[0] > 0 ? 1.0 : x[0] < 0 ? -1.0 : x[0]; },
    .cases = unary_cases()};

extern const OpDef op_exp{
    .name = "exp", .doc = "e^x", .op_class = OpClass::elementwise, .arity = 1, .cost = 20, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * c.result}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::exp(x[0]); },
    .reference = [](In x) { return std::exp(x[0]); },
    .cases = unary_cases()};

extern const OpDef op_expm1{
    .name = "expm1", .doc = "e^x - 1, exact near 0", .op_class = OpClass::elementwise, .arity = 1, .cost = 20, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * (c.result + 1.0)}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::expm1(x[0]); },
    .reference = [](In x) { return std::expm1(x[0]); },
    .cases = unary_cases()};

extern const OpDef op_log{
    .name = "log", .doc = "natural logarithm", .op_class = OpClass::elementwise, .arity = 1, .cost = 20, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent / c.operands[0]}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::log(x[0]); },
    .reference = [](In x) { return std::log(x[0]); },
    .cases = unary_cases(0.2, 3)};

extern const OpDef op_log1p{
    .name = "log1p", .doc = "log(1 + x), exact near 0", .op_class = OpClass::elementwise, .arity = 1, .cost = 20, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent / (c.operands[0] + 1.0)}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::log1p(x[0]); },
    .reference = [](In x) { return std::log1p(x[0]); },
    .cases = unary_cases(-0.7, 3)};

extern const OpDef op_sqrt{
    .name = "sqrt", .doc = "square root, correctly rounded", .op_class = OpClass::elementwise, .arity = 1, .cost = 6, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {0.5 * c.cotangent / c.result}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::sqrt(x[0]); },
    .reference = [](In x) { return std::sqrt(x[0]); },
    .cases = unary_cases(0.2, 3)};

extern const OpDef op_rsqrt{
    .name = "rsqrt", .doc = "1 / sqrt(x)", .op_class = OpClass::elementwise, .arity = 1, .cost = 6, .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor half = -0.5 * c.cotangent;
      return {half * (c.result / c.operands[0])};
    },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::rsqrt(x[0]); },
    .reference = [](In x) { return 1 / std::sqrt(x[0]); },
    .cases = unary_cases(0.2, 3)};

extern const OpDef op_tanh{
    .name = "tanh", .doc = "hyperbolic tangent; its derivative is 1 - tanh(x)^2", .op_class = OpClass::elementwise, .arity = 1, .cost = 20,
    .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * (1.0 - c.result * c.result)}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::tanh(x[0]); },
    .reference = [](In x) { return std::tanh(x[0]); },
    .cases = unary_cases()};

extern const OpDef op_sigmoid{
    .name = "sigmoid", .doc = "1 / (1 + e^-x); its derivative is s (1 - s)", .op_class = OpClass::elementwise, .arity = 1, .cost = 20,
    .infer = float_unary,
    .vjp = [](const VjpContext& c) -> Cotangents { return {c.cotangent * (c.result * (1.0 - c.result))}; },
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::sigmoid(x[0]); },
    .reference = [](In x) { return 1 / (1 + std::exp(-x[0])); },
    .cases = unary_cases()};

extern const OpDef op_floor{
    .name = "floor", .doc = "the largest whole number not above x", .op_class = OpClass::elementwise, .arity = 1, .infer = float_unary,
    .not_differentiable = "it is constant between its jumps",
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::floor(x[0]); },
    .reference = [](In x) { return std::floor(x[0]); },
    .cases = unary_cases(-5, 5)};

extern const OpDef op_round{
    .name = "round", .doc = "the nearest whole number, halves to even", .op_class = OpClass::elementwise, .arity = 1,
    .infer = float_unary, .not_differentiable = "it is constant between its jumps",
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::round(x[0]); },
    .reference = [](In x) { return std::nearbyint(x[0]); },
    .cases = unary_cases(-5, 5)};

extern const OpDef op_logical_not{
    .name = "logical_not", .doc = "1 where x is 0, else 0", .op_class = OpClass::elementwise, .arity = 1,
    .infer = [](const InferContext& c) { return same_types(c, {DType::u8}); }, .not_differentiable = "truth values have no derivative",
    .lower = [](scalar::Builder&, Args x, const Node&) { return scalar::truth(!scalar::is_true(x[0])); },
    .reference = [](In x) { return x[0] == 0 ? 1.0 : 0.0; },
    .cases = {{.operands = {{DType::u8, {batch, 10}}}}, {.operands = {{DType::u8, {7}}}}}};

extern const OpDef op_stop_gradient{
    .name = "stop_gradient", .doc = "x, as a constant to differentiation", .op_class = OpClass::elementwise, .arity = 1,
    .infer = [](const InferContext& c) { return c.operands.at(0); }, .not_differentiable = "it stops the gradient",
    .lower = [](scalar::Builder&, Args x, const Node&) { return x[0]; },
    .reference = [](In x) { return x[0]; },
    .cases = unary_cases()};

extern const OpDef op_cast{
    .name = "cast", .doc = "converts; f32 to i32 towards zero, saturating, NaN gives 0; to u8 the low 8 bits of that",
    .op_class = OpClass::elementwise, .arity = 1, .attributes = {{"dtype", AttributeDef::dtype}},
    .infer = [](const InferContext& c) { return Type{c.attribute<DType>(0), c.operands.at(0).shape}; },
    // Only float to float carries a gradient, and that cast is no cast.
    .not_differentiable = "whole numbers have no derivative",
    .lower = [](scalar::Builder& b, Args x, const Node& node) {
      Value v = x[0];
      DType to = node.attribute<DType>(0);
      if (to == DType::f32) return v.kind() == scalar::Kind::f32 ? v : scalar::to_float(v);
      if (v.kind() == scalar::Kind::f32) v = scalar::truncate_to_int(v);
      return to == DType::u8 ? v & b.i32(255) : v;
    },
    .evaluate = [](EvaluateContext& c) {
      DType to = c.node.attribute<DType>(0);
      for (size_t i = 0; i < c.result.data.size(); i++) {
        double x = c.operands[0]->data[i];
        if (to != DType::f32) x = x != x ? 0 : std::trunc(std::fmax(-2147483648.0, std::fmin(2147483647.0, x)));
        if (to == DType::u8) x = double(uint8_t(int64_t(x)));
        if (to == DType::f32 && c.f32) x = float(x);
        c.result.data[i] = x;
      }
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}}, .attributes = {DType::i32}, .low = -9, .high = 9},
              {.operands = {{DType::i32, {7}}}, .attributes = {DType::f32}},
              {.operands = {{DType::f32, {17}}}, .attributes = {DType::u8}, .low = 0, .high = 255},
              {.operands = {{DType::u8, {3, 5}}}, .attributes = {DType::f32}}}};

}  // namespace graphc
