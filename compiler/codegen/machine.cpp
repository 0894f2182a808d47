// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/machine.h"

#include <fmt/format.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Scalar.h>

#include <algorithm>
#include <map>

#include "compiler/codegen/cpu_check.h"
#include "compiler/codegen/entry_emitter.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

std::string llvm_version() { return LLVM_VERSION_STRING; }

std::shared_ptr<llvm::TargetMachine> target_machine(const Target& t, Relocation wanted) {
  llvm::Triple triple(t.triple);
  const llvm::Target& found = lookup_target(triple);
  llvm::TargetOptions options;
  options.FloatABIType = triple.getEnvironmentName().contains("eabihf") ? llvm::FloatABI::Hard : llvm::FloatABI::Default;
  if (wanted == Relocation::pic && triple.isWasm()) throw CompileError(Diagnostic{{}, "target: WebAssembly objects are not position-independent here", {"leave --relocation out"}});
  bool is_fixed = wanted == Relocation::fixed || (wanted == Relocation::of_target && (triple.isWasm() || (triple.isThumb() && !triple.isOSLinux())));
  auto relocation = is_fixed ? llvm::Reloc::Static : llvm::Reloc::PIC_;
#if LLVM_VERSION_MAJOR >= 21
  auto machine = found.createTargetMachine(triple, t.cpu, t.features, options, relocation, std::nullopt, llvm::CodeGenOptLevel::Less);
#else
  auto machine = found.createTargetMachine(triple.str(), t.cpu, t.features, options, relocation, std::nullopt, llvm::CodeGenOptLevel::Less);
#endif
  if (!machine) throw CompileError(Diagnostic{{}, "target: LLVM cannot emit code for " + t.triple, {}});
  return std::shared_ptr<llvm::TargetMachine>(machine);
}

static std::unique_ptr<llvm::Module> new_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const std::string& name) {
  auto module = std::make_unique<llvm::Module>(name, context);
#if LLVM_VERSION_MAJOR >= 21
  module->setTargetTriple(machine.getTargetTriple());
#else
  module->setTargetTriple(machine.getTargetTriple().str());
#endif
  module->setDataLayout(machine.createDataLayout());
  return module;
}

static std::unique_ptr<llvm::Module> finished(std::unique_ptr<llvm::Module> module, const Target& target) {
  for (llvm::Function& f : *module) {
    if (f.isDeclaration()) continue;
    f.addFnAttr("no-builtins");  // a loop that copies must not become a call of memcpy
    if (f.hasFnAttribute("target-cpu")) continue;  // runs on any machine
    f.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty()) f.addFnAttr("target-features", target.features);
    if (target.vector_floats >= 16) {
      f.addFnAttr("prefer-vector-width", "512");
      f.addFnAttr("min-legal-vector-width", "512");
    }
  }
  std::string errors;
  llvm::raw_string_ostream stream(errors);
  if (llvm::verifyModule(*module, &stream)) throw InternalError("codegen: invalid LLVM IR: " + stream.str());
  return module;
}

static llvm::FunctionType* kernel_type(llvm::LLVMContext& context, const loops::Kernel& kernel) {
  std::vector<llvm::Type*> types(kernel.buffers.size(), llvm::PointerType::getUnqual(context));
  types.resize(types.size() + 2, llvm::Type::getInt32Ty(context));
  return llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
}

static llvm::GlobalVariable* constant_bytes(llvm::Module& module, std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.empty()) return nullptr;
  auto data = llvm::ConstantDataArray::getRaw(llvm::StringRef(reinterpret_cast<const char*>(bytes.data()), bytes.size()), bytes.size(), llvm::Type::getInt8Ty(module.getContext()));
  auto global = new llvm::GlobalVariable(module, data->getType(), true, llvm::GlobalValue::ExternalLinkage, data, name);
  global->setAlignment(llvm::Align(GRAPHC_ALIGNMENT));
  return global;
}

std::unique_ptr<llvm::Module> emit_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan, const EmitOptions& o) {
  auto module = new_module(context, machine, o.prefix);
  std::map<uint32_t, llvm::Function*> kernels;
  auto kernel = [&](uint32_t i) {
    auto [it, is_new] = kernels.try_emplace(i, nullptr);
    if (is_new) it->second = KernelEmitter(*module, plan.kernels[i], plan.target, plan.max_rows, fmt::format("{}_{}", o.prefix, plan.kernels[i].name)).run();
    return it->second;
  };
  EntryOptions options;
  options.initial_params = constant_bytes(*module, o.params, o.prefix + "_initial_params");
  options.initial_state = constant_bytes(*module, o.state, o.prefix + "_initial_state");
  options.check_cpu = emit_cpu_check(*module, machine, o.prefix + "_check_cpu");
  for (const Plan& p : plan.plans) emit_entry(*module, plan, p, entry_symbol(o.prefix, p.entry), kernel, options);
  return finished(std::move(module), plan.target);
}

std::unique_ptr<llvm::Module> emit_kernel_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan, uint32_t kernel,
                                                 const std::string& symbol) {
  auto module = new_module(context, machine, symbol);
  KernelEmitter(*module, plan.kernels[kernel], plan.target, plan.max_rows, symbol).run()->setLinkage(llvm::Function::ExternalLinkage);
  return finished(std::move(module), plan.target);
}

std::unique_ptr<llvm::Module> emit_entry_module(llvm::LLVMContext& context, llvm::TargetMachine& machine, const PlanModule& plan, const Plan& entry,
                                                const std::string& symbol, const std::map<uint32_t, std::string>& kernel_symbols,
                                                bool hook_every_kernel) {
  auto module = new_module(context, machine, symbol);
  auto kernel = [&](uint32_t i) {
    const std::string& name = kernel_symbols.at(i);
    if (llvm::Function* f = module->getFunction(name)) return f;
    llvm::Function* f = llvm::Function::Create(kernel_type(context, plan.kernels[i]), llvm::Function::ExternalLinkage, name, *module);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    f->setDSOLocal(true);
    return f;
  };
  emit_entry(*module, plan, entry, symbol, kernel, {.hook_every_kernel = hook_every_kernel});
  return finished(std::move(module), plan.target);
}

// The old pass manager: the new one takes longer to set up than a small kernel to compile.
void run_passes(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::legacy::PassManager passes;
  passes.add(llvm::createTargetTransformInfoWrapperPass(machine.getTargetIRAnalysis()));
  passes.add(llvm::createEarlyCSEPass(true));
  passes.run(module);
}

}  // namespace graphc
