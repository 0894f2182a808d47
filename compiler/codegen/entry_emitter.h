// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions behind the ABI: checks, then stages. Internal to codegen.
#pragma once

#include <functional>
#include <string>

#include "ir/plan.h"

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace graphc {

// A graphc_entry named `symbol`. kernel(i): the function of kernel i of the plan.
llvm::Function* emit_entry(llvm::Module& module, const PlanModule& plan, const Plan& entry, const std::string& symbol,
                           const std::function<llvm::Function*(uint32_t)>& kernel, bool hook_every_kernel = false);

}  // namespace graphc
