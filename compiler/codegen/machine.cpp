// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/machine.h"

#include <fmt/format.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Scalar.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "compiler/codegen/cpu_check.h"
#include "compiler/codegen/entry_emitter.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

static void initialise_host() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

static void initialise_all() {
  static std::once_flag once;
  std::call_once(once, [] {
#define GRAPHC_TARGET(NAME) LLVMInitialize##NAME##TargetInfo(), LLVMInitialize##NAME##Target(), LLVMInitialize##NAME##TargetMC(), LLVMInitialize##NAME##AsmPrinter();
    GRAPHC_TARGET(X86) GRAPHC_TARGET(AArch64) GRAPHC_TARGET(ARM) GRAPHC_TARGET(RISCV) GRAPHC_TARGET(WebAssembly)
#undef GRAPHC_TARGET
  });
}

std::string llvm_version() { return LLVM_VERSION_STRING; }

static const llvm::Target& lookup(const llvm::Triple& triple, const std::string& given) {
  std::string error;
#if LLVM_VERSION_MAJOR >= 21
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple, error);
#else
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple.str(), error);
#endif
  if (!found)
    throw CompileError(Diagnostic{{}, fmt::format("target: LLVM {} has no target {}", LLVM_VERSION_STRING, given),
                                  {"for example x86_64-linux-gnu, aarch64-linux-gnu, riscv64-linux-gnu, thumbv7em-none-eabihf, wasm32"}});
  return *found;
}

std::shared_ptr<llvm::TargetMachine> target_machine(const Target& t, Relocation wanted) {
  llvm::Triple triple(t.triple);
  const llvm::Target& found = lookup(triple, t.triple);
  llvm::TargetOptions options;
  options.FloatABIType = triple.getEnvironment() == llvm::Triple::EABIHF || triple.getEnvironment() == llvm::Triple::GNUEABIHF ? llvm::FloatABI::Hard : llvm::FloatABI::Default;
  if (wanted == Relocation::pic && triple.isWasm()) throw CompileError(Diagnostic{{}, "target: WebAssembly objects are not position-independent here", {"leave --relocation out"}});
  bool is_fixed = wanted == Relocation::fixed || (wanted == Relocation::of_target && (triple.isWasm() || triple.isThumb()));
  auto relocation = is_fixed ? llvm::Reloc::Static : llvm::Reloc::PIC_;
#if LLVM_VERSION_MAJOR >= 21
  auto machine = found.createTargetMachine(triple, t.cpu, t.features, options, relocation, std::nullopt, llvm::CodeGenOptLevel::Less);
#else
  auto machine = found.createTargetMachine(triple.str(), t.cpu, t.features, options, relocation, std::nullopt, llvm::CodeGenOptLevel::Less);
#endif
  if (!machine) throw CompileError(Diagnostic{{}, "target: LLVM cannot emit code for " + t.triple, {}});
  return std::shared_ptr<llvm::TargetMachine>(machine);
}

static std::string default_cpu(const llvm::Triple& triple) {
  if (triple.getArch() == llvm::Triple::x86_64) return "x86-64-v3";
  if (triple.getArch() == llvm::Triple::x86) return "pentium4";
  if (triple.isRISCV64()) return "generic-rv64";
  if (triple.isRISCV32()) return "generic-rv32";
  switch (triple.getSubArch()) {
    case llvm::Triple::ARMSubArch_v6m: return "cortex-m0";
    case llvm::Triple::ARMSubArch_v7m: return "cortex-m3";
    case llvm::Triple::ARMSubArch_v7em: return "cortex-m4";
    case llvm::Triple::ARMSubArch_v8m_baseline: return "cortex-m23";
    case llvm::Triple::ARMSubArch_v8m_mainline: return "cortex-m33";
    case llvm::Triple::ARMSubArch_v8_1m_mainline: return "cortex-m55";
    default: return "generic";
  }
}

// What LLVM would only print warnings of.
static void check_names(const llvm::Triple& triple, const std::string& cpu, const std::string& features) {
#if LLVM_VERSION_MAJOR >= 22
  std::unique_ptr<llvm::MCSubtargetInfo> info(lookup(triple, triple.str()).createMCSubtargetInfo(triple, "", ""));
#else
  std::unique_ptr<llvm::MCSubtargetInfo> info(lookup(triple, triple.str()).createMCSubtargetInfo(triple.str(), "", ""));
#endif
  if (!cpu.empty() && !info->isCPUStringValid(cpu)) throw CompileError(Diagnostic{{}, fmt::format("target: {} has no CPU named {}", triple.str(), cpu), {}});
  std::vector<std::string> known;
  for (const auto& feature : info->getAllProcessorFeatures()) known.push_back(feature.Key);
  std::string rest = features;
  while (!rest.empty()) {
    size_t comma = std::min(rest.find(','), rest.size());
    std::string feature = rest.substr(0, comma);
    rest.erase(0, comma + 1);
    bool is_signed = feature.starts_with('+') || feature.starts_with('-');
    if (is_signed && std::find(known.begin(), known.end(), feature.substr(1)) != known.end()) continue;
    std::vector<std::string> notes = {"features are separated by commas, each with + or - before it"};
    if (std::string near = nearest(is_signed ? feature.substr(1) : feature, known); !near.empty()) notes.insert(notes.begin(), fmt::format("did you mean {}{}?", feature.starts_with('-') ? '-' : '+', near));
    throw CompileError(Diagnostic{{}, fmt::format("target: {} has no feature '{}'", triple.str(), feature), notes});
  }
}

// What generated code takes for granted.
static void check_machine(const llvm::Triple& triple, const Target& t, const std::function<bool(const char*)>& has) {
  auto refuse = [&](const std::string& why, const std::string& remedy) { throw CompileError(Diagnostic{{}, fmt::format("target: {}, {}: {}", t.triple, t.cpu, why), {remedy}}); };
  if (!triple.isLittleEndian()) refuse("parameters are kept little-endian, and this machine is big-endian", "choose a little-endian triple");
  if (triple.isOSBinFormatCOFF()) refuse("objects for Windows are not supported", "there are ELF (Linux, bare machines), Mach-O and WebAssembly");
  const char* fpu = triple.isX86() ? "+sse2" : triple.isAArch64() ? "+neon" : triple.isRISCV() ? "+f" : triple.isThumb() || triple.isARM() ? "+vfp2sp" : nullptr;
  if (fpu && !has(fpu)) refuse("there is no floating-point unit for single precision, which generated code needs", fmt::format("choose a --cpu that has one, or --features {} where the machine does", fpu));
}

Target describe_target(const std::string& triple_name, const std::string& named_cpu, const std::string& features) {
  Target t;
  llvm::Triple process(llvm::sys::getProcessTriple()), triple(triple_name.empty() ? process : llvm::Triple(llvm::Triple::normalize(triple_name)));
  bool native = named_cpu == "native", host = triple_name.empty() || native;
  if (native && triple.getArch() != process.getArch())
    throw CompileError(Diagnostic{{}, fmt::format("target: native is the CPU of this machine, and the target is {}", triple.str()), {"name one of the target's CPUs"}});
  const std::string cpu = native ? "" : named_cpu;
  host ? initialise_host() : initialise_all();
  check_names(triple, cpu, features);
  t.triple = triple.str();
  t.cpu = !cpu.empty() ? cpu : host ? llvm::sys::getHostCPUName().str() : default_cpu(triple);
  t.features = features;
  if (host && cpu.empty()) {  // what was asked for comes last, which counts
    std::string all;
#if LLVM_VERSION_MAJOR >= 19
    for (const auto& f : llvm::sys::getHostCPUFeatures()) all += fmt::format("{}{},", f.second ? "+" : "-", f.first().str());
#endif
    t.features = all + features;
    if (t.features.ends_with(',')) t.features.pop_back();
  }
  if (triple.isRISCV() && !host && (cpu.empty() || cpu.starts_with("generic"))) t.features = "+m,+a,+f,+d,+c" + (features.empty() ? "" : "," + features);
  auto machine = target_machine(t);
  const llvm::MCSubtargetInfo& info = *machine->getMCSubtargetInfo();
  auto has = [&](const char* feature) { return info.checkFeatures(feature); };
  check_machine(triple, t, has);
  t.pointer_bytes = triple.isArch64Bit() ? 8 : 4;
  if (host) t.l1_bytes = int64_t(cache_bytes(1, uint64_t(t.l1_bytes))), t.l2_bytes = int64_t(cache_bytes(2, uint64_t(t.l2_bytes)));
  if (host) t.threads = int(std::clamp(std::thread::hardware_concurrency(), 1u, 1024u));
  t.vector_floats = 1;
  t.vector_registers = 16;
  if (triple.isX86()) {
    bool wide = has("+avx512f,+avx512vl,+avx512dq,+avx512bw");
    t.vector_floats = wide ? 16 : has("+avx2") ? 8 : 4;
    t.vector_registers = wide ? 32 : 16;
    t.fma = has("+fma");
    t.masks = has("+avx2");
    // LLVM prefers 256-bit vectors on many AVX-512 CPUs; kernels here are emitted for the width they name.
    if (wide) t.features += t.features.empty() ? "-prefer-256-bit" : ",-prefer-256-bit";
  } else if (triple.isAArch64()) {
    t.vector_floats = 4, t.vector_registers = 32, t.fma = true;
  } else if (triple.isRISCV()) {
    t.vector_floats = 1, t.vector_registers = 32, t.fma = has("+f");
  } else if (triple.isThumb() || triple.isARM()) {
    t.vector_floats = 1, t.vector_registers = 32, t.fma = has("+vfp4d16sp");
  } else if (triple.isWasm()) {
    bool simd = has("+simd128");
    t.vector_floats = simd ? 4 : 1, t.vector_registers = 16;
  }
  return t;
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
