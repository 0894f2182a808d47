// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/CompileUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <chrono>
#include <mutex>

#include "compiler/codegen/codegen.h"
#include "compiler/codegen/machine.h"

namespace graphc {

namespace {

template <class T> T expect(llvm::Expected<T> value) {
  if (!value) throw InternalError("jit: " + llvm::toString(value.takeError()));
  return std::move(*value);
}
void expect(llvm::Error error) {
  if (error) throw InternalError("jit: " + llvm::toString(std::move(error)));
}

class LlvmJit : public Jit {
 public:
  LlvmJit(const PlanModule& plan, bool hook_every_kernel)
      : plan_(plan), hook_every_kernel_(hook_every_kernel), machine_(target_machine(plan.target)) {
    llvm::orc::JITTargetMachineBuilder builder{llvm::Triple(plan.target.triple)};
    jit_ = expect(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create());
  }

  graphc_entry entry(const std::string& name) override {
    std::lock_guard lock(mutex_);
    auto [it, is_new] = entries_.try_emplace(name, nullptr);
    if (is_new && plan_.plan(name)) it->second = compile(name);
    return it->second;
  }

  double compile_seconds() const override { return seconds_; }
  uint64_t text_bytes() const override { return text_bytes_; }

 private:
  graphc_entry compile(const std::string& name) {
    auto start = std::chrono::steady_clock::now();
    // Each entry is its own object: what nobody calls is never compiled.
    llvm::LLVMContext context;
    std::string prefix = "jit_" + name;
    auto module = emit_module(context, *machine_, plan_, prefix, {name}, hook_every_kernel_);
    run_passes(*module, *machine_);
    llvm::SmallVector<char, 0> object;
    llvm::raw_svector_ostream stream(object);
    llvm::legacy::PassManager passes;
    llvm::MCContext* mc = nullptr;
    if (machine_->addPassesToEmitMC(passes, mc, stream)) throw InternalError("jit: this target cannot emit code into memory");
    passes.run(*module);
    count_text(object);
    expect(jit_->addObjectFile(std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object), false)));
    auto address = expect(jit_->lookup(prefix + "_entry_" + name));
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return address.toPtr<graphc_entry>();
  }

  // Large code models put text into .ltext: every section that holds code counts.
  void count_text(const llvm::SmallVector<char, 0>& object) {
    auto file = expect(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(llvm::StringRef(object.data(), object.size()), "jit")));
    for (const auto& section : file->sections())
      if (section.isText()) text_bytes_ += section.getSize();
  }

  const PlanModule& plan_;
  bool hook_every_kernel_;
  std::shared_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  std::map<std::string, graphc_entry> entries_;
  std::mutex mutex_;
  double seconds_ = 0;
  uint64_t text_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Jit> Jit::create(const PlanModule& plan, bool hook_every_kernel) {
  return std::make_unique<LlvmJit>(plan, hook_every_kernel);
}

}  // namespace graphc
