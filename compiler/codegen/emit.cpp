// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/ADT/SmallString.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/codegen/codegen.h"
#include "compiler/codegen/machine.h"

namespace graphc {

std::string emit(const PlanModule& plan, const std::string& prefix, Emit what) {
  llvm::LLVMContext context;
  auto machine = target_machine(plan.target);
  auto module = emit_module(context, *machine, plan, prefix);
  run_passes(*module, *machine);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (what == Emit::llvm) {
    module->print(stream, nullptr);
    return bytes.str().str();
  }
  llvm::legacy::PassManager passes;
  auto type = what == Emit::assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, type)) throw InternalError("codegen: LLVM cannot emit this file type for " + plan.target.triple);
  passes.run(*module);
  return bytes.str().str();
}

}  // namespace graphc
