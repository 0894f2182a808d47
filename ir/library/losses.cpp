// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses and metrics: scalars, means over all rows.
#include "ir/composite.h"
#include "ir/ops/common.h"

namespace graphc {

using A = ArgumentDef;

// The logits whose softmax `x` is, if it is one.
static std::optional<Tensor> logits_of(const Tensor& x) {
  const Graph& graph = x.builder->current_graph();
  const Node& get = graph[x.builder->captured(x)];
  if (get.op != Op::get) return std::nullopt;
  const Node& call = graph[get.operands[0]];
  if (graph.body(call).composite != "softmax") return std::nullopt;
  return x.builder->tensor(call.operands[0]);
}

// Of two f32 of one shape; none is empty, because the mean of nothing is no number.
static std::vector<Case> binary_mean_cases() {
  std::vector<Case> cases = binary_cases();
  std::erase_if(cases, [](const Case& c) { return c.operands[0].shape.count().size == 0; });
  return cases;
}

static std::vector<int64_t> leading_axes(int rank) {
  std::vector<int64_t> axes;
  for (int a = 0; a < rank; a++) axes.push_back(a);
  return axes;
}

// Is the target a class index per row (i32, one axis less) rather than one-hot rows (f32, same shape)?
static bool is_class_target(CompositeContext& c) {
  Tensor x = c.tensors[0], y = c.tensors[1];
  if (x.dtype() != DType::f32 || x.rank() < 1) c.fail("wants f32[.., classes], got " + to_string(x.type()));
  if (y.dtype() == DType::i32 && y.shape() == x.shape().without(x.rank() - 1)) return true;
  if (y.dtype() == DType::f32 && y.shape() == x.shape()) return false;
  c.fail("the target " + to_string(y.type()) + " does not fit " + to_string(x.type()),
         {"give class labels i32" + to_string(x.shape().without(x.rank() - 1)) + " or one-hot rows f32" + to_string(x.shape())});
}

// x[.., y[..]] without an index: the sum of one element and zeros.
static Tensor pick(Tensor x, Tensor y) {
  Tensor index = x.builder->iota({DType::i32, x.shape()}, x.rank() - 1);
  Tensor hit = equal(index, broadcast(y, x.shape(), leading_axes(y.rank())));
  return reduce_sum(select(hit, x, zeros_like(x)), -1);
}

extern const CompositeDef composite_cross_entropy{
    .name = "cross_entropy", .doc = "mean over rows of log sum e^logits - logits[y], for class labels or one-hot rows",
    .kind = CompositeKind::loss, .arguments = {{"logits", A::tensor, "f32[.., classes]"}, {"target", A::tensor, "i32[..] or f32[.., classes]"}},
    .build = [](CompositeContext& c) {
      bool labels = is_class_target(c);
      Tensor x = c.tensors[0], y = c.tensors[1];
      Tensor z = x - broadcast(stop_gradient(reduce_max(x, -1)), x.shape(), leading_axes(x.rank() - 1));
      Tensor log_sum = log(reduce_sum(exp(z), -1));
      if (labels) return mean(log_sum - pick(z, y));
      Tensor weighted = log_sum * reduce_sum(y, -1);
      return mean(weighted - reduce_sum(y * z, -1));
    },
    .prepare = [](GraphBuilder& b, const Arguments& arguments) -> std::optional<Tensor> {
      if (logits_of(arguments.tensors[0]))
        b.fail("cross_entropy: takes logits, but is given a softmax",
               {"leave the softmax out: cross_entropy(logits, y)", "or use cross_entropy_of_probabilities(softmax(logits), y), which means the same"});
      return std::nullopt;
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}, {DType::i32, {batch}}}},
              {.operands = {{DType::f32, {batch, 10}}, {DType::f32, {batch, 10}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {2, 3, 5}}, {DType::i32, {2, 3}}}},
              {.operands = {{DType::f32, {2}}, {DType::i32, {}}}, .int_high = 2},
              {.operands = {{DType::f32, {1, 7}}, {DType::f32, {1, 7}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}, {DType::i32, {2, 1, 2, 1}}}}}};

extern const CompositeDef composite_cross_entropy_of_probabilities{
    .name = "cross_entropy_of_probabilities", .doc = "mean over rows of -log p[y], for class labels or one-hot rows",
    .kind = CompositeKind::loss, .arguments = {{"probability", A::tensor, "f32[.., classes]"}, {"target", A::tensor, "i32[..] or f32[.., classes]"}},
    .build = [](CompositeContext& c) {
      bool labels = is_class_target(c);
      Tensor p = c.tensors[0], y = c.tensors[1];
      return labels ? mean(-log(pick(p, y))) : mean(-reduce_sum(y * log(p), -1));
    },
    // Of a softmax the stable form is known.
    .prepare = [](GraphBuilder&, const Arguments& arguments) -> std::optional<Tensor> {
      if (auto logits = logits_of(arguments.tensors[0])) return cross_entropy(*logits, arguments.tensors[1]);
      return std::nullopt;
    },
    .cases = {{.operands = {{DType::f32, {batch, 10}}, {DType::i32, {batch}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {batch, 10}}, {DType::f32, {batch, 10}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {2, 3, 5}}, {DType::i32, {2, 3}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {1}}, {DType::i32, {}}}, .low = 0.1, .high = 1, .int_high = 1},
              {.operands = {{DType::f32, {1, 7}}, {DType::f32, {1, 7}}}, .low = 0.1, .high = 1},
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}, {DType::i32, {2, 1, 2, 1}}}, .low = 0.1, .high = 1}}};

extern const CompositeDef composite_binary_cross_entropy{
    .name = "binary_cross_entropy", .doc = "mean of softplus(logits) - target logits, targets in [0, 1]", .kind = CompositeKind::loss,
    .arguments = {{"logits", A::tensor, "f32"}, {"target", A::tensor, "f32 of the same shape"}},
    .build = [](CompositeContext& c) {
      Tensor x = c.tensors[0], y = c.tensors[1];
      if (x.type() != y.type() || x.dtype() != DType::f32)
        c.fail("wants two f32 of one shape, got " + to_string(x.type()) + " and " + to_string(y.type()));
      Tensor s = softplus(x);
      return mean(s - y * x);
    },
    .cases = binary_mean_cases()};

extern const CompositeDef composite_mean_squared_error{
    .name = "mean_squared_error", .doc = "mean over all elements of (prediction - target)^2", .kind = CompositeKind::loss,
    .arguments = {{"prediction", A::tensor, "f32"}, {"target", A::tensor, "f32 of the same shape"}},
    .build = [](CompositeContext& c) {
      Tensor x = c.tensors[0], y = c.tensors[1];
      if (x.type() != y.type() || x.dtype() != DType::f32)
        c.fail("wants two f32 of one shape, got " + to_string(x.type()) + " and " + to_string(y.type()),
               {"reshape one of them"});
      Tensor d = x - y;
      return mean(d * d);
    },
    .cases = binary_mean_cases()};

extern const CompositeDef composite_sum_of_squares{
    .name = "sum_of_squares", .doc = "sum over all elements of x^2", .kind = CompositeKind::loss, .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) { return sum(c.tensors[0] * c.tensors[0]); },
    .cases = unary_cases()};

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

}  // namespace graphc
