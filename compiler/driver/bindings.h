// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the evaluator needs to compute an entry as an instance would.
#pragma once

#include "ir/evaluate.h"
#include "ir/plan.h"
#include "runtime/train/instance.h"

namespace graphc::driver {

// The instance's parameters, state and run-time numbers of an entry; inputs are added by the caller.
Bindings bind(const PlanModule& plan, const std::string& entry, Instance& net, int64_t rows);

// The entry's graph, cut down to its loss.
Graph loss_only(const Graph& entry);

}  // namespace graphc::driver
