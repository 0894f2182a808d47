// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalisations: values less their mean, over their standard deviation, then scaled and shifted by learned gamma and beta.
#include "ir/builder.h"
#include "ir/ops/common.h"

namespace graphc {

using A = ArgumentDef;

namespace {

// The axes over which statistics are taken, and those that stay.
struct Axes {
  std::vector<int64_t> taken, kept;
};

Axes all_but(const Shape& shape, int axis) {
  Axes axes;
  for (int a = 0; a < shape.rank(); a++) (a == axis ? axes.kept : axes.taken).push_back(a);
  return axes;
}

Axes only_last(const Shape& shape) {
  Axes axes;
  for (int a = 0; a + 1 < shape.rank(); a++) axes.kept.push_back(a);
  axes.taken.push_back(shape.rank() - 1);
  return axes;
}

Tensor count(const Tensor& x, const Axes& axes) {
  Dim product{1};
  for (int64_t a : axes.taken) product = {product.size * x.shape()[int(a)].size, product.is_batch || x.shape()[int(a)].is_batch};
  if (!product.is_batch) return x.builder->constant(double(product.size));
  Tensor rows = cast(x.builder->rows(), DType::f32);
  return product.size == 1 ? rows : rows * double(product.size);
}

Tensor mean_over(const Tensor& x, const Axes& axes) {
  Tensor total = reduce_sum(x, axes.taken);
  return total / count(x, axes);
}

struct Moments {
  Tensor mean, variance, centred;
};

Moments moments(const Tensor& x, const Axes& axes) {
  Tensor mean = mean_over(x, axes);
  Tensor centred = x - broadcast(mean, x.shape(), axes.kept);
  return {mean, mean_over(centred * centred, axes), centred};
}

int axis_of(const CompositeContext& c) {
  int64_t axis = c.integer("axis"), rank = c.tensors[0].rank();
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) c.fail("axis " + std::to_string(c.integer("axis")) + " is outside of " + to_string(c.tensors[0].type()));
  return int(axis);
}

void want_float(const CompositeContext& c, int rank) {
  if (c.tensors[0].dtype() != DType::f32) c.fail("wants f32, got " + to_string(c.tensors[0].type()), {"cast it first"});
  if (c.tensors[0].rank() < rank) c.fail("wants at least " + std::to_string(rank) + " axes, got " + to_string(c.tensors[0].type()));
}

double epsilon_of(const CompositeContext& c) {
  if (!(c.number("epsilon") >= 0)) c.fail("epsilon must not be negative");
  return c.number("epsilon");
}

// Gamma and beta, given or made by the layer; absent where it is told so.
struct Affine {
  std::optional<Tensor> gamma, beta;
};

Affine affine_of(CompositeContext& c, Dim features) {
  if (features.is_batch) c.fail("the normalised axis is batch: " + to_string(c.tensors[0].type()));
  auto one = [&](size_t tensor, const char* flag, const char* name, const char* initial) -> std::optional<Tensor> {
    Shape shape{features};
    if (!c.given(tensor)) return c.flag(flag) ? std::optional(c.parameter(name, shape, {initial})) : std::nullopt;
    if (c.tensors[tensor].type() != Type{DType::f32, shape})
      c.fail(std::string(name) + " must be f32" + to_string(shape) + ", got " + to_string(c.tensors[tensor].type()));
    return c.tensors[tensor];
  };
  auto gamma = one(1, "scale", "gamma", "ones");
  return {gamma, one(2, "shift", "beta", "zeros")};
}

Tensor apply_affine(Tensor x, const Affine& affine, int axis) {
  if (affine.gamma) x = x * broadcast(*affine.gamma, x.shape(), {axis});
  return affine.beta ? x + broadcast(*affine.beta, x.shape(), {axis}) : x;
}

std::vector<Case> norm_cases(int tensors) {
  std::vector<Case> cases;
  for (const Shape& shape : {Shape{batch, 3}, Shape{4, 7}, Shape{5, 2}, Shape{3, 2, 4}, Shape{2, 3, 1, 2, 3}, Shape{batch, 2, 3}}) {
    Case c{.operands = {{DType::f32, shape}}};
    for (int t = 1; t < tensors; t++) c.operands.push_back({DType::f32, {shape.back()}});
    // Of few numbers with a small spread, differences are no measure of a derivative.
    c.numbers["epsilon"] = 0.1;
    cases.push_back(std::move(c));
  }
  return cases;
}

}  // namespace

extern const CompositeDef composite_batch_normalize{
    .name = "batch_normalize",
    .doc = "gamma (x - mean) / sqrt(variance + epsilon) + beta, statistics over all axes but one (Ioffe & Szegedy 2015, algorithm 1)",
    .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32"}, {"gamma", A::tensor, "f32[features]"}, {"beta", A::tensor, "f32[features]"},
                  {"axis", A::integer, "of the features", -1}, {"epsilon", A::number, "inside the root", 1e-5}},
    .build = [](CompositeContext& c) {
      want_float(c, 1);
      int axis = axis_of(c);
      for (int t : {1, 2})
        if (c.tensors[size_t(t)].type() != Type{DType::f32, {c.tensors[0].shape()[axis]}})
          c.fail("gamma and beta must be f32" + to_string(Shape{c.tensors[0].shape()[axis]}) + ", got " + to_string(c.tensors[size_t(t)].type()));
      Axes axes = all_but(c.tensors[0].shape(), axis);
      Moments m = moments(c.tensors[0], axes);
      Tensor scale = rsqrt(m.variance + epsilon_of(c));
      Tensor normal = m.centred * broadcast(scale, m.centred.shape(), axes.kept);
      return apply_affine(normal, {c.tensors[1], c.tensors[2]}, axis);
    },
    // dx = gamma scale (g - mean(g) - normal mean(g normal)): two sums over the rows, which are also beta's and gamma's gradients.
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor x = c.operands[0], gamma = c.operands[1], g = *c.cotangents[0];
      int axis = int(c.number("axis"));
      Axes axes = all_but(x.shape(), axis < 0 ? axis + x.rank() : axis);
      auto spread = [&](const Tensor& t) { return broadcast(t, x.shape(), axes.kept); };
      Moments m = moments(x, axes);
      Tensor scale = rsqrt(m.variance + c.number("epsilon"));
      Tensor normal = m.centred * spread(scale);
      Tensor beta_gradient = reduce_sum(g, axes.taken), gamma_gradient = reduce_sum(g * normal, axes.taken);
      Tensor n = count(x, axes);
      Tensor mean_g = beta_gradient / n, mean_gn = gamma_gradient / n;
      Tensor within = g - spread(mean_g);
      Tensor rest = within - normal * spread(mean_gn);
      return {rest * spread(gamma * scale), gamma_gradient, beta_gradient};
    },
    .cases = norm_cases(3)};

extern const CompositeDef composite_batch_norm{
    .name = "batch_norm",
    .doc = "training: batch_normalize with the minibatch's statistics; eval and predict: with LAYER.mean and LAYER.var, running averages of them (Ioffe & Szegedy 2015)",
    .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[batch, .., features]"}, {"gamma", A::tensor, "instead of LAYER.gamma", {}, nullptr, true},
                  {"beta", A::tensor, "instead of LAYER.beta", {}, nullptr, true}, {"axis", A::integer, "of the features; 1 for channels first", -1},
                  {"epsilon", A::number, "inside the root", 1e-5}, {"keras_momentum", A::number, "share of the running averages that a step keeps", 0.9},
                  {"torch_momentum", A::number, "instead: the share that a step replaces, 1 - keras_momentum", -1},
                  {"scale", A::flag, "learn LAYER.gamma", 1}, {"shift", A::flag, "learn LAYER.beta", 1},
                  {"unbiased", A::flag, "LAYER.var averages variance n / (n - 1), as the paper and PyTorch do; Keras: false", 1}},
    .build = [](CompositeContext& c) {
      want_float(c, 2);
      Tensor x = c.tensors[0];
      int axis = axis_of(c);
      if (!x.shape()[0].is_batch || axis == 0) c.fail("wants f32[batch, ..] and another axis of features, got " + to_string(x.type()));
      bool by_torch = c.number("torch_momentum") != -1;
      if (by_torch && c.number("keras_momentum") != 0.9) c.fail("keras_momentum and torch_momentum say the same thing", {"give one of them"});
      double keep = by_torch ? 1 - c.number("torch_momentum") : c.number("keras_momentum");
      if (!(keep >= 0 && keep <= 1)) c.fail("the momentum must lie in [0, 1]");
      Dim features = x.shape()[axis];
      Affine affine = affine_of(c, features);
      Axes axes = all_but(x.shape(), axis);
      auto spread = [&](const Tensor& t) { return broadcast(t, x.shape(), axes.kept); };

      Tensor mean = c.running("mean", {features}, 0), variance = c.running("var", {features}, 1);
      Tensor inverse = rsqrt(variance + epsilon_of(c));
      Tensor in_use = x - spread(mean);
      in_use = in_use * spread(inverse);
      in_use = apply_affine(in_use, affine, axis);

      Moments m = moments(x, axes);
      Tensor of_batch = m.variance;
      if (c.flag("unbiased")) {
        Tensor n = count(x, axes);
        of_batch = of_batch * (n / max(n - 1.0, 1.0));
      }
      Tensor ones = c.b.constant(1, Type{DType::f32, {features}}), zeros = c.b.constant(0, Type{DType::f32, {features}});
      Tensor trained = batch_normalize({x, affine.gamma.value_or(ones), affine.beta.value_or(zeros)}, {{"axis", double(axis)}, {"epsilon", c.number("epsilon")}});
      Tensor kept_mean = mean * keep, kept_variance = variance * keep;
      c.module->update(mean, kept_mean + m.mean * (1 - keep), trained);
      c.module->update(variance, kept_variance + of_batch * (1 - keep), trained);
      return c.module->in_training(trained, in_use);
    }};

extern const CompositeDef composite_standard_score{
    .name = "standard_score", .doc = "(x - mean) / sqrt(variance + epsilon) along the last axis", .kind = CompositeKind::function,
    .arguments = {{"x", A::tensor, "f32[.., features]"}, {"epsilon", A::number, "inside the root", 1e-5}},
    .build = [](CompositeContext& c) {
      want_float(c, 1);
      Axes axes = only_last(c.tensors[0].shape());
      Moments m = moments(c.tensors[0], axes);
      Tensor scale = rsqrt(m.variance + epsilon_of(c));
      return m.centred * broadcast(scale, m.centred.shape(), axes.kept);
    },
    // scale (g - mean(g) - y mean(g y))
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor x = c.operands[0], y = c.results[0], g = *c.cotangents[0];
      Axes axes = only_last(x.shape());
      auto spread = [&](const Tensor& t) { return broadcast(t, x.shape(), axes.kept); };
      Tensor scale = rsqrt(moments(x, axes).variance + c.number("epsilon"));
      Tensor mean_g = mean_over(g, axes), mean_gy = mean_over(g * y, axes);
      Tensor within = g - spread(mean_g);
      Tensor rest = within - y * spread(mean_gy);
      return {rest * spread(scale)};
    },
    .cases = norm_cases(1)};

extern const CompositeDef composite_layer_norm{
    .name = "layer_norm", .doc = "gamma (x - mean) / sqrt(variance + epsilon) + beta, statistics along the last axis (Ba et al. 2016)",
    .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[.., features]"}, {"gamma", A::tensor, "instead of LAYER.gamma", {}, nullptr, true},
                  {"beta", A::tensor, "instead of LAYER.beta", {}, nullptr, true}, {"epsilon", A::number, "inside the root", 1e-5},
                  {"scale", A::flag, "learn LAYER.gamma", 1}, {"shift", A::flag, "learn LAYER.beta", 1}},
    .build = [](CompositeContext& c) {
      want_float(c, 1);
      Tensor x = c.tensors[0];
      epsilon_of(c);
      Affine affine = affine_of(c, x.shape().back());
      return apply_affine(standard_score(x, {{"epsilon", c.number("epsilon")}}), affine, x.rank() - 1);
    }};

extern const CompositeDef composite_rms_norm{
    .name = "rms_norm", .doc = "gamma x / sqrt(mean(x^2) + epsilon) along the last axis (Zhang & Sennrich 2019)", .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[.., features]"}, {"gamma", A::tensor, "instead of LAYER.gamma", {}, nullptr, true},
                  {"epsilon", A::number, "inside the root", 1e-5}, {"scale", A::flag, "learn LAYER.gamma", 1}},
    .build = [](CompositeContext& c) {
      want_float(c, 1);
      Tensor x = c.tensors[0];
      c.numbers["shift"] = 0;
      c.tensors.push_back(Tensor());
      Affine affine = affine_of(c, x.shape().back());
      Axes axes = only_last(x.shape());
      Tensor scale = rsqrt(mean_over(x * x, axes) + epsilon_of(c));
      return apply_affine(x * broadcast(scale, x.shape(), axes.kept), affine, x.rank() - 1);
    }};

extern const CompositeDef composite_group_norm{
    .name = "group_norm",
    .doc = "layer_norm within each of `groups` groups of neighbouring channels, gamma and beta for each channel (Wu & He 2018)",
    .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[batch, channels, ..]"}, {"gamma", A::tensor, "instead of LAYER.gamma", {}, nullptr, true},
                  {"beta", A::tensor, "instead of LAYER.beta", {}, nullptr, true}, {"groups", A::integer, "divides the channels", 32},
                  {"epsilon", A::number, "inside the root", 1e-5}, {"scale", A::flag, "learn LAYER.gamma", 1}, {"shift", A::flag, "learn LAYER.beta", 1}},
    .build = [](CompositeContext& c) {
      want_float(c, 2);
      Tensor x = c.tensors[0];
      Dim channels = x.shape()[1];
      int64_t groups = c.integer("groups"), inner = 1;
      epsilon_of(c);
      Affine affine = affine_of(c, channels);
      if (groups < 1 || channels.size % groups) c.fail(std::to_string(groups) + " groups do not divide " + std::to_string(channels.size) + " channels");
      for (int a = 1; a < x.rank(); a++) {
        if (x.shape()[a].is_batch) c.fail("batch must be the first axis, got " + to_string(x.type()));
        inner *= x.shape()[a].size;
      }
      Tensor grouped = reshape(x, {x.shape()[0], groups, inner / groups});
      Tensor normal = reshape(standard_score(grouped, {{"epsilon", c.number("epsilon")}}), x.shape());
      return apply_affine(normal, affine, 1);
    }};

}  // namespace graphc
