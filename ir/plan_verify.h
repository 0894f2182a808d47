// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of verify(PlanModule). Internal to plan_verify*.cpp.
#pragma once

#include <unordered_map>

#include "ir/loops_reach.h"
#include "ir/plan.h"

namespace graphc::plan_check {

// What is checked once for the module.
struct Tables {
  std::vector<std::vector<loops::Reach>> reaches;  // by kernel
  std::map<std::string, const PlacedVariable*> placed;
  std::unordered_map<std::string, const InputSpec*> inputs;
};
Tables check_tables(const PlanModule& m);

// The buffers of an entry and its lists, before any launch is looked at.
void check_buffers(const PlanModule& m, const Tables& tables, const Plan& p);
// Stage by stage: who reads and writes what.
void check_stages(const PlanModule& m, const Tables& tables, const Plan& p);

}  // namespace graphc::plan_check
