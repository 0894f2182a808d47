// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses and metrics: scalars, means over all rows.
#include "ir/library/targets.h"
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

// mean of the rows' losses, each times its weight where the third tensor gives one.
static Tensor weighted_mean(CompositeContext& c, Tensor losses) {
  if (!c.given(2)) return mean(losses);
  if (c.tensors[2].type() != losses.type())
    c.fail("the weights are " + to_string(c.tensors[2].type()) + ", one a row is wanted: " + to_string(losses.type()));
  return mean(losses * c.tensors[2]);
}

static constexpr const char* weight_doc = "f32[..], a factor for each row's loss; for classes: gather(factors, target)";

extern const CompositeDef composite_cross_entropy{
    .name = "cross_entropy",
    .doc = "mean over rows of weight (log sum e^logits - logits[y]), for class labels or one-hot rows; with label smoothing s the target is (1 - s) y + s / classes (Szegedy et al. 2016)",
    .kind = CompositeKind::loss,
    .arguments = {{"logits", A::tensor, "f32[.., classes]"}, {"target", A::tensor, "i32[..] or f32[.., classes]"},
                  {"weight", A::tensor, weight_doc, {}, nullptr, true}, {"smoothing", A::number, "share of the target spread over all classes, in [0, 1)", 0}},
    .build = [](CompositeContext& c) {
      bool labels = is_class_target(c);
      double smoothing = c.number("smoothing");
      if (!(smoothing >= 0 && smoothing < 1)) c.fail("smoothing must lie in [0, 1), got " + std::to_string(smoothing));
      Tensor x = c.tensors[0], y = c.tensors[1];
      Tensor z = x - broadcast(stop_gradient(reduce_max(x, -1)), x.shape(), leading_axes(x.rank() - 1));
      Tensor log_sum = log(reduce_sum(exp(z), -1));
      Tensor losses = log_sum;
      if (labels) {
        losses = log_sum - pick(z, y);
      } else {
        Tensor weighted = log_sum * reduce_sum(y, -1);
        losses = weighted - reduce_sum(y * z, -1);
      }
      if (smoothing > 0) {
        Tensor kept = losses * (1 - smoothing);
        Tensor spread = log_sum - reduce_sum(z, -1) / double(x.shape().back().size);
        losses = kept + spread * smoothing;
      }
      return weighted_mean(c, losses);
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
              {.operands = {{DType::f32, {2, 1, 2, 1, 4}}, {DType::i32, {2, 1, 2, 1}}}},
              {.operands = {{DType::f32, {batch, 5}}, {DType::i32, {batch}}, {DType::f32, {batch}}}, .numbers = {{"smoothing", 0.1}}},
              {.operands = {{DType::f32, {3, 4}}, {DType::f32, {3, 4}}, {DType::f32, {3}}}, .low = 0.1, .high = 1, .numbers = {{"smoothing", 0.25}}}}};

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

static Tensor difference(CompositeContext& c) {
  Tensor x = c.tensors[0], y = c.tensors[1];
  if (x.type() != y.type() || x.dtype() != DType::f32)
    c.fail("wants two f32 of one shape, got " + to_string(x.type()) + " and " + to_string(y.type()), {"reshape one of them"});
  return x - y;
}

extern const CompositeDef composite_mean_squared_error{
    .name = "mean_squared_error", .doc = "mean over all elements of (prediction - target)^2", .kind = CompositeKind::loss,
    .arguments = {{"prediction", A::tensor, "f32"}, {"target", A::tensor, "f32 of the same shape"}},
    .build = [](CompositeContext& c) {
      Tensor d = difference(c);
      return mean(d * d);
    },
    .cases = binary_mean_cases()};

extern const CompositeDef composite_mean_absolute_error{
    .name = "mean_absolute_error", .doc = "mean over all elements of |prediction - target|; the derivative at 0 is 0", .kind = CompositeKind::loss,
    .arguments = {{"prediction", A::tensor, "f32"}, {"target", A::tensor, "f32 of the same shape"}},
    .build = [](CompositeContext& c) { return mean(abs(difference(c))); },
    .cases = binary_mean_cases()};

extern const CompositeDef composite_sum_of_squares{
    .name = "sum_of_squares", .doc = "sum over all elements of x^2", .kind = CompositeKind::loss, .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) { return sum(c.tensors[0] * c.tensors[0]); },
    .cases = unary_cases()};

}  // namespace graphc
