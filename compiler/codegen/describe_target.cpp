// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the names of a triple, a CPU and features to a Target; what code could not run on is refused here.
#include <fmt/format.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>

#include "compiler/codegen/machine.h"

namespace graphc {

namespace {

void initialise_host() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

void initialise_all() {
  static std::once_flag once;
  std::call_once(once, [] {
#define GRAPHC_TARGET(NAME) LLVMInitialize##NAME##TargetInfo(), LLVMInitialize##NAME##Target(), LLVMInitialize##NAME##TargetMC(), LLVMInitialize##NAME##AsmPrinter();
    GRAPHC_TARGET(X86) GRAPHC_TARGET(AArch64) GRAPHC_TARGET(ARM) GRAPHC_TARGET(RISCV) GRAPHC_TARGET(WebAssembly)
#undef GRAPHC_TARGET
  });
}

[[noreturn]] void refuse(const std::string& message, const std::string& remedy) {
  throw CompileError(Diagnostic{{}, "target: " + message, {remedy}});
}

constexpr const char* examples = "there are x86, ARM, AArch64, RISC-V and WebAssembly, for example x86_64-linux-gnu, aarch64-linux-gnu, riscv64-linux-gnu, thumbv7em-none-eabihf, wasm32";

std::unique_ptr<llvm::MCSubtargetInfo> subtarget(const llvm::Triple& triple, const std::string& cpu, const std::string& features) {
#if LLVM_VERSION_MAJOR >= 22
  return std::unique_ptr<llvm::MCSubtargetInfo>(lookup_target(triple).createMCSubtargetInfo(triple, cpu, features));
#else
  return std::unique_ptr<llvm::MCSubtargetInfo>(lookup_target(triple).createMCSubtargetInfo(triple.str(), cpu, features));
#endif
}

void check_triple(const llvm::Triple& triple) {
  lookup_target(triple);
  if (!triple.isLittleEndian()) refuse(triple.str() + " is big-endian, and the bytes of parameters and state are little-endian", examples);
  if (triple.isOSWindows() || triple.isUEFI() || triple.isOSBinFormatCOFF())
    refuse(triple.str() + ": objects for Windows are not supported: their large stack frames call __chkstk", "there are ELF (Linux, bare machines), Mach-O and WebAssembly");
  if (!triple.isOSBinFormatELF() && !triple.isOSBinFormatMachO() && !triple.isOSBinFormatWasm()) refuse(triple.str() + ": its object format is none of ELF, Mach-O and WebAssembly", examples);
  if (triple.isX32() || triple.getArch() == llvm::Triple::aarch64_32 || triple.getEnvironment() == llvm::Triple::GNUILP32)
    refuse(triple.str() + " has pointers of 32 bits on a 64-bit CPU", examples);
}

std::vector<std::string> did_you_mean(const std::string& name, const std::string& sign, const std::vector<std::string>& known) {
  std::string near = nearest(name, known);
  return near.empty() ? std::vector<std::string>{} : std::vector{fmt::format("did you mean {}{}?", sign, near)};
}

// What LLVM would only print a warning of.
void check_cpu(const llvm::Triple& triple, const std::string& cpu) {
  auto info = subtarget(triple, "", "");
  if (info->isCPUStringValid(cpu)) return;
  std::vector<std::string> known;
  for (const auto& k : info->getAllProcessorDescriptions()) known.emplace_back(k.Key);
  throw CompileError(Diagnostic{{}, fmt::format("target: {} has no CPU named {}", triple.str(), cpu), did_you_mean(cpu, "", known)});
}

void check_features(const llvm::Triple& triple, const std::string& features) {
  std::vector<std::string> known;
  auto info = subtarget(triple, "", "");
  for (const auto& k : info->getAllProcessorFeatures()) known.emplace_back(k.Key);
  llvm::SmallVector<llvm::StringRef> words;
  llvm::StringRef(features).split(words, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef word : words) {
    bool is_signed = word.starts_with("+") || word.starts_with("-");
    std::string name = word.drop_front(is_signed).str(), sign = word.starts_with("-") ? "-" : "+";
    // Which of them holds is said by the triple; another one makes LLVM end the program.
    if (llvm::StringRef(name).ends_with("-mode") || name == "32bit" || name == "64bit" || name == "big-endian-instructions")
      refuse(fmt::format("{} is decided by the triple, {}", name, triple.str()), "leave it out");
    if (is_signed && std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::vector<std::string> notes = did_you_mean(name, sign, known);
    notes.emplace_back("features are separated by commas, each with + or - before it");
    throw CompileError(Diagnostic{{}, fmt::format("target: {} has no feature '{}'", triple.str(), word.str()), notes});
  }
}

std::string default_cpu(const llvm::Triple& triple) {
  if (triple.getArch() == llvm::Triple::x86_64) return "x86-64-v3";
  if (triple.getArch() == llvm::Triple::x86) return "pentium4";  // the first that has SSE2
  if (triple.isRISCV64()) return "generic-rv64";
  if (triple.isRISCV32()) return "generic-rv32";
  switch (triple.getSubArch()) {
    case llvm::Triple::ARMSubArch_v6m: return "cortex-m0";
    case llvm::Triple::ARMSubArch_v7m: return "cortex-m3";
    case llvm::Triple::ARMSubArch_v7em: return "cortex-m4";
    case llvm::Triple::ARMSubArch_v8m_baseline: return "cortex-m23";
    case llvm::Triple::ARMSubArch_v8m_mainline: return "cortex-m33";
    case llvm::Triple::ARMSubArch_v8_1m_mainline: return "cortex-m55";
    default: break;
  }
  bool is_old = triple.getSubArch() == llvm::Triple::NoSubArch || triple.getSubArch() == llvm::Triple::ARMSubArch_v6;
  if (triple.isARM() && is_old && triple.getEnvironmentName().contains("eabihf")) return "arm1176jzf-s";  // the first of this ABI
  return "generic";
}

// What the emitted code takes for granted; without it LLVM would emit calls of a library, end the program, or compute with more bits.
void check_instructions(const llvm::Triple& triple, const std::string& cpu, const llvm::MCSubtargetInfo& info) {
  auto has = [&](const char* feature) { return info.checkFeatures(feature); };
  std::string who = fmt::format("{}, {}: ", triple.str(), cpu);
  auto no_floats = [&](const std::string& remedy) { refuse(who + "there is no floating-point unit for single precision, which generated code needs", remedy); };
  if (triple.isX86()) {
    if (triple.isArch64Bit() && !has("+64bit")) refuse(fmt::format("the CPU {} has 32 bits, and {} has 64", cpu, triple.str()), "x86-64 and later have 64; a triple of 32 bits is i686-linux-gnu");
    if (!has("+sse2") || has("+soft-float")) refuse(who + "there is no SSE2, in which floats are computed", "every x86-64 has it; of 32 bits, pentium4 and later");
  } else if (triple.isAArch64()) {
    if (!has("+fp-armv8")) no_floats("leave -fp-armv8 out, or name another CPU");
  } else if (triple.isRISCV()) {
    std::string remedy = fmt::format("{} has both, and so has the default, RV{}GC", triple.isArch64Bit() ? "sifive-u74" : "sifive-e76", triple.isArch64Bit() ? 64 : 32);
    if (has(triple.isArch64Bit() ? "+32bit" : "+64bit")) refuse(fmt::format("the CPU {} has another number of bits than {}", cpu, triple.str()), remedy);
    if (has("+e")) refuse(who + "there are only 16 registers (the extension E)", remedy);
    if (!has("+f")) no_floats("the extensions F and M are wanted: " + remedy);
    if (!has("+m")) refuse(who + "there is no integer multiplication and division", "the extensions F and M are wanted: " + remedy);
  } else if (triple.isARM() || triple.isThumb()) {
    if (!has("+vfp2sp") || has("+soft-float"))
      no_floats("name a CPU that has it, for example cortex-m4, cortex-m7 (thumbv7em-none-eabihf), cortex-m33 (thumbv8m.main-none-eabihf), cortex-a7 (armv7-linux-gnueabihf)");
  }
}

// Multiply-adds of 512 bits a cycle: Zen 4 does them in halves (its Software Optimization Guide), Intel's clients have one unit (their
// optimization manual). LLVM's scheduling models say one for some that have two.
int wide_multiply_adds(const std::string& cpu) {
  for (const char* one : {"znver4", "cannonlake", "icelake-client", "tigerlake", "rocketlake"})
    if (cpu == one) return 1;
  return 2;
}

std::string joined(const std::string& a, const std::string& b) { return fmt::format("{}{}{}", a, a.empty() || b.empty() ? "" : ",", b); }

}  // namespace

const llvm::Target& lookup_target(const llvm::Triple& triple) {
  std::string error;
#if LLVM_VERSION_MAJOR >= 21
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple, error);
#else
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple.str(), error);
#endif
  if (!found) refuse(fmt::format("LLVM {} has no target {} here", LLVM_VERSION_STRING, triple.str()), examples);
  return *found;
}

Target describe_target(const std::string& triple_name, const std::string& named_cpu, const std::string& features) {
  Target t;
  llvm::Triple process(llvm::sys::getProcessTriple()), triple(triple_name.empty() ? process : llvm::Triple(llvm::Triple::normalize(triple_name)));
  bool native = named_cpu == "native", host = triple_name.empty() || native;
  if (native && triple.getArch() != process.getArch())
    throw CompileError(Diagnostic{{}, fmt::format("target: native is the CPU of this machine, and the target is {}", triple.str()), {"name one of the target's CPUs"}});
  const std::string cpu = native ? "" : named_cpu;
  host ? initialise_host() : initialise_all();
  check_triple(triple);
  if (!cpu.empty()) check_cpu(triple, cpu);
  if (!features.empty()) check_features(triple, features);
  t.triple = triple.str();
  t.cpu = !cpu.empty() ? cpu : host ? llvm::sys::getHostCPUName().str() : default_cpu(triple);
  t.features = features;
  if (host && cpu.empty()) {  // what was asked for comes last, which counts
    std::string all;
#if LLVM_VERSION_MAJOR >= 19
    for (const auto& f : llvm::sys::getHostCPUFeatures()) all = joined(all, fmt::format("{}{}", f.second ? "+" : "-", f.first().str()));
#endif
    t.features = joined(all, features);
  }
  // No named CPU: what Linux expects, RV64GC and RV32GC.
  if (triple.isRISCV() && !host && t.cpu.starts_with("generic")) t.features = joined("+m,+a,+f,+d,+c", features);
  auto info = subtarget(triple, t.cpu, t.features);
  check_instructions(triple, t.cpu, *info);
  auto has = [&](const char* feature) { return info->checkFeatures(feature); };
  t.pointer_bytes = triple.isArch64Bit() ? 8 : 4;
  if (host) t.l1_bytes = int64_t(cache_bytes(1, uint64_t(t.l1_bytes))), t.l2_bytes = int64_t(cache_bytes(2, uint64_t(t.l2_bytes)));
  if (host) t.threads = int(std::clamp(std::thread::hardware_concurrency(), 1u, 1024u));
  t.vector_floats = 1;
  t.vector_registers = 16;
  if (triple.isX86()) {
    bool wide = has("+avx512f,+avx512vl,+avx512dq,+avx512bw");
    t.vector_floats = wide ? 16 : has("+avx2") ? 8 : 4;
    t.vector_registers = triple.isArch32Bit() ? 8 : wide ? 32 : 16;
    if (wide) t.vector_fmas = wide_multiply_adds(t.cpu);
    t.fma = has("+fma");
    t.masks = has("+avx2");
    // LLVM prefers 256-bit vectors on many AVX-512 CPUs; kernels here are emitted for the width they name.
    if (wide) t.features = joined(t.features, "-prefer-256-bit");
  } else if (triple.isAArch64()) {
    t.vector_floats = has("+neon") ? 4 : 1, t.vector_registers = 32, t.fma = true;
  } else if (triple.isRISCV()) {
    t.vector_floats = 1, t.vector_registers = 32, t.fma = true;
  } else if (triple.isThumb() || triple.isARM()) {
    t.vector_floats = 1, t.vector_registers = 32, t.fma = has("+vfp4d16sp");
    if (has("+neonfp")) t.features = joined(t.features, "-neonfp");  // NEON of 32 bits takes subnormals for zero
  } else if (triple.isWasm()) {
    bool simd = has("+simd128");
    t.vector_floats = simd ? 4 : 1, t.vector_registers = 16;
  }
  return t;
}

}  // namespace graphc
