// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One planned entry as summary and explain show it: which kernel computes which value, and what goes through memory.
#pragma once

#include <string>
#include <vector>

#include "ir/plan.h"

namespace graphc::driver {

class EntryView {
 public:
  EntryView(const PlanModule& module, const Plan& plan);  // both must outlive it

  const PlanModule& module;
  const Plan& plan;
  const Graph& graph;
  std::vector<const Launch*> kernels;            // in the order in which they run
  std::vector<uint32_t> stage_of;                // of each
  std::vector<bool> live, forward, cached;       // of each value
  std::vector<std::vector<size_t>> computed_in;  // of each value: kernels
  std::vector<bool> in_memory;                   // another kernel reads it, or it is an output or update

  std::string name(ValueId v) const;             // label, or "grad of hidden", or "%7"
  std::string kernel_name(size_t kernel) const;  // "K3"
  bool loss_checked_before(size_t kernel) const;
  std::string beside(size_t kernel) const;       // "K3": the first kernel of its stage, which may run at the same time; else empty
  std::string lifetime(const PlanBuffer& buffer) const;  // of one in the workspace: "K2 to K6", from the first kernel to the last
  std::string expression(ValueId v) const;       // "contract(hidden, logits.weight)"
  uint64_t bytes(ValueId v) const;               // at the maximum of rows
  uint64_t cached_bytes() const;
  double flops() const;                                  // at the maximum of rows
  std::vector<std::string> updates_of(ValueId v) const;  // variables that v replaces
};

}  // namespace graphc::driver
