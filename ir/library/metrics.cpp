// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Metrics: scalars, means over all rows, so that those of minibatches average to those of all rows.
#include "ir/library/targets.h"
#include "ir/ops/common.h"

namespace graphc {

using A = ArgumentDef;

extern const CompositeDef composite_accuracy{
    .name = "accuracy", .doc = "share of rows whose largest score is the target's class", .kind = CompositeKind::metric,
    .arguments = {{"scores", A::tensor, "f32[.., classes]"}, {"target", A::tensor, "i32[..] or f32[.., classes]"}},
    .build = [](CompositeContext& c) {
      bool labels = is_class_target(c);
      Tensor y = labels ? c.tensors[1] : argmax(c.tensors[1], -1);
      return mean(cast(equal(argmax(c.tensors[0], -1), y), DType::f32));
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}, {DType::i32, {batch}}}, .smooth = false},
              {.operands = {{DType::f32, {batch, 10}}, {DType::f32, {batch, 10}}}, .smooth = false},
              {.operands = {{DType::f32, {2, 3, 5}}, {DType::i32, {2, 3}}}, .smooth = false},
              {.operands = {{DType::f32, {1}}, {DType::i32, {}}}, .smooth = false},
              {.operands = {{DType::f32, {7, 2}}, {DType::f32, {7, 2}}}, .smooth = false},
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}, {DType::i32, {2, 1, 2, 1}}}, .smooth = false}}};

extern const CompositeDef composite_top_k_accuracy{
    .name = "top_k_accuracy", .doc = "share of rows with fewer than k scores above that of the target's class", .kind = CompositeKind::metric,
    .arguments = {{"scores", A::tensor, "f32[.., classes]"}, {"target", A::tensor, "i32[..] or f32[.., classes]"}, {"k", A::integer, "at least 1", 5}},
    .build = [](CompositeContext& c) {
      bool labels = is_class_target(c);
      if (c.integer("k") < 1) c.fail("k must be at least 1, got " + std::to_string(c.integer("k")));
      Tensor x = c.tensors[0], y = labels ? c.tensors[1] : argmax(c.tensors[1], -1);
      Tensor above = greater(x, broadcast(pick(x, y), x.shape(), leading_axes(x.rank() - 1)));
      Tensor better = reduce_sum(cast(above, DType::f32), -1);
      return mean(cast(less(better, c.number("k")), DType::f32));
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}, {DType::i32, {batch}}}, .smooth = false},
              {.operands = {{DType::f32, {batch, 10}}, {DType::f32, {batch, 10}}}, .smooth = false, .numbers = {{"k", 2}}},
              {.operands = {{DType::f32, {2, 3, 5}}, {DType::i32, {2, 3}}}, .smooth = false, .numbers = {{"k", 3}}},
              {.operands = {{DType::f32, {4}}, {DType::i32, {}}}, .smooth = false, .numbers = {{"k", 1}}},
              {.operands = {{DType::f32, {7, 2}}, {DType::f32, {7, 2}}}, .smooth = false, .numbers = {{"k", 1}}},
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}, {DType::i32, {2, 1, 2, 1}}}, .smooth = false}}};

static Tensor share(Tensor is) { return mean(cast(is, DType::f32)); }

static std::vector<Case> share_cases() {
  std::vector<Case> cases = unary_cases();
  std::erase_if(cases, [](const Case& c) { return c.operands[0].shape.count().size == 0; });
  for (Case& c : cases) c.smooth = false;
  return cases;
}

static void want_float(CompositeContext& c) {
  if (c.tensors[0].dtype() != DType::f32) c.fail("wants f32, got " + to_string(c.tensors[0].type()));
}

extern const CompositeDef composite_zero_share{
    .name = "zero_share", .doc = "share of the elements that are 0, such as inactive ReLUs and pruned weights", .kind = CompositeKind::metric,
    .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) {
      want_float(c);
      return share(equal(c.tensors[0], 0.0));
    },
    .cases = share_cases()};

extern const CompositeDef composite_dead_share{
    .name = "dead_share", .doc = "share of the units (last axis) that are 0 or less in every row of the minibatch: dead ReLUs", .kind = CompositeKind::metric,
    .arguments = {{"x", A::tensor, "f32[batch, .., units]"}},
    .build = [](CompositeContext& c) {
      want_float(c);
      Tensor x = c.tensors[0];
      if (x.rank() < 2) c.fail("wants at least two axes, got " + to_string(x.type()));
      while (x.rank() > 1) x = reduce_max(x, x.rank() - 2);
      return share(less_equal(x, 0.0));
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}}, .smooth = false}, {.operands = {{DType::f32, {1, 4}}}, .smooth = false},
              {.operands = {{DType::f32, {2, 3, 5}}}, .smooth = false}, {.operands = {{DType::f32, {3, 1}}}, .smooth = false},
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}}, .smooth = false}, {.operands = {{DType::f32, {batch, 2, 3}}}, .smooth = false}}};

extern const CompositeDef composite_saturated_share{
    .name = "saturated_share", .doc = "share of the elements outside of (low, high), where a sigmoid or tanh passes little gradient", .kind = CompositeKind::metric,
    .arguments = {{"x", A::tensor, "f32"}, {"low", A::number, "0.01 for a sigmoid, -0.99 for tanh", 0.01}, {"high", A::number, "0.99 for both", 0.99}},
    .build = [](CompositeContext& c) {
      want_float(c);
      Tensor low = less(c.tensors[0], c.number("low")), high = greater(c.tensors[0], c.number("high"));
      return share(bit_or(low, high));
    },
    .cases = share_cases()};

}  // namespace graphc
