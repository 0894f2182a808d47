// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/cpu_check.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>

#include <map>

#include "runtime/abi/graphc_abi.h"

namespace graphc {

using llvm::Value;

namespace {

// Where cpuid shows a feature (Intel SDM 2A, CPUID; AMD APM 3, E.3). `keeps`: bits of XCR0, the registers that the system must keep.
enum Register : uint8_t { eax, ebx, ecx, edx };
struct Feature {
  const char* name;  // LLVM's
  uint32_t leaf;
  Register reg;
  uint8_t bit;
  uint32_t keeps = 0;
};
constexpr uint32_t vectors = 0x06, wide_vectors = 0xE6;
constexpr Feature features[] = {
    {"+sse3", 1, ecx, 0},           {"+ssse3", 1, ecx, 9},           {"+fma", 1, ecx, 12, vectors},
    {"+cx16", 1, ecx, 13},          {"+sse4.1", 1, ecx, 19},         {"+sse4.2", 1, ecx, 20},
    {"+movbe", 1, ecx, 22},         {"+popcnt", 1, ecx, 23},         {"+avx", 1, ecx, 28, vectors},
    {"+f16c", 1, ecx, 29, vectors}, {"+bmi", 7, ebx, 3},             {"+avx2", 7, ebx, 5, vectors},
    {"+bmi2", 7, ebx, 8},           {"+avx512f", 7, ebx, 16, wide_vectors}, {"+avx512dq", 7, ebx, 17, wide_vectors},
    {"+adx", 7, ebx, 19},           {"+avx512ifma", 7, ebx, 21, wide_vectors}, {"+avx512cd", 7, ebx, 28, wide_vectors},
    {"+avx512bw", 7, ebx, 30, wide_vectors}, {"+avx512vl", 7, ebx, 31, wide_vectors}, {"+avx512vbmi", 7, ecx, 1, wide_vectors},
    {"+avx512vbmi2", 7, ecx, 6, wide_vectors}, {"+gfni", 7, ecx, 8}, {"+avx512vnni", 7, ecx, 11, wide_vectors},
    {"+avx512bitalg", 7, ecx, 12, wide_vectors}, {"+avx512vpopcntdq", 7, ecx, 14, wide_vectors}, {"+lzcnt", 0x80000001, ecx, 5},
};
constexpr uint32_t system_keeps_registers = 1u << 27;  // leaf 1, ecx: xgetbv is there

class CpuCheck {
 public:
  CpuCheck(llvm::Module& module, llvm::Function* f) : f_(f), b_(llvm::BasicBlock::Create(module.getContext(), "entry", f)) {}

  void run(const llvm::MCSubtargetInfo& info) {
    std::map<uint32_t, std::map<Register, uint32_t>> wanted;
    uint32_t keeps = 0;
    for (const Feature& feature : features) {
      if (!info.checkFeatures(feature.name)) continue;
      wanted[feature.leaf][feature.reg] |= 1u << feature.bit;
      keeps |= feature.keeps;
    }
    if (keeps) wanted[1][ecx] |= system_keeps_registers;
    for (const auto& [leaf, registers] : wanted) {
      uint32_t range = leaf & 0x80000000;
      if (leaf > range + 1) refuse_if(b_.CreateICmpULT(result(cpuid(range), eax), b_.getInt32(leaf)));
      Value* found = cpuid(leaf);
      for (const auto& [reg, bits] : registers) {
        Value* mask = b_.getInt32(bits);
        refuse_if(b_.CreateICmpNE(b_.CreateAnd(result(found, reg), mask), mask));
      }
      if (leaf == 1 && keeps) refuse_if(b_.CreateICmpNE(b_.CreateAnd(kept(), b_.getInt32(keeps)), b_.getInt32(keeps)));
    }
    b_.CreateRet(b_.getInt32(GRAPHC_OK));
  }

 private:
  void refuse_if(Value* condition) {
    auto refuse = llvm::BasicBlock::Create(b_.getContext(), "refuse", f_), go_on = llvm::BasicBlock::Create(b_.getContext(), "checked", f_);
    b_.CreateCondBr(condition, refuse, go_on);
    b_.SetInsertPoint(refuse);
    b_.CreateRet(b_.getInt32(uint32_t(GRAPHC_WRONG_CPU)));
    b_.SetInsertPoint(go_on);
  }

  Value* cpuid(uint32_t leaf) {
    auto i32 = b_.getInt32Ty();
    auto type = llvm::FunctionType::get(llvm::StructType::get(b_.getContext(), {i32, i32, i32, i32}), {i32, i32}, false);
    auto code = llvm::InlineAsm::get(type, "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}", true);
    return b_.CreateCall(type, code, {b_.getInt32(leaf), b_.getInt32(0)});
  }
  Value* result(Value* found, Register reg) { return b_.CreateExtractValue(found, unsigned(reg)); }

  Value* kept() {
    auto i32 = b_.getInt32Ty();
    auto type = llvm::FunctionType::get(llvm::StructType::get(b_.getContext(), {i32, i32}), {i32}, false);
    auto code = llvm::InlineAsm::get(type, "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}", true);
    return b_.CreateExtractValue(b_.CreateCall(type, code, {b_.getInt32(0)}), 0);
  }

  llvm::Function* f_;
  llvm::IRBuilder<> b_;
};

}  // namespace

llvm::Function* emit_cpu_check(llvm::Module& module, llvm::TargetMachine& machine, const std::string& symbol) {
  auto type = llvm::FunctionType::get(llvm::Type::getInt32Ty(module.getContext()), false);
  auto f = llvm::Function::Create(type, llvm::Function::ExternalLinkage, symbol, module);
  f->addFnAttr(llvm::Attribute::NoUnwind);
  if (machine.getTargetTriple().getArch() != llvm::Triple::x86_64) {
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(module.getContext(), "entry", f));
    b.CreateRet(b.getInt32(GRAPHC_OK));
    return f;
  }
  LLVMInitializeX86AsmParser();  // which the object needs for inline assembly
  f->addFnAttr("target-cpu", "x86-64");
  f->addFnAttr("target-features", "");  // else those of the target machine
  CpuCheck(module, f).run(*machine.getMCSubtargetInfo());
  return f;
}

}  // namespace graphc
