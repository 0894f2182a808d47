// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations beyond the primitive tanh and sigmoid. Their derivatives read the result, so that the pre-activation need not be kept.
#include "ir/ops/common.h"
#include "ir/composite.h"

namespace graphc {

using A = ArgumentDef;

static void want_float(CompositeContext& c) {
  if (c.tensors[0].dtype() != DType::f32) c.fail("wants f32, got " + to_string(c.tensors[0].type()), {"cast it first"});
}

// The value of a reduction along the last axis, repeated along it.
static Tensor along_last(Tensor reduced, const Shape& shape) {
  std::vector<int64_t> axes;
  for (int a = 0; a + 1 < shape.rank(); a++) axes.push_back(a);
  return broadcast(reduced, shape, axes);
}

static void want_last_axis(CompositeContext& c) {
  want_float(c);
  if (c.tensors[0].rank() < 1) c.fail("wants at least one axis, got " + to_string(c.tensors[0].type()));
}

extern const CompositeDef composite_relu{
    .name = "relu", .doc = "max(x, 0); the derivative at 0 is 0", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) {
      want_float(c);
      return max(0.0, c.tensors[0]);  // the constant first: then its NaN check folds away
    },
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor positive = greater(c.results[0], 0.0);
      return {select(positive, *c.cotangents[0], zeros_like(c.results[0]))};
    },
    .cases = unary_cases(-2, 2, {0})};

extern const CompositeDef composite_leaky_relu{
    .name = "leaky_relu", .doc = "x where x > 0, else slope x", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32"}, {"slope", A::number, "of the negative side", 0.01}},
    .build = [](CompositeContext& c) {
      want_float(c);
      Tensor x = c.tensors[0];
      Tensor positive = greater(x, 0.0);
      return select(positive, x, x * c.number("slope"));
    },
    .cases = unary_cases(-2, 2, {0})};

extern const CompositeDef composite_softplus{
    .name = "softplus", .doc = "log(1 + e^x), as max(x, 0) + log1p(e^-|x|)", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) {
      want_float(c);
      Tensor x = c.tensors[0];
      Tensor linear = max(x, 0.0);
      return linear + log1p(exp(-abs(x)));
    },
    .vjp = [](const CompositeVjp& c) -> Cotangents { return {*c.cotangents[0] * sigmoid(c.operands[0])}; },
    .cases = unary_cases()};

extern const CompositeDef composite_softmax{
    .name = "softmax", .doc = "e^x / sum e^x along the last axis, shifted by the maximum", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32[.., classes]"}},
    .build = [](CompositeContext& c) {
      want_last_axis(c);
      Tensor x = c.tensors[0];
      Tensor e = exp(x - along_last(stop_gradient(reduce_max(x, -1)), x.shape()));
      return e / along_last(reduce_sum(e, -1), x.shape());
    },
    // y (g - sum g y)
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor y = c.results[0], g = *c.cotangents[0];
      return {y * (g - along_last(reduce_sum(g * y, -1), y.shape()))};
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}}}, {.operands = {{DType::f32, {3, 35}}}}, {.operands = {{DType::f32, {2, 3, 5}}}},
              {.operands = {{DType::f32, {7}}}}, {.operands = {{DType::f32, {1, 2}}}}, {.operands = {{DType::f32, {0, 4}}}}, {.operands = {{DType::f32, {2, 1, 1, 2, 3}}}}}};

extern const CompositeDef composite_log_softmax{
    .name = "log_softmax", .doc = "x - max - log sum e^(x - max) along the last axis", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32[.., classes]"}},
    .build = [](CompositeContext& c) {
      want_last_axis(c);
      Tensor x = c.tensors[0];
      Tensor z = x - along_last(stop_gradient(reduce_max(x, -1)), x.shape());
      return z - along_last(log(reduce_sum(exp(z), -1)), x.shape());
    },
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor y = c.results[0], g = *c.cotangents[0];
      Tensor p = exp(y);
      return {g - p * along_last(reduce_sum(g, -1), y.shape())};
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}}}, {.operands = {{DType::f32, {3, 35}}}}, {.operands = {{DType::f32, {7}}}},
              {.operands = {{DType::f32, {1, 2}}}}, {.operands = {{DType::f32, {0, 4}}}}, {.operands = {{DType::f32, {2, 1, 1, 2, 3}}}}}};

}  // namespace graphc
