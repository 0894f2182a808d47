// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The end of a training step: from gradients to new parameters, by way of accumulation, clipping, the optimizer and the average.
#pragma once

#include "ir/composite.h"

namespace graphc {

// A parameter with at least two axes; biases, gammas and betas are none.
bool is_weight(const Variable& variable);

// Appends to b's graph the updates of `trained`, of the optimizer's state, and what is reported. Adds state and run-time numbers
// to `module`.
void update_parameters(GraphBuilder& b, Module& module, const Minimize& loss, const std::vector<Variable>& trained, std::vector<Tensor> gradients);

}  // namespace graphc
