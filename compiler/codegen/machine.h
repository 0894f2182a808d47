// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's side of a target, and the pipeline from IR to machine code. Internal to codegen.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "compiler/codegen/codegen.h"
#include "ir/plan.h"

namespace llvm {
class Target;
class TargetMachine;
class Triple;
class Module;
class LLVMContext;
class Function;
}  // namespace llvm

namespace graphc {

// describe_target.cpp: LLVM's, or a CompileError.
const llvm::Target& lookup_target(const llvm::Triple& triple);

std::shared_ptr<llvm::TargetMachine> target_machine(const Target& target, Relocation relocation = Relocation::of_target);

// Entries of the plan with their kernels, as LLVM IR.
std::unique_ptr<llvm::Module> emit_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan,
                                          const EmitOptions& options);

// For the JIT, which links what was compiled apart: one kernel; one entry, which calls kernels by their symbols.
std::unique_ptr<llvm::Module> emit_kernel_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan,
                                                 uint32_t kernel, const std::string& symbol);
std::unique_ptr<llvm::Module> emit_entry_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan,
                                                const Plan& entry, const std::string& symbol,
                                                const std::map<uint32_t, std::string>& kernel_symbols, bool hook_every_kernel);

// The few passes that pay: see DESIGN 11, compile time.
void run_passes(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace graphc
