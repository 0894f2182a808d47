// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/parts.h"

#include <fmt/format.h>
#include <llvm-c/Core.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/codegen/codegen_id.h"
#include "compiler/codegen/machine.h"
#include "compiler/codegen/object_cache.h"

namespace graphc {

// The LLVM that runs may be a later patch than the one whose headers these are.
static std::string generator() {
  unsigned major, minor, patch;
  LLVMGetVersion(&major, &minor, &patch);
  return fmt::format("{} LLVM {}.{}.{}\n", codegen_id, major, minor, patch);
}

// Measured: a contraction takes 8 to 30 ms, two or three times that where it turns an operand; anything else 3 to 9 ms.
static double cost_of(const loops::Block& block) {
  double cost = 0;
  for (const loops::Statement& s : block) {
    if (s.kind == loops::Statement::contract) cost += double(s.tile_m * s.tile_n) * (s.panel ? 2 : 1);
    cost += 30 + cost_of(s.body);
  }
  return cost;
}

EntryParts::EntryParts(const PlanModule& plan, const Plan& entry, bool hook_every_kernel)
    : plan_(plan), entry_(entry), hook_every_kernel_(hook_every_kernel) {
  const std::string who = generator();
  const std::string shared = fmt::format("{}{}\nmax_rows {}\n", who, print_target(plan.target), plan.max_rows);
  std::string calls;
  size_t launches = 0;
  for (const Stage& stage : entry.stages)
    for (const Launch& l : stage.launches) {
      launches++;
      auto [it, is_new] = kernel_symbols_.try_emplace(l.kernel);
      if (!is_new) continue;
      const loops::Kernel& kernel = plan.kernels.at(l.kernel);
      parts_.push_back({ObjectCache::key_of(shared + print(kernel)), l.kernel, cost_of(kernel.body)});
      it->second = parts_.back().symbol();
      calls += kernel.name + " " + it->second + "\n";
    }
  std::string text = fmt::format("{}hook_every_kernel {:d}\n{}{}", who, hook_every_kernel, calls, print_entry(plan, entry));
  parts_.push_back({ObjectCache::key_of(text), std::nullopt, double(100 + 20 * launches)});
}

std::string EntryParts::compile(const Part& part, llvm::TargetMachine& machine) const {
  llvm::LLVMContext context;
  auto module = part.kernel ? emit_kernel_module(context, machine, plan_, *part.kernel, part.symbol())
                            : emit_entry_module(context, machine, plan_, entry_, part.symbol(), kernel_symbols_, hook_every_kernel_);
  run_passes(*module, machine);
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  llvm::MCContext* mc = nullptr;
  if (machine.addPassesToEmitMC(passes, mc, stream, /*DisableVerify=*/true)) throw InternalError("jit: this target cannot emit code into memory");
  passes.run(*module);
  return object.str().str();
}

template <class Use> static void with_object(const std::string& bytes, Use use) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, "part"));
  file ? use(**file) : llvm::consumeError(file.takeError());
}

bool EntryParts::defines(const std::string& object, const std::string& symbol) {
  bool found = false;
  with_object(object, [&](const llvm::object::ObjectFile& file) {
    for (const auto& s : file.symbols()) {
      auto name = s.getName();
      auto flags = s.getFlags();
      found |= name && flags && *name == symbol && !(*flags & llvm::object::SymbolRef::SF_Undefined);
      if (!name) llvm::consumeError(name.takeError());
      if (!flags) llvm::consumeError(flags.takeError());
    }
  });
  return found;
}

// Large code models put text into .ltext: every section that holds code counts.
uint64_t EntryParts::text_bytes(const std::string& object) {
  uint64_t bytes = 0;
  with_object(object, [&](const llvm::object::ObjectFile& file) {
    for (const auto& section : file.sections())
      if (section.isText()) bytes += section.getSize();
  });
  return bytes;
}

}  // namespace graphc
