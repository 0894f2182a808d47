// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers: a parameter's new value from its gradient. Only the learning rate is a run-time number. Where a paper and the
// frameworks differ (place of epsilon, bias correction, momentum), each form has a name, and the plain name is the paper's.
#include "ir/composite.h"

namespace graphc {

using A = ArgumentDef;

static ArgumentDef learning_rate(double value) { return A{"learning_rate", A::number, "step size", value}.range(0); }
static const ArgumentDef decay = A{"weight_decay", A::number, "coupled: gradient + weight_decay p, of weights only", 0}.range(0);
static ArgumentDef momentum(double value) { return A{"momentum", A::number, "share of the last step kept", value}.share(); }

extern const CompositeDef composite_sgd{
    .name = "sgd", .doc = "g += weight_decay p; v = momentum v + g; p -= learning_rate v (Robbins & Monro 1951; with momentum PyTorch's form)",
    .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), momentum(0), decay},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      if (c.number("momentum") != 0) {
        Tensor v = c.state("velocity");
        g = v * c.number("momentum") + g;
        c.update(v, g);
      }
      return c.parameter - g * c.learning_rate();
    }};

// v = momentum v - learning_rate g, which remembers the rate of its time.
static Tensor new_velocity(OptimizerContext& c, const Tensor& g) {
  Tensor v = c.state("velocity");
  Tensor kept = v * c.number("momentum");
  Tensor fresh = kept - g * c.learning_rate();
  c.update(v, fresh);
  return fresh;
}

extern const CompositeDef composite_momentum{
    .name = "momentum", .doc = "v = momentum v - learning_rate g; p += v (Polyak 1964; the course's slide; Keras's SGD)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), momentum(0.9), decay},
    .build_optimizer = [](OptimizerContext& c) { return c.parameter + new_velocity(c, c.decayed_gradient()); }};

extern const CompositeDef composite_nesterov{
    .name = "nesterov",
    .doc = "v = momentum v - learning_rate g; p += momentum v - learning_rate g (Nesterov 1983 as in Sutskever et al. 2013, p being their look-ahead point; Keras's form)",
    .kind = CompositeKind::optimizer, .arguments = {learning_rate(0.01), momentum(0.9), decay},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      Tensor ahead = new_velocity(c, g) * c.number("momentum");
      return c.parameter + (ahead - g * c.learning_rate());
    }};

extern const CompositeDef composite_nesterov_torch{
    .name = "nesterov_torch", .doc = "v = momentum v + g; p -= learning_rate (g + momentum v) (PyTorch's SGD with nesterov=True)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), momentum(0.9), decay},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient(), v = c.state("velocity");
      Tensor fresh = v * c.number("momentum") + g;
      c.update(v, fresh);
      Tensor direction = g + fresh * c.number("momentum");
      return c.parameter - direction * c.learning_rate();
    }};

extern const CompositeDef composite_sign_sgd{
    .name = "sign_sgd", .doc = "p -= learning_rate sign(g): the gradient's magnitude is thrown away (Bernstein et al. 2018)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.001), decay},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor direction = sign(c.decayed_gradient());
      return c.parameter - direction * c.learning_rate();
    }};

namespace {

// Each element has a step size of its own: more while the gradient keeps its sign, less where it turned.
struct RpropStep {
  Tensor turned, same, size;
};

RpropStep rprop_step(OptimizerContext& c, const Tensor& g, const Tensor& last, const Tensor& old) {
  Tensor product = g * last;
  Tensor turned = less(product, 0.0), same = greater(product, 0.0);
  Tensor grown = min(old * c.number("increase"), c.number("largest"));
  Tensor shrunk = max(old * c.number("decrease"), c.number("smallest"));
  return {turned, same, select(same, grown, select(turned, shrunk, old))};
}

std::vector<ArgumentDef> rprop_arguments() {
  return {A{"learning_rate", A::number, "every element's first step", 0.1}.range(0),
          A{"increase", A::number, "factor while the sign stays", 1.2}.range(1), A{"decrease", A::number, "factor where it turns", 0.5}.range(0, 1),
          A{"smallest", A::number, "step", 1e-6}.range(0), A{"largest", A::number, "step", 50}.range(0)};
}

}  // namespace

extern const CompositeDef composite_rprop{
    .name = "rprop",
    .doc = "p -= size sign(g), where size grows while an element's gradient keeps its sign and shrinks where it turned, and the step before is taken back there (Riedmiller & Braun 1993); for full batches",
    .kind = CompositeKind::optimizer, .arguments = rprop_arguments(),
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.gradient, last = c.state("gradient"), old = c.state("size", c.number("learning_rate")), moved = c.state("step");
      RpropStep s = rprop_step(c, g, last, old);
      Tensor back = -moved, down = -(sign(g) * s.size);
      Tensor step = select(s.turned, back, down);
      c.update(last, select(s.turned, zeros_like(g), g));
      c.update(old, s.size);
      c.update(moved, step);
      return c.parameter + step;
    }};

extern const CompositeDef composite_rprop_torch{
    .name = "rprop_torch", .doc = "rprop without taking steps back: where the gradient turned, the element waits (PyTorch's Rprop)", .kind = CompositeKind::optimizer,
    .arguments = rprop_arguments(),
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.gradient, last = c.state("gradient"), old = c.state("size", c.number("learning_rate"));
      RpropStep s = rprop_step(c, g, last, old);
      Tensor used = select(s.turned, zeros_like(g), g);
      c.update(last, used);
      c.update(old, s.size);
      return c.parameter - sign(used) * s.size;
    }};

}  // namespace graphc
