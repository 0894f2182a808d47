// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/plan.h"

namespace graphc {

struct PlanOptions {
  bool fused = true;  // false: one kernel a node
};

// One function of module, target and maximum of rows: fuse -> lower -> order into stages -> place in memory.
// The entries must be free of calls.
PlanModule plan(const Module& module, const Target& target, uint32_t max_rows, const PlanOptions& options = {});

}  // namespace graphc
