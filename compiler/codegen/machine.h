// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's side of a target, and the pipeline from IR to machine code. Internal to codegen.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "ir/plan.h"

namespace llvm {
class TargetMachine;
class Module;
class LLVMContext;
class Function;
}  // namespace llvm

namespace graphc {

// Position-independent where the target can be linked so.
std::shared_ptr<llvm::TargetMachine> target_machine(const Target& target);

// The entries of the plan that `wanted` names (all where empty), with their kernels, as LLVM IR.
std::unique_ptr<llvm::Module> emit_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan,
                                          const std::string& prefix, const std::set<std::string>& wanted,
                                          bool hook_every_kernel = false);

// The few passes that pay: see DESIGN 11, compile time.
void run_passes(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace graphc
