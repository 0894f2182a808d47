// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a model to planned kernels. Passes are rows of a table in pipeline.cpp; one runner verifies, times and shows them.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "compiler/plan/schedule.h"
#include "ir/plan.h"

namespace graphc {

struct Pass {
  const char* name;
  const char* doc;
  Graph (*run)(const Graph&);
};
std::span<const Pass> passes();

struct PipelineOptions {
  uint32_t max_rows = 32;
  bool fused = true;  // false: one kernel a node, for the oracle ladder
  uint64_t memory_budget = 0;  // as in plan/plan.h
  AdjustSchedule adjust = {};  // as in plan/plan.h
  bool fixed_rows = false;     // as in plan/plan.h
  // Entries that are wanted; empty: all. A variable that only `init` knows then is left out.
  std::vector<std::string> entries = {};
  // Variables whose first values come from elsewhere: `init` leaves them alone.
  std::vector<std::string> given = {};
  // Called after each stage of the pipeline with its name, the seconds it took and the module as it is then.
  std::function<void(const std::string& name, double seconds, const Module&)> observe = {};
};

// differentiate, attach the optimizer, then every pass on every entry.
Module build_module(const Model& model, const PipelineOptions& options = {});
PlanModule build_plan(const Model& model, const Target& target, const PipelineOptions& options = {});

}  // namespace graphc
