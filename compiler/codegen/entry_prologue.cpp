// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/entry_prologue.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <bit>
#include <tuple>
#include <utility>

#include "runtime/abi/graphc_abi.h"

namespace graphc {

using llvm::Value;

Value* pointer_of(llvm::IRBuilderBase& b, Value* table, Value* i) { return b.CreateLoad(b.getPtrTy(), b.CreateInBoundsGEP(b.getPtrTy(), table, i)); }

EntryPrologue::EntryPrologue(llvm::IRBuilderBase& b, llvm::Function& f, const PlanModule& m, const Plan& p, const EntryOptions& options)
    : b_(b), f_(f), m_(m), p_(p), options_(options), is_init_(entry_verb(p.entry) == EntryVerb::init) {
  integer_ = b.getIntNTy(unsigned(m.target.pointer_bytes) * 8);
  i32_ = b.getInt32Ty();
  rows_ = is_init_ ? (Value*)b.getInt32(1) : f.getArg(5);
  // Before `init` has asked, it may not run what the machine may lack.
  if (is_init_ && options.check_cpu)
    for (const char* kind : {"target-cpu", "target-features"})
      if (options.check_cpu->hasFnAttribute(kind)) f.addFnAttr(options.check_cpu->getFnAttribute(kind));
}

void EntryPrologue::run(Value* hypers) {
  hypers_ = hypers;
  check();
  copy_hypers();
  if (is_init_) begin_regions();
}

llvm::BasicBlock* EntryPrologue::new_block(const char* name) { return llvm::BasicBlock::Create(b_.getContext(), name, &f_); }

void EntryPrologue::refuse_if(Value* condition, int32_t status) {
  auto refuse = new_block("refuse"), go_on = new_block("checked");
  b_.CreateCondBr(condition, refuse, go_on);
  b_.SetInsertPoint(refuse);
  b_.CreateRet(b_.getInt32(uint32_t(status)));
  b_.SetInsertPoint(go_on);
}

Value* EntryPrologue::word_at(Value* base, uint64_t offset) {
  return b_.CreateAlignedLoad(i32_, b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), base, offset), llvm::Align(4));
}

void EntryPrologue::check() {
  Value *params = f_.getArg(0), *state = f_.getArg(1), *workspace = f_.getArg(2), *inputs = f_.getArg(3), *outputs = f_.getArg(4);
  Value* null = b_.CreateOr(b_.CreateIsNull(params), b_.CreateIsNull(state));
  if (p_.workspace_bytes > 0) null = b_.CreateOr(null, b_.CreateIsNull(workspace));
  if (!p_.inputs.empty()) null = b_.CreateOr(null, b_.CreateIsNull(inputs));
  if (!p_.outputs.empty()) null = b_.CreateOr(null, b_.CreateIsNull(outputs));
  refuse_if(null, GRAPHC_NULL_POINTER);
  null = has_null(inputs, p_.inputs.size());
  null = b_.CreateOr(null, has_null(outputs, p_.outputs.size()));
  if (!p_.inputs.empty() || !p_.outputs.empty()) refuse_if(null, GRAPHC_NULL_POINTER);
  Value* bits = b_.CreateOr(b_.CreatePtrToInt(params, integer_), b_.CreatePtrToInt(state, integer_));
  if (p_.workspace_bytes > 0) bits = b_.CreateOr(bits, b_.CreatePtrToInt(workspace, integer_));
  refuse_if(b_.CreateIsNotNull(b_.CreateAnd(bits, llvm::ConstantInt::get(integer_, GRAPHC_ALIGNMENT - 1))), GRAPHC_MISALIGNED);
  if (is_init_ && options_.check_cpu) refuse_if(b_.CreateIsNotNull(b_.CreateCall(options_.check_cpu)), GRAPHC_WRONG_CPU);
  if (is_init_) return;
  Value* most = b_.getInt32(m_.max_rows);
  refuse_if(m_.fixed_rows ? b_.CreateICmpNE(rows_, most) : b_.CreateICmpUGE(b_.CreateSub(rows_, b_.getInt32(1)), most), GRAPHC_BAD_ROWS);
  // Heads word by word: 32-bit targets have no 64-bit compare to call.
  Value* wrong = b_.getFalse();
  auto expect = [&](Value* base, uint64_t offset, uint32_t word) {
    wrong = b_.CreateOr(wrong, b_.CreateICmpNE(word_at(base, offset), b_.getInt32(word)));
  };
  for (auto [base, magic] : {std::pair{params, GRAPHC_MAGIC_PARAMS}, {state, GRAPHC_MAGIC_STATE}}) {
    expect(base, 0, uint32_t(magic));
    expect(base, 4, uint32_t(magic >> 32));
    expect(base, 8, GRAPHC_ABI_VERSION);
    expect(base, 16, uint32_t(m_.fingerprint));
    expect(base, 20, uint32_t(m_.fingerprint >> 32));
  }
  refuse_if(wrong, GRAPHC_WRONG_MODEL);
  for (size_t i = 0; i < p_.inputs.size(); i++) check_labels(i);
}

// One of `count` pointers is null; a loop where there are many (gradients of a deep model).
Value* EntryPrologue::has_null(Value* pointers, size_t count) {
  constexpr size_t many = 16;
  auto number = [&](size_t i) { return llvm::ConstantInt::get(integer_, i); };
  Value* null = b_.getFalse();
  if (count <= many) {
    for (size_t i = 0; i < count; i++) null = b_.CreateOr(null, b_.CreateIsNull(pointer_of(b_, pointers, number(i))));
    return null;
  }
  auto before = b_.GetInsertBlock(), loop = new_block("pointers"), after = new_block("pointers_end");
  b_.CreateBr(loop);
  b_.SetInsertPoint(loop);
  auto i = b_.CreatePHI(integer_, 2);
  auto so_far = b_.CreatePHI(b_.getInt1Ty(), 2);
  i->addIncoming(number(0), before);
  so_far->addIncoming(null, before);
  Value *now = b_.CreateOr(so_far, b_.CreateIsNull(pointer_of(b_, pointers, i))), *next = b_.CreateAdd(i, number(1));
  i->addIncoming(next, loop);
  so_far->addIncoming(now, loop);
  b_.CreateCondBr(b_.CreateICmpULT(next, number(count)), loop, after);
  b_.SetInsertPoint(after);
  return now;
}

void EntryPrologue::check_labels(size_t input) {
  const PlanBuffer& buffer = p_.buffers[p_.inputs[input]];
  const InputSpec* spec = m_.module.inputs.find(buffer.name);
  if (!spec || spec->classes == 0) return;
  Dim count = buffer.type.shape.count();
  Value* labels = pointer_of(b_, f_.getArg(3), llvm::ConstantInt::get(integer_, input));
  Value* size = count.is_batch ? b_.CreateMul(b_.CreateZExtOrTrunc(rows_, integer_), llvm::ConstantInt::get(integer_, uint64_t(count.size)))
                               : (Value*)llvm::ConstantInt::get(integer_, uint64_t(count.size));
  auto before = b_.GetInsertBlock(), loop = new_block("labels"), after = new_block("labels_end");
  b_.CreateBr(loop);
  b_.SetInsertPoint(loop);
  auto i = b_.CreatePHI(integer_, 2);
  auto bad = b_.CreatePHI(b_.getInt1Ty(), 2);
  i->addIncoming(llvm::ConstantInt::get(integer_, 0), before);
  bad->addIncoming(b_.getFalse(), before);
  Value* label = b_.CreateAlignedLoad(i32_, b_.CreateInBoundsGEP(i32_, labels, i), llvm::Align(4));
  Value* now_bad = b_.CreateOr(bad, b_.CreateICmpUGE(label, b_.getInt32(uint32_t(spec->classes))));
  Value* next = b_.CreateAdd(i, llvm::ConstantInt::get(integer_, 1));
  i->addIncoming(next, loop);
  bad->addIncoming(now_bad, loop);
  b_.CreateCondBr(b_.CreateICmpULT(next, size), loop, after);
  b_.SetInsertPoint(after);
  refuse_if(now_bad, GRAPHC_BAD_LABEL);
}

// The caller's numbers, or the defaults where there is no struct; at the offsets of the table.
void EntryPrologue::copy_hypers() {
  if (p_.hypers.empty()) return;
  Value* given = f_.getArg(6);
  auto caller = new_block("hyper"), defaults = new_block("defaults"), after = new_block("hyper_end");
  b_.CreateCondBr(b_.CreateIsNull(given), defaults, caller);
  b_.SetInsertPoint(caller);
  refuse_if(b_.CreateICmpULT(word_at(given, 0), b_.getInt32(uint32_t(4 + 4 * p_.hypers.size()))), GRAPHC_BAD_HYPER);
  for (size_t h = 0; h < p_.hypers.size(); h++) store_hyper(h, word_at(given, 4 + 4 * h));
  b_.CreateBr(after);
  b_.SetInsertPoint(defaults);
  for (size_t h = 0; h < p_.hypers.size(); h++) {
    const HyperParameter& hyper = *m_.module.hypers.find(p_.hypers[h]);
    uint32_t bits = hyper.dtype == DType::f32 ? std::bit_cast<uint32_t>(float(hyper.value)) : uint32_t(int32_t(hyper.value));
    store_hyper(h, b_.getInt32(bits));
  }
  b_.CreateBr(after);
  b_.SetInsertPoint(after);
}

void EntryPrologue::store_hyper(size_t h, Value* bits) { b_.CreateStore(bits, b_.CreateConstInBoundsGEP1_64(i32_, hypers_, h)); }

// Word by word from `initial`, else zeros; the gaps between tensors too, so that what fwrite saves depends on the values alone.
void EntryPrologue::begin_region(Value* base, uint64_t bytes, Value* initial) {
  auto before = b_.GetInsertBlock(), loop = new_block("begin"), after = new_block("begun");
  b_.CreateBr(loop);
  b_.SetInsertPoint(loop);
  auto i = b_.CreatePHI(integer_, 2);
  i->addIncoming(llvm::ConstantInt::get(integer_, 0), before);
  Value* word = initial ? (Value*)b_.CreateAlignedLoad(i32_, b_.CreateInBoundsGEP(i32_, initial, i), llvm::Align(4)) : b_.getInt32(0);
  b_.CreateAlignedStore(word, b_.CreateInBoundsGEP(i32_, base, i), llvm::Align(4));
  Value* next = b_.CreateAdd(i, llvm::ConstantInt::get(integer_, 1));
  i->addIncoming(next, loop);
  b_.CreateCondBr(b_.CreateICmpULT(next, llvm::ConstantInt::get(integer_, bytes / 4)), loop, after);
  b_.SetInsertPoint(after);
}

void EntryPrologue::begin_regions() {
  begin_region(f_.getArg(0), m_.params_bytes, options_.initial_params);
  begin_region(f_.getArg(1), m_.state_bytes, options_.initial_state);
  for (auto [base, magic, initial] : {std::tuple{f_.getArg(0), GRAPHC_MAGIC_PARAMS, options_.initial_params}, {f_.getArg(1), GRAPHC_MAGIC_STATE, options_.initial_state}}) {
    if (initial) continue;
    uint32_t words[16] = {uint32_t(magic), uint32_t(magic >> 32), GRAPHC_ABI_VERSION, 0, uint32_t(m_.fingerprint), uint32_t(m_.fingerprint >> 32)};
    for (uint64_t w = 0; w < 16; w++)
      b_.CreateAlignedStore(b_.getInt32(words[w]), b_.CreateConstInBoundsGEP1_64(i32_, base, w), llvm::Align(4));
  }
}

// Exponent all ones: infinite or NaN.
void EntryPrologue::check_loss() {
  Value* at = b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), f_.getArg(2), p_.buffers[p_.loss].offset);
  Value* bits = b_.CreateAlignedLoad(i32_, at, llvm::Align(4));
  Value* exponent = b_.CreateAnd(bits, b_.getInt32(0x7F800000));
  refuse_if(b_.CreateICmpEQ(exponent, b_.getInt32(0x7F800000)), GRAPHC_NOT_FINITE);
}

}  // namespace graphc
