// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions behind the ABI: checks, then stages. Internal to codegen.
#pragma once

#include <functional>
#include <string>

#include "ir/plan.h"

namespace llvm {
class Function;
class GlobalVariable;
class Module;
}  // namespace llvm

namespace graphc {

struct EntryOptions {
  bool hook_every_kernel = false;  // as in codegen.h
  // Of `init`: what it copies first, or null; what it asks whether this machine will do, or null.
  llvm::GlobalVariable *initial_params = nullptr, *initial_state = nullptr;
  llvm::Function* check_cpu = nullptr;
};

// A graphc_entry named `symbol`. kernel(i): the function of kernel i of the plan.
llvm::Function* emit_entry(llvm::Module& module, const PlanModule& plan, const Plan& entry, const std::string& symbol,
                           const std::function<llvm::Function*(uint32_t)>& kernel, const EntryOptions& options);

}  // namespace graphc
