// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A search over the schedules of matrix products on this machine. Speed changes, no bit does.
#pragma once

#include "compiler/compile.h"
#include "compiler/plan/schedule.h"

namespace graphc {

// For PlanOptions::adjust: the fastest schedule that was found for each product of the model. What the user's cache does not
// remember is measured: variants of all products at once, each inside whole training steps (predictions where nothing is
// trained). Takes some seconds. The inputs are random: where
// the loss is not finite for them, the usual schedules stay. `options.target` is this machine.
AdjustSchedule tune(const Model& model, const CompileOptions& options);

// With the schedules that `adjust` makes of the usual ones.
Program compile(const Model& model, const CompileOptions& options, const AdjustSchedule& adjust);

}  // namespace graphc
