// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers: a parameter's new value from its gradient. Only the learning rate is a run-time number.
#include "ir/composite.h"

namespace graphc {

using A = ArgumentDef;

extern const CompositeDef composite_sgd{
    .name = "sgd", .doc = "g += weight_decay p; v = momentum v + g; p -= learning_rate v (Sutskever et al. 2013, PyTorch's form)",
    .kind = CompositeKind::optimizer,
    .arguments = {{"learning_rate", A::number, "step size", 0.01}, {"momentum", A::number, "share of the last step kept", 0},
                  {"weight_decay", A::number, "coupled decay", 0}},
    .build_optimizer = [](OptimizerContext& c) {
      Tensor g = c.gradient;
      if (c.number("weight_decay") != 0) g = g + c.parameter * c.number("weight_decay");
      if (c.number("momentum") != 0) {
        Tensor v = c.state("velocity");
        g = v * c.number("momentum") + g;
        c.update(v, g);
      }
      return c.parameter - g * c.hyper("learning_rate");
    }};

// With the bias corrections hoisted into two scalars: a_t = a sqrt(1 - b2^t) / (1 - b1^t), e_t = e sqrt(1 - b2^t).
extern const CompositeDef composite_adam{
    .name = "adam", .doc = "Adam (Kingma & Ba 2015, algorithm 1; their section 2 for the order of operations)", .kind = CompositeKind::optimizer,
    .arguments = {{"learning_rate", A::number, "step size", 0.001}, {"beta1", A::number, "decay of the first moment", 0.9},
                  {"beta2", A::number, "decay of the second moment", 0.999}, {"epsilon", A::number, "outside of the root", 1e-8}},
    .build_optimizer = [](OptimizerContext& c) {
      double beta1 = c.number("beta1"), beta2 = c.number("beta2");
      Tensor g = c.gradient, m = c.state("m"), v = c.state("v");
      Tensor power1 = c.shared("beta1_power", 1, [&](Tensor p) { return p * beta1; });
      Tensor power2 = c.shared("beta2_power", 1, [&](Tensor p) { return p * beta2; });
      Tensor root = sqrt(1.0 - power2);
      Tensor rate = c.hyper("learning_rate") * root;
      rate = rate / (1.0 - power1);
      Tensor old_m = m * beta1, old_v = v * beta2;
      Tensor new_m = old_m + g * (1 - beta1);
      Tensor new_v = old_v + (g * g) * (1 - beta2);
      c.update(m, new_m);
      c.update(v, new_v);
      Tensor above = rate * new_m, deviation = sqrt(new_v);
      return c.parameter - above / (deviation + root * c.number("epsilon"));
    }};

}  // namespace graphc
