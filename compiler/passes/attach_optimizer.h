// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/module.h"

namespace graphc {

// From what the user described to the entries: init; for each minimised loss step, grad and apply (named after the
// step: step_critic, grad_critic, apply_critic); eval; predict where there is an output. Adds the optimizers' state and
// run-time numbers to the tables.
Module attach_optimizer(const Model& model);

}  // namespace graphc
