// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions along one axis, which they remove. The order (DESIGN 6): along the innermost axis 16 lanes, lane j taking
// elements j, j + 16, ..., then the tree l[i] += l[i + 8], 4, 2, 1; along another axis index order in blocks of 1,024
// from 0, whose results are combined in order.
#include <cmath>
#include <limits>

#include "ir/ops/common.h"

namespace graphc {

static Type infer_reduction(const InferContext& c) {
  const Type& x = c.operands[0];
  if (x.dtype == DType::u8) c.fail("wants f32 or i32, got " + to_string(x), {"cast it first"});
  return {x.dtype, x.shape.without(checked_axis(c, c.attribute<int64_t>(0), x.shape.rank()))};
}

// The innermost axis of the operand is number `rank of the result`.
static SumOrder reduction_order(const Node& node) {
  return node.attribute<int64_t>(0) == node.type.shape.rank() ? SumOrder::lanes : SumOrder::blocks;
}

static void evaluate_reduction(EvaluateContext& c) {
  const Array& x = *c.operands[0];
  const OpDef& op = c.node.def();
  size_t axis = size_t(c.node.attribute<int64_t>(0));
  bool is_float = c.node.type.dtype == DType::f32;
  double identity = is_float ? op.reduction->identity_f32 : op.reduction->identity_i32;
  int64_t n = x.dims[axis], inner = 1, outer = 1;
  for (size_t a = 0; a < axis; a++) outer *= x.dims[a];
  for (size_t a = axis + 1; a < x.dims.size(); a++) inner *= x.dims[a];
  auto combine = [&](double a, double b) {
    double r = op.reduction->reference(a, b);
    // One f32 operation on f32 operands: rounding its f64 result gives the same bits.
    return !is_float ? double(int32_t(uint32_t(int64_t(r)))) : c.f32 ? double(float(r)) : r;
  };
  bool lanes = op.sum_order(c.node) == SumOrder::lanes;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      auto at = [&](int64_t k) { return x.data[(o * n + k) * inner + i]; };
      double total = identity;
      if (lanes) {
        double lane[16];
        for (double& l : lane) l = identity;
        for (int64_t k = 0; k < n; k++) lane[k % 16] = combine(lane[k % 16], at(k));
        for (int width = 8; width; width /= 2)
          for (int l = 0; l < width; l++) lane[l] = combine(lane[l], lane[l + width]);
        total = lane[0];
      } else {
        for (int64_t begin = 0; begin < n; begin += 1024) {
          double block = identity;
          for (int64_t k = begin; k < std::min(n, begin + 1024); k++) block = combine(block, at(k));
          total = begin ? combine(total, block) : block;
        }
      }
      c.result.data[o * inner + i] = total;
    }
}

static std::vector<Case> reduction_cases(bool smooth = true) {
  std::vector<Case> cases;
  auto add = [&](Shape s, int64_t axis) { cases.push_back({.operands = {{DType::f32, s}}, .attributes = {axis}, .smooth = smooth}); };
  add({batch, 10}, 1), add({batch, 10}, 0), add({batch}, 0), add({3, 35}, 1), add({2, 3, 5}, 1), add({1, 1}, 0), add({2100, 3}, 0), add({17}, 0);
  add({0, 4}, 1), add({4, 0}, 0), add({2, 1, 3, 4}, 2), add({1, 2, 3, 1, 2}, 1);
  return cases;
}

// The operand's shape again, every element along the axis the same.
static Tensor spread(Tensor reduced, const VjpContext& c) {
  std::vector<int64_t> axes;
  for (int a = 0; a < c.operands[0].rank(); a++)
    if (a != c.attribute<int64_t>(0)) axes.push_back(a);
  return broadcast(reduced, c.operands[0].shape(), axes);
}

// Elements that are equal to the extremum share its gradient.
static Cotangents extremum_vjp(const VjpContext& c) {
  Tensor hit = cast(equal(c.operands[0], spread(c.result, c)), DType::f32);
  Tensor hits = reduce_sum(hit, int(c.attribute<int64_t>(0)));
  return {hit * spread(c.cotangent / hits, c)};
}

extern const OpDef op_reduce_sum{
    .name = "reduce_sum", .doc = "sum along an axis", .op_class = OpClass::reduction, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}}, .infer = infer_reduction,
    .vjp = [](const VjpContext& c) -> Cotangents { return {spread(c.cotangent, c)}; },
    .reduction = ReductionDef{0, 0, [](scalar::Value a, scalar::Value b) { return a + b; }, [](double a, double b) { return a + b; }},
    .sum_order = reduction_order, .evaluate = evaluate_reduction, .cases = reduction_cases()};

extern const OpDef op_reduce_max{
    .name = "reduce_max", .doc = "largest element along an axis; NaN where one is NaN", .op_class = OpClass::reduction, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}}, .infer = infer_reduction, .vjp = extremum_vjp,
    .reduction = ReductionDef{-std::numeric_limits<double>::infinity(), double(INT32_MIN),
                              [](scalar::Value a, scalar::Value b) {
                                return a.kind() == scalar::Kind::f32 ? scalar::max(a, b) : scalar::select(b < a, a, b);
                              },
                              [](double a, double b) { return a != a ? a : a > b ? a : b; }},
    .sum_order = reduction_order, .evaluate = evaluate_reduction, .cases = reduction_cases()};

extern const OpDef op_reduce_min{
    .name = "reduce_min", .doc = "smallest element along an axis; NaN where one is NaN", .op_class = OpClass::reduction, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}}, .infer = infer_reduction, .vjp = extremum_vjp,
    .reduction = ReductionDef{std::numeric_limits<double>::infinity(), double(INT32_MAX),
                              [](scalar::Value a, scalar::Value b) {
                                return a.kind() == scalar::Kind::f32 ? scalar::min(a, b) : scalar::select(a < b, a, b);
                              },
                              [](double a, double b) { return a != a ? a : a < b ? a : b; }},
    .sum_order = reduction_order, .evaluate = evaluate_reduction, .cases = reduction_cases()};

extern const OpDef op_logsumexp{
    .name = "logsumexp", .doc = "log sum e^x along an axis, shifted by the maximum", .op_class = OpClass::reduction, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}},
    .infer = [](const InferContext& c) {
      const Type& x = c.operands[0];
      int axis = checked_axis(c, c.attribute<int64_t>(0), x.shape.rank());
      if (x.dtype != DType::f32) c.fail("wants f32, got " + to_string(x));
      return Type{x.dtype, x.shape.without(axis)};
    },
    // softmax along the axis
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor softmax = exp(c.operands[0] - spread(c.result, c));
      return {softmax * spread(c.cotangent, c)};
    },
    .expand = [](const Node& node, const std::vector<Tensor>& operands) {
      Tensor x = operands[0];
      int axis = int(node.attribute<int64_t>(0));
      std::vector<int64_t> axes;
      for (int a = 0; a < x.rank(); a++)
        if (a != axis) axes.push_back(a);
      Tensor most = reduce_max(x, axis);
      Tensor e = exp(x - broadcast(most, x.shape(), axes));
      return log(reduce_sum(e, axis)) + most;
    },
    .cases = reduction_cases()};

extern const OpDef op_argmax{
    .name = "argmax", .doc = "index of the first largest element along an axis, i32; the last index where one is NaN",
    .op_class = OpClass::reduction, .arity = 1, .attributes = {{"axis", AttributeDef::integer}},
    .infer = [](const InferContext& c) {
      const Type& x = c.operands[0];
      int axis = checked_axis(c, c.attribute<int64_t>(0), x.shape.rank());
      if (x.dtype != DType::f32) c.fail("wants f32, got " + to_string(x));
      if (x.shape[axis].is(0)) c.fail("axis " + std::to_string(axis) + " of " + to_string(x) + " is empty");
      return Type{DType::i32, x.shape.without(axis)};
    },
    .not_differentiable = "an index has no derivative",
    .expand = [](const Node& node, const std::vector<Tensor>& operands) {
      Tensor x = operands[0];
      int axis = int(node.attribute<int64_t>(0));
      std::vector<int64_t> axes;
      for (int a = 0; a < x.rank(); a++)
        if (a != axis) axes.push_back(a);
      GraphBuilder& b = *x.builder;
      Tensor index = b.iota({DType::i32, x.shape()}, axis);
      Dim n = x.shape()[axis];
      Tensor last = n.is_batch ? broadcast_to(b.rows() * double(n.size) - 1.0, x.shape()) : b.constant(double(n.size - 1), index.type());
      return reduce_min(select(equal(x, broadcast(reduce_max(x, axis), x.shape(), axes)), index, last), axis);
    },
    .evaluate = [](EvaluateContext& c) {
      const Array& x = *c.operands[0];
      size_t axis = size_t(c.node.attribute<int64_t>(0));
      int64_t n = x.dims[axis], inner = 1, outer = 1;
      for (size_t a = 0; a < axis; a++) outer *= x.dims[a];
      for (size_t a = axis + 1; a < x.dims.size(); a++) inner *= x.dims[a];
      for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
          int64_t best = 0;
          for (int64_t k = 0; k < n; k++) {
            double v = x.data[(o * n + k) * inner + i];
            if (v != v) { best = n - 1; break; }
            if (v > x.data[(o * n + best) * inner + i]) best = k;
          }
          c.result.data[o * inner + i] = double(best);
        }
    },
    .cases = reduction_cases(false)};

}  // namespace graphc
