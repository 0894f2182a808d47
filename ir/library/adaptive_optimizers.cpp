// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers with a learning rate for each element, from averages of its gradients.
#include "ir/composite.h"

namespace graphc {

using A = ArgumentDef;

static ArgumentDef learning_rate(double value) { return A{"learning_rate", A::number, "step size", value}.range(0); }
static const ArgumentDef coupled = A{"weight_decay", A::number, "coupled: gradient + weight_decay p, of weights only", 0}.range(0);
static ArgumentDef inside(double value) { return A{"epsilon", A::number, "inside the root", value}.range(0); }
static ArgumentDef outside(double value) { return A{"epsilon", A::number, "outside of the root", value}.range(0); }
static ArgumentDef rho(double value) { return A{"rho", A::number, "decay of the average of squares", value}.share(); }

static const ArgumentDef beta1 = A{"beta1", A::number, "decay of the first moment", 0.9}.share();
static const ArgumentDef largest = A{"beta2", A::number, "decay of the largest gradient", 0.999}.share();

// average = share average + (1 - share) value
static Tensor averaged(OptimizerContext& c, const char* name, double share, const Tensor& value) {
  Tensor old = c.state(name);
  Tensor kept = old * share;
  Tensor fresh = kept + value * (1 - share);
  c.update(old, fresh);
  return fresh;
}

static Tensor sum_of_squares_so_far(OptimizerContext& c, const Tensor& g, double initial) {
  Tensor old = c.state("sum", initial);
  Tensor fresh = old + g * g;
  c.update(old, fresh);
  return fresh;
}

extern const CompositeDef composite_adagrad{
    .name = "adagrad", .doc = "s += g^2; p -= learning_rate g / (sqrt(s) + epsilon) (Duchi et al. 2011, diagonal; PyTorch's form)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), outside(1e-10), coupled},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      Tensor root = sqrt(sum_of_squares_so_far(c, g, 0)) + c.number("epsilon");
      return c.parameter - g * c.learning_rate() / root;
    }};

extern const CompositeDef composite_adagrad_keras{
    .name = "adagrad_keras", .doc = "s += g^2, s beginning at `initial`; p -= learning_rate g / sqrt(s + epsilon) (Keras's form)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.001), inside(1e-7), A{"initial", A::number, "value of s", 0.1}.range(0), coupled},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      Tensor root = sqrt(sum_of_squares_so_far(c, g, c.number("initial")) + c.number("epsilon"));
      return c.parameter - g * c.learning_rate() / root;
    }};

extern const CompositeDef composite_adadelta{
    .name = "adadelta",
    .doc = "s = rho s + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(s + epsilon); u = rho u + (1 - rho) d^2; p -= learning_rate d (Zeiler 2012, learning_rate 1)",
    .kind = CompositeKind::optimizer, .arguments = {learning_rate(1), rho(0.95), inside(1e-6), coupled},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      double rho = c.number("rho"), epsilon = c.number("epsilon");
      Tensor s = averaged(c, "square", rho, g * g);
      Tensor u = c.state("step");
      Tensor above = sqrt(u + epsilon), below = sqrt(s + epsilon);
      Tensor d = g * (above / below);
      averaged(c, "step", rho, d * d);
      return c.parameter - d * c.learning_rate();
    }};

namespace {

Tensor rmsprop(OptimizerContext& c, bool epsilon_inside) {
  Tensor g = c.decayed_gradient();
  Tensor s = averaged(c, "square", c.number("rho"), g * g);
  Tensor root = epsilon_inside ? sqrt(s + c.number("epsilon")) : sqrt(s) + c.number("epsilon");
  return c.parameter - g * c.learning_rate() / root;
}

}  // namespace

extern const CompositeDef composite_rmsprop{
    .name = "rmsprop", .doc = "s = rho s + (1 - rho) g^2; p -= learning_rate g / sqrt(s + epsilon) (Hinton 2012, lecture 6; Keras's form)",
    .kind = CompositeKind::optimizer, .arguments = {learning_rate(0.001), rho(0.9), inside(1e-7), coupled},
    .build_optimizer = [](OptimizerContext& c) { return rmsprop(c, true); }};
extern const CompositeDef composite_rmsprop_torch{
    .name = "rmsprop_torch", .doc = "s = rho s + (1 - rho) g^2; p -= learning_rate g / (sqrt(s) + epsilon) (PyTorch's form)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), rho(0.99), outside(1e-8), coupled}, .build_optimizer = [](OptimizerContext& c) { return rmsprop(c, false); }};
extern const CompositeDef composite_rmsprop_course{
    .name = "rmsprop_course", .doc = "rmsprop with the numbers of the course's slide: 0.01, 0.9, epsilon 10e-7", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.01), rho(0.9), inside(1e-6), coupled}, .build_optimizer = [](OptimizerContext& c) { return rmsprop(c, true); }};

namespace {

std::vector<ArgumentDef> adam_arguments(double rate, double beta2, ArgumentDef epsilon, ArgumentDef decay) {
  return {learning_rate(rate), beta1, A{"beta2", A::number, "decay of the second moment", beta2}.share(), epsilon, decay};
}

struct Corrections {
  Tensor rate, root;  // learning_rate sqrt(1 - beta2^t) / (1 - beta1^t), and sqrt(1 - beta2^t)
};

Corrections corrections(OptimizerContext& c) {
  Tensor power1 = c.shared("beta1_power", 1, [&](Tensor p) { return p * c.number("beta1"); });
  Tensor power2 = c.shared("beta2_power", 1, [&](Tensor p) { return p * c.number("beta2"); });
  Tensor root = sqrt(1.0 - power2);
  Tensor rate = c.learning_rate() * root;
  return {rate / (1.0 - power1), root};
}

struct AdamMoments {
  Tensor first, second;
};

AdamMoments moments(OptimizerContext& c, const Tensor& g) {
  Tensor m = c.state("m"), v = c.state("v");
  Tensor old_m = m * c.number("beta1"), old_v = v * c.number("beta2");
  Tensor new_m = old_m + g * (1 - c.number("beta1"));
  Tensor new_v = old_v + (g * g) * (1 - c.number("beta2"));
  c.update(m, new_m);
  c.update(v, new_v);
  return {new_m, new_v};
}

// With the bias corrections hoisted into two scalars (section 2 of the paper): a_t = a sqrt(1 - b2^t) / (1 - b1^t), e_t = e sqrt(1 - b2^t).
Tensor adam_step(OptimizerContext& c, const Tensor& g) {
  Corrections by = corrections(c);
  AdamMoments m = moments(c, g);
  Tensor above = by.rate * m.first, deviation = sqrt(m.second);
  return above / (deviation + by.root * c.number("epsilon"));
}

}  // namespace

extern const CompositeDef composite_adam{
    .name = "adam", .doc = "Adam (Kingma & Ba 2015, algorithm 1; their section 2 for the order of operations); PyTorch's form", .kind = CompositeKind::optimizer,
    .arguments = adam_arguments(0.001, 0.999, outside(1e-8), coupled),
    .build_optimizer = [](OptimizerContext& c) { return c.parameter - adam_step(c, c.decayed_gradient()); }};

extern const CompositeDef composite_adam_keras{
    .name = "adam_keras", .doc = "Adam with epsilon added to the root of the uncorrected second moment (Keras's form)", .kind = CompositeKind::optimizer,
    .arguments = adam_arguments(0.001, 0.999, outside(1e-7), coupled),
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      Corrections by = corrections(c);
      AdamMoments m = moments(c, g);
      Tensor above = by.rate * m.first;
      return c.parameter - above / (sqrt(m.second) + c.number("epsilon"));
    }};

extern const CompositeDef composite_adam_course{
    .name = "adam_course",
    .doc = "the course's slide: v and eta as in Adam; p -= learning_rate (v / (1 - beta1)) / sqrt(eta / (1 - beta2) + epsilon), corrected by constants that do not depend on the step",
    .kind = CompositeKind::optimizer, .arguments = adam_arguments(0.01, 0.99, inside(1e-7), coupled),
    .build_optimizer = [](OptimizerContext& c) {
      AdamMoments m = moments(c, c.decayed_gradient());
      Tensor v = m.first * (1 / (1 - c.number("beta1"))), eta = m.second * (1 / (1 - c.number("beta2")));
      Tensor above = c.learning_rate() * v;
      return c.parameter - above / sqrt(eta + c.number("epsilon"));
    }};

extern const CompositeDef composite_adam_uncorrected{
    .name = "adam_uncorrected", .doc = "Adam without bias correction: p -= learning_rate m / (sqrt(v) + epsilon) (the comparison of Kingma & Ba 2015, section 6.4)",
    .kind = CompositeKind::optimizer, .arguments = adam_arguments(0.001, 0.999, outside(1e-8), coupled),
    .build_optimizer = [](OptimizerContext& c) {
      AdamMoments m = moments(c, c.decayed_gradient());
      Tensor above = c.learning_rate() * m.first;
      return c.parameter - above / (sqrt(m.second) + c.number("epsilon"));
    }};

namespace {

// The first moment, corrected, over the largest gradient so far, which fades; `largest` of the faded one and |g|.
Tensor adamax_step(OptimizerContext& c, const Tensor& g, const Tensor& size) {
  Tensor first = averaged(c, "m", c.number("beta1"), g), u = c.state("u");
  Tensor faded = u * c.number("beta2");
  Tensor largest = max(faded, size);
  c.update(u, largest);
  Tensor power = c.shared("beta1_power", 1, [&](Tensor p) { return p * c.number("beta1"); });
  Tensor rate = c.learning_rate() / (1.0 - power);
  // Where every gradient was 0 the paper's quotient is 0 / 0: such an element stays.
  Tensor none = equal(largest, 0.0);
  Tensor below = select(none, zeros_like(largest) + 1.0, largest);
  return rate * first / below;
}

}  // namespace

extern const CompositeDef composite_adamax{
    .name = "adamax", .doc = "m as in Adam; u = max(beta2 u, |g|); p -= learning_rate / (1 - beta1^t) m / u (Kingma & Ba 2015, algorithm 2)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.002), beta1, largest, coupled},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      return c.parameter - adamax_step(c, g, abs(g));
    }};

extern const CompositeDef composite_adamax_torch{
    .name = "adamax_torch", .doc = "adamax with u = max(beta2 u, |g| + epsilon) (PyTorch's form)", .kind = CompositeKind::optimizer,
    .arguments = {learning_rate(0.002), beta1, largest,
                  A{"epsilon", A::number, "added to |g|", 1e-8}.range(0), coupled},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.decayed_gradient();
      return c.parameter - adamax_step(c, g, abs(g) + c.number("epsilon"));
    }};

// The paper's eta_t, by which a schedule multiplies both terms, is the run-time learning rate over the one that was written down.
extern const CompositeDef composite_adamw{
    .name = "adamw",
    .doc = "p -= eta (Adam's step + weight_decay p), decoupled: weight_decay is not multiplied by learning_rate, only by the schedule's factor eta (Loshchilov & Hutter 2019, algorithm 2)",
    .kind = CompositeKind::optimizer,
    .arguments = adam_arguments(0.001, 0.999, outside(1e-8), A{"weight_decay", A::number, "share of a weight lost a step; a hundredth of adamw_torch's is usual", 1e-5}.range(0)),
    .build_optimizer = [](OptimizerContext& c) {
      Tensor step = adam_step(c, c.gradient);
      if (c.weight_decay() == 0) return c.parameter - step;
      Tensor share = c.learning_rate() * (c.weight_decay() / (c.number("learning_rate") == 0 ? 1 : c.number("learning_rate")));
      return c.parameter - (step + c.parameter * share);
    }};

extern const CompositeDef composite_adamw_torch{
    .name = "adamw_torch", .doc = "p -= learning_rate weight_decay p, then Adam's step (PyTorch's and Keras's form: the decay is multiplied by the learning rate)",
    .kind = CompositeKind::optimizer,
    .arguments = adam_arguments(0.001, 0.999, outside(1e-8), A{"weight_decay", A::number, "decoupled, times learning_rate, of weights only", 0.01}.range(0)),
    .build_optimizer = [](OptimizerContext& c) {
      Tensor step = adam_step(c, c.gradient);
      if (c.weight_decay() == 0) return c.parameter - step;
      Tensor kept = c.parameter - c.parameter * (c.learning_rate() * c.weight_decay());
      return kept - step;
    }};

}  // namespace graphc
