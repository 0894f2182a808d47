// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/plan/schedule.h"
#include "ir/plan.h"

namespace graphc {

struct PlanOptions {
  bool fused = true;           // false: one kernel a node
  uint64_t memory_budget = 0;  // bytes of workspace that no entry may exceed; 0: as much as is fastest
  AdjustSchedule adjust = {};
  bool fixed_rows = false;     // every call has max_rows rows: kernels with constant bounds, and the same bits
};

// One function of module, target and maximum of rows: fuse -> lower -> order into stages -> place in memory.
// The entries must be free of calls. CompileError where no plan fits the budget; it names the smallest that one fits.
PlanModule plan(const Module& module, const Target& target, uint32_t max_rows, const PlanOptions& options = {});

}  // namespace graphc
