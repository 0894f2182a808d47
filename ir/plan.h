// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// plan: which kernels run in what order on which bytes. One plan an entry; kernels are shared by all entries of a module.
#pragma once

#include <memory>

#include "ir/loops.h"
#include "ir/module.h"
#include "ir/target.h"

namespace graphc {

// params and state begin with a graphc_head. Hyper values lie in the entry's frame, 4 bytes each.
enum class Region : uint8_t { params, state, input, output, workspace, hyper, constant };
const char* name(Region region);

struct PlanBuffer {
  std::string name;
  Type type;
  Region region = Region::workspace;
  uint64_t offset = 0;  // in its region; of an input or output: its number
  uint64_t bytes = 0;   // at the maximum of rows
  uint32_t first_stage = 0, last_stage = 0;  // of a workspace buffer: written first, read last
  std::vector<double> values = {};           // of a constant
};

struct Launch {
  uint32_t kernel;                 // in PlanModule::kernels
  std::vector<uint32_t> arguments;  // buffers
  std::string label;               // what it computes, for people
  double flops = 0;                // at the maximum of rows
  std::vector<std::string> decisions = {};  // what was fused into it, what not, and why
  std::vector<ValueId> values = {};  // what it computes of the entry's graph; a value may be computed in several launches
};

// Launches of one stage may run at the same time, their tasks in any order.
struct Stage {
  std::vector<Launch> launches;
  bool checks_loss = false;  // before this stage: return 1 where the loss is not finite
};

struct Plan {
  std::string entry;
  std::vector<PlanBuffer> buffers;
  std::vector<Stage> stages;
  std::vector<uint32_t> inputs, outputs;  // buffers, in the order of the ABI
  std::vector<std::string> output_names, hypers;
  uint32_t loss = ~0u;                    // the buffer that is checked, or none
  uint64_t workspace_bytes = 0;
  std::vector<ValueId> cached;            // forward values that the backward reads from memory
};

struct PlacedVariable {
  const Variable* variable;
  Region region;
  uint64_t offset, bytes;
};

struct PlanModule {
  Module module;  // its entries as they were planned: without calls, simplified
  uint32_t max_rows = 1;
  bool fixed_rows = false;  // every call has max_rows rows
  Target target;
  std::vector<PlacedVariable> variables;  // pointers into `module`
  uint64_t params_bytes = 64, state_bytes = 64, workspace_bytes = 0;
  uint64_t fingerprint = 0;
  std::vector<loops::Kernel> kernels;
  std::vector<Plan> plans;

  PlanModule() = default;
  PlanModule(PlanModule&&) = default;
  PlanModule& operator=(PlanModule&&) = default;
  const Plan* plan(const std::string& entry) const;
};

// Which values of an entry the loss and the reported outputs need; the others are of the backward and of updates.
std::vector<bool> forward_values(const Graph& entry);

// The text form, complete: what codegen needs is in it. parse_plan.h shows and reads it.
std::string print(const PlanModule& plan);
std::string print_target(const Target& target);
// One entry: what codegen reads besides the kernels, which stand in it by their names. Equal text, equal kernels: equal code.
std::string print_entry(const PlanModule& plan, const Plan& entry);

// Independent of how the plan was made: tables and numbers, kernels and the elements they reach, overlaps of live buffers
// and within a stage, reads before writes, in-place updates that a later kernel would read, the loss checked before
// anything is updated. Throws InternalError.
void verify(const PlanModule& plan);

}  // namespace graphc
