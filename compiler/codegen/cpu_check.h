// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace llvm {
class Function;
class Module;
class TargetMachine;
}  // namespace llvm

namespace graphc {

// int32 SYMBOL(void): GRAPHC_OK, or GRAPHC_WRONG_CPU where the machine that it runs on lacks an instruction set of `machine`, or
// its system does not keep the registers. Runs on every machine of the triple. Always GRAPHC_OK where a program cannot ask: other
// machines than x86-64.
llvm::Function* emit_cpu_check(llvm::Module& module, llvm::TargetMachine& machine, const std::string& symbol);

}  // namespace graphc
