// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>

#include "compiler/codegen/codegen.h"
#include "compiler/codegen/machine.h"
#include "compiler/codegen/stack_use.h"

namespace graphc {

template <class T> static T expect(llvm::Expected<T> value) {
  if (!value) throw InternalError("codegen: the object cannot be read back: " + llvm::toString(value.takeError()));
  return std::move(*value);
}

// The linker makes them: WebAssembly names the first two in every object, 32-bit x86 the third where it is position-independent.
static bool is_of_linker(llvm::StringRef name) {
  return name == "__stack_pointer" || name == "__indirect_function_table" || name == "_GLOBAL_OFFSET_TABLE_";
}

static void inspect_object(Emitted& result, const Target& target) {
  auto file = expect(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(result.bytes, "object")));
  for (const auto& section : file->sections()) {
    if (section.isText()) result.text_bytes += section.getSize();
    else if (section.isData() && !section.isDebugSection() && !section.isBSS()) result.constant_bytes += section.getSize();
  }
  for (const auto& symbol : file->symbols()) {
    if (!(expect(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)) continue;
    llvm::StringRef name = expect(symbol.getName());
    if (name.empty() || is_of_linker(name)) continue;
    throw CompileError(Diagnostic{{}, fmt::format("target: {}, {}: LLVM calls {} from a library, which an object of graphc does not have",
                                                  target.triple, target.cpu, name.str()),
                                  {"choose a --cpu or --features that have an instruction for it"}});
  }
}

// 32-bit x86 pushes arguments, and a frame's size is without them.
static uint64_t pushed_arguments(const llvm::Module& module) {
  if (llvm::Triple(module.getTargetTriple()).getArch() != llvm::Triple::x86) return 0;
  uint64_t most = 0;
  for (const llvm::Function& f : module) most = std::max<uint64_t>(most, f.arg_size());
  return (most * 4 + 15) / 16 * 16;
}

Emitted emit(const PlanModule& plan, const EmitOptions& options, Emit what) {
  llvm::LLVMContext context;
  auto frames = collect_frame_sizes(context);
  auto machine = target_machine(plan.target, options.relocation);
  auto module = emit_module(context, *machine, plan, options);
  run_passes(*module, *machine);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (what == Emit::llvm) {
    module->print(stream, nullptr);
    return {.bytes = bytes.str().str()};
  }
  llvm::legacy::PassManager passes;
  auto type = what == Emit::assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, type)) throw InternalError("codegen: LLVM cannot emit this file type for " + plan.target.triple);
  passes.run(*module);
  Emitted result{.bytes = bytes.str().str()};
  if (what == Emit::assembly) return result;
  inspect_object(result, plan.target);
  uint64_t slack = plan.target.vector_floats > 4 ? 4 * uint64_t(plan.target.vector_floats) : 0;  // a frame that is aligned for its vectors
  slack += pushed_arguments(*module);
  for (const Plan& p : plan.plans)
    if (const llvm::Function* f = module->getFunction(entry_symbol(options.prefix, p.entry))) result.stack_bytes[p.entry] = deepest_stack(*f, *frames, slack);
  return result;
}

}  // namespace graphc
