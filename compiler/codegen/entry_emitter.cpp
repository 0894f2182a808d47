// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/entry_emitter.h"

#include <fmt/format.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <utility>

#include "compiler/codegen/entry_prologue.h"

namespace graphc {

using llvm::Value;

namespace {

class EntryEmitter {
 public:
  EntryEmitter(llvm::Module& module, const PlanModule& m, const Plan& p, const std::function<llvm::Function*(uint32_t)>& kernel,
               const EntryOptions& options)
      : module_(module), m_(m), p_(p), kernel_(kernel), options_(options), b_(module.getContext()) {
    pointer_ = llvm::PointerType::getUnqual(module.getContext());
    integer_ = b_.getIntNTy(unsigned(m.target.pointer_bytes) * 8);
    i32_ = b_.getInt32Ty();
  }

  llvm::Function* run(const std::string& symbol) {
    auto type = llvm::FunctionType::get(i32_, {pointer_, pointer_, pointer_, pointer_, pointer_, i32_, pointer_, pointer_}, false);
    f_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, symbol, module_);
    f_->addFnAttr(llvm::Attribute::NoUnwind);
    b_.SetInsertPoint(new_block("entry"));
    // params, state, inputs, outputs, workspace, hyper values, rows, the kind of unit, offsets: what a stage needs, on the stack.
    context_type_ = llvm::StructType::get(module_.getContext(), {pointer_, pointer_, pointer_, pointer_, pointer_, pointer_, i32_, i32_, pointer_});
    context_ = b_.CreateAlloca(context_type_);
    hypers_ = b_.CreateAlloca(llvm::ArrayType::get(i32_, std::max<size_t>(p_.hypers.size(), 1)));
    EntryPrologue prologue(b_, *f_, m_, p_, options_);
    prologue.run(hypers_);
    rows_ = prologue.rows();
    Value* fields[] = {f_->getArg(0), f_->getArg(1), f_->getArg(3), f_->getArg(4), f_->getArg(2), hypers_, rows_};
    for (unsigned i = 0; i < 7; i++) b_.CreateStore(fields[i], b_.CreateStructGEP(context_type_, context_, i));
    place_constants(symbol + "_constants");
    find_kinds(symbol + "_stages");
    std::vector<Unit> sequence;
    for (size_t s = 0; s < p_.stages.size(); s++) {
      if (p_.stages[s].checks_loss) {
        run_sequence(std::exchange(sequence, {}));
        prologue.check_loss();
      }
      for (Unit& unit : units(p_.stages[s])) sequence.push_back(std::move(unit));
    }
    run_sequence(sequence);
    b_.CreateRet(b_.getInt32(0));
    return f_;
  }

 private:
  llvm::BasicBlock* new_block(const char* name) { return llvm::BasicBlock::Create(module_.getContext(), name, f_); }

  static std::string bytes_of(const PlanBuffer& constant) {
    std::string bytes;
    auto add = [&](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    for (double v : constant.values) {
      if (constant.type.dtype == DType::f32) add(float(v));
      else if (constant.type.dtype == DType::i32) add(int32_t(v));
      else add(uint8_t(v));
    }
    return bytes;
  }

  // All constants of the entry lie in one block, equal ones once, so that units may differ in them as in what lies in a region.
  void place_constants(const std::string& name) {
    std::map<std::string, uint64_t> known;
    std::string block;
    for (const PlanBuffer& buffer : p_.buffers) {
      offsets_.push_back(buffer.offset);
      if (buffer.region != Region::constant) continue;
      std::string bytes = bytes_of(buffer);
      auto [it, is_new] = known.try_emplace(bytes, 0);
      if (is_new) {
        size_t alignment = bytes.size() > 4 ? 64 : 4;
        block.resize((block.size() + alignment - 1) / alignment * alignment);
        it->second = block.size();
        block += bytes;
      }
      offsets_.back() = it->second;
    }
    if (block.empty()) return;
    auto data = llvm::ConstantDataArray::getString(module_.getContext(), block, /*AddNull=*/false);
    auto global = new llvm::GlobalVariable(module_, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, name);
    global->setAlignment(llvm::Align(block.size() > 4 ? 64 : 4));
    constants_ = global;
  }

  // ---- stages

  // Launches whose tasks are handed out together.
  using Unit = std::vector<const Launch*>;

  // Units that differ in offsets only.
  struct Kind {
    uint32_t number = 0, uses = 0;
    Unit unit = {};  // one of them
  };

  std::vector<Unit> units(const Stage& s) const {
    double work = 0;
    for (const Launch& l : s.launches) work += l.flops;
    // Below this, waiting for another thread costs more than it does.
    constexpr double least_work = 65536;
    bool together = work >= least_work && !options_.hook_every_kernel;
    std::vector<Unit> all;
    for (const Launch& l : s.launches) {
      if (all.empty() || !together) all.emplace_back();
      all.back().push_back(&l);
    }
    return all;
  }

  // Equal for units of one kind.
  std::string signature(const Unit& unit) const {
    std::string text;
    for (const Launch* l : unit) {
      text += fmt::format("|{}", l->kernel);
      for (uint32_t a : l->arguments) text += fmt::format(",{}", int(p_.buffers[a].region));
    }
    return text;
  }

  // The offsets that a shared function reads, in the order of its arguments.
  void add_offsets(const Unit& unit, std::vector<llvm::Constant*>& offsets) {
    for (const Launch* l : unit)
      for (uint32_t a : l->arguments) offsets.push_back(llvm::ConstantInt::get(integer_, offsets_[a]));
  }

  Value* table_of(llvm::Type* element, const std::vector<llvm::Constant*>& values) {
    auto type = llvm::ArrayType::get(element, values.size());
    return new llvm::GlobalVariable(module_, type, true, llvm::GlobalValue::PrivateLinkage, llvm::ConstantArray::get(type, values));
  }

  Value* context_field(Value* context, unsigned i) {
    return b_.CreateLoad(context_type_->getElementType(i), b_.CreateStructGEP(context_type_, context, i));
  }

  // Where the buffers of a region begin; of inputs and outputs, the table of the caller's pointers.
  Value* base_of(Region region, Value* context) {
    switch (region) {
      case Region::params: return context_field(context, 0);
      case Region::state: return context_field(context, 1);
      case Region::input: return context_field(context, 2);
      case Region::output: return context_field(context, 3);
      case Region::workspace: return context_field(context, 4);
      case Region::hyper: return context_field(context, 5);
      case Region::constant: return constants_;
    }
    throw InternalError("codegen: a buffer in no region");
  }

  // Calls the kernel of a launch; `table` and `next`: where its offsets are read from, and which comes next.
  void call_kernel(llvm::Function* f, const Launch& l, Value* task, Value* table, uint64_t& next) {
    std::vector<Value*> arguments;
    for (uint32_t a : l.arguments) {
      Region region = p_.buffers[a].region;
      Value* offset = table ? b_.CreateLoad(integer_, b_.CreateConstInBoundsGEP1_64(integer_, table, next++))
                            : (Value*)llvm::ConstantInt::get(integer_, offsets_[a]);
      Value* base = base_of(region, f->getArg(0));
      bool is_pointer = region == Region::input || region == Region::output;
      arguments.push_back(is_pointer ? pointer_of(b_, base, offset) : b_.CreateInBoundsGEP(b_.getInt8Ty(), base, offset));
    }
    arguments.push_back(context_field(f->getArg(0), 6));
    arguments.push_back(task);
    b_.CreateCall(kernel_(l.kernel), arguments);
    b_.CreateRetVoid();
  }

  // The tasks of one launch come after those of the one before. Returns from the function.
  void run_task(llvm::Function* f, const Kind& kind) {
    auto block = [&] { return llvm::BasicBlock::Create(module_.getContext(), "", f); };
    Value* table = kind.uses > 1 ? context_field(f->getArg(0), 8) : nullptr;
    Value *rows = context_field(f->getArg(0), 6), *task = f->getArg(1);
    uint64_t next = 0;
    for (const Launch* l : kind.unit) {
      if (l == kind.unit.back()) return call_kernel(f, *l, task, table, next);
      Value* own = tasks_of(*l, rows);
      auto call = block(), behind = block();
      b_.CreateCondBr(b_.CreateICmpULT(task, own), call, behind);
      b_.SetInsertPoint(call);
      call_kernel(f, *l, task, table, next);
      b_.SetInsertPoint(behind);
      task = b_.CreateSub(task, own);
    }
  }

  // void stages(context, task, worker): what parallel_for calls, for every kind of unit. One function, because each costs time
  // to compile.
  void find_kinds(const std::string& name) {
    std::vector<const Kind*> kinds;
    for (const Stage& s : p_.stages)
      for (Unit& unit : units(s)) {
        auto [it, is_new] = kinds_.try_emplace(signature(unit));
        it->second.uses++;
        if (!is_new) continue;
        it->second.number = uint32_t(kinds.size());
        it->second.unit = std::move(unit);
        kinds.push_back(&it->second);
      }
    auto type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, i32_, i32_}, false);
    stages_ = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, module_);
    stages_->addFnAttr(llvm::Attribute::NoUnwind);
    auto outer = b_.saveIP();
    auto block = [&] { return llvm::BasicBlock::Create(module_.getContext(), "", stages_); };
    b_.SetInsertPoint(block());
    if (kinds.empty()) b_.CreateRetVoid();
    // The last kind is the default, which so needs no block of its own.
    std::vector<llvm::BasicBlock*> blocks;
    for (size_t k = 0; k < kinds.size(); k++) blocks.push_back(block());
    if (kinds.size() == 1) b_.CreateBr(blocks[0]);
    if (kinds.size() > 1) {
      auto choice = b_.CreateSwitch(context_field(stages_->getArg(0), 7), blocks.back(), unsigned(kinds.size()));
      for (uint32_t k = 0; k + 1 < kinds.size(); k++) choice->addCase(b_.getInt32(k), blocks[k]);
    }
    for (size_t k = 0; k < kinds.size(); k++) {
      b_.SetInsertPoint(blocks[k]);
      run_task(stages_, *kinds[k]);
    }
    b_.restoreIP(outer);
  }

  // How many tasks a launch has, from the rows; a constant where it has one.
  Value* tasks_of(const Launch& l, Value* rows) {
    const loops::Kernel& k = m_.kernels[l.kernel];
    int64_t chunk = k.task_chunk;
    if (!chunk || k.task_extent.at(m_.max_rows) <= chunk) return b_.getInt32(1);
    Value* size = k.task_extent.is_batch ? b_.CreateMul(rows, b_.getInt32(uint32_t(k.task_extent.size))) : (Value*)b_.getInt32(uint32_t(k.task_extent.size));
    return b_.CreateUDiv(b_.CreateAdd(size, b_.getInt32(uint32_t(chunk - 1))), b_.getInt32(uint32_t(chunk)));
  }

  // One after the other; where there are many, a loop over a table, because compiling calls takes time.
  void run_sequence(const std::vector<Unit>& sequence) {
    constexpr size_t many = 64;
    if (sequence.size() > many) return run_table(sequence);
    for (const Unit& unit : sequence) {
      const Kind& kind = kinds_.at(signature(unit));
      std::vector<llvm::Constant*> offsets;
      if (kind.uses > 1) {
        add_offsets(unit, offsets);
        set_offsets(table_of(integer_, offsets));
      }
      run_unit(kind);
    }
  }

  // A row of the table: which kind, and where in the table of all offsets its own begin.
  void run_table(const std::vector<Unit>& sequence) {
    auto before = b_.GetInsertBlock(), loop = new_block("units"), next = new_block("next_unit"), after = new_block("units_end");
    std::vector<llvm::Constant*> offsets, rows;
    std::map<uint32_t, uint32_t> numbers;  // of kinds, in this table
    std::vector<const Kind*> kinds;
    for (const Unit& unit : sequence) {
      const Kind& kind = kinds_.at(signature(unit));
      auto [it, is_new] = numbers.try_emplace(kind.number, uint32_t(kinds.size()));
      if (is_new) kinds.push_back(&kind);
      rows.push_back(b_.getInt32(it->second));
      rows.push_back(b_.getInt32(uint32_t(offsets.size())));
      if (kind.uses > 1) add_offsets(unit, offsets);
    }
    if (offsets.empty()) offsets.push_back(llvm::ConstantInt::get(integer_, 0));
    Value *row_table = table_of(i32_, rows), *offset_table = table_of(integer_, offsets);
    b_.CreateBr(loop);
    b_.SetInsertPoint(loop);
    auto i = b_.CreatePHI(i32_, 2);
    i->addIncoming(b_.getInt32(0), before);
    Value* row = b_.CreateInBoundsGEP(i32_, row_table, b_.CreateZExtOrTrunc(b_.CreateShl(i, b_.getInt32(1)), integer_));
    Value* begin = b_.CreateLoad(i32_, b_.CreateConstInBoundsGEP1_32(i32_, row, 1));
    set_offsets(b_.CreateInBoundsGEP(integer_, offset_table, b_.CreateZExtOrTrunc(begin, integer_)));
    std::vector<llvm::BasicBlock*> blocks;
    for (size_t k = 0; k < kinds.size(); k++) blocks.push_back(new_block("unit"));
    auto choice = b_.CreateSwitch(b_.CreateLoad(i32_, row), blocks.back(), unsigned(kinds.size()));
    for (uint32_t k = 0; k < kinds.size(); k++) {
      if (k + 1 < kinds.size()) choice->addCase(b_.getInt32(k), blocks[k]);
      b_.SetInsertPoint(blocks[k]);
      run_unit(*kinds[k]);
      b_.CreateBr(next);
    }
    b_.SetInsertPoint(next);
    Value* following = b_.CreateAdd(i, b_.getInt32(1));
    i->addIncoming(following, next);
    b_.CreateCondBr(b_.CreateICmpULT(following, b_.getInt32(uint32_t(sequence.size()))), loop, after);
    b_.SetInsertPoint(after);
  }

  void set_offsets(Value* table) { b_.CreateStore(table, b_.CreateStructGEP(context_type_, context_, 8)); }

  void run_unit(const Kind& kind) {
    b_.CreateStore(b_.getInt32(kind.number), b_.CreateStructGEP(context_type_, context_, 7));
    Value* tasks = b_.getInt32(0);
    for (const Launch* l : kind.unit) tasks = b_.CreateAdd(tasks, tasks_of(*l, rows_));
    auto count = llvm::dyn_cast<llvm::ConstantInt>(tasks);
    if (count && count->isOne() && !options_.hook_every_kernel) b_.CreateCall(stages_, {context_, b_.getInt32(0), b_.getInt32(0)});
    else b_.CreateCall(run_stage(), {context_, f_->getArg(7), stages_, tasks, b_.getInt32(work_of(kind.unit))});
  }

  // About how many operations, at the maximum of rows.
  uint32_t work_of(const Unit& unit) const {
    double work = 0;
    for (const Launch* l : unit) {
      const loops::Kernel& k = m_.kernels[l->kernel];
      double tasks = k.task_chunk ? double(k.task_extent.at(m_.max_rows)) / double(k.task_chunk) : 1;  // copies have no operations
      work += std::max(l->flops, (tasks - 1) * loops::task_operations);
    }
    return uint32_t(std::clamp(work, 1.0, 4e9));
  }

  // void run(context, hooks, stage, tasks, work): the hook where there is one, and the work is worth it, else one task after the
  // other.
  llvm::Function* run_stage() {
    if (auto f = module_.getFunction("graphc_run_stage")) return f;
    auto type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, pointer_, pointer_, i32_, i32_}, false);
    auto f = llvm::Function::Create(type, llvm::Function::InternalLinkage, "graphc_run_stage", module_);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    f->addFnAttr(llvm::Attribute::NoInline);
    auto outer = b_.saveIP();
    auto block = [&](const char* name) { return llvm::BasicBlock::Create(module_.getContext(), name, f); };
    auto entry = block("entry"), look = block("look"), ask = block("ask"), compare = block("compare"), hooked = block("hooked"), alone = block("alone"), done = block("done");
    Value *context = f->getArg(0), *hooks = f->getArg(1), *stage = f->getArg(2), *tasks = f->getArg(3);
    auto hooks_type = llvm::StructType::get(module_.getContext(), {i32_, pointer_, i32_, pointer_, i32_});
    auto stage_type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, i32_, i32_}, false);
    auto hook_type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, i32_, pointer_, pointer_}, false);
    b_.SetInsertPoint(entry);
    b_.CreateCondBr(b_.CreateIsNull(hooks), alone, look);
    b_.SetInsertPoint(look);
    Value* parallel_for = b_.CreateLoad(pointer_, b_.CreateStructGEP(hooks_type, hooks, 3));
    b_.CreateCondBr(b_.CreateIsNull(parallel_for), alone, ask);
    b_.SetInsertPoint(ask);
    // A caller's struct may end before least_work.
    b_.CreateCondBr(b_.CreateICmpUGT(b_.CreateLoad(i32_, hooks), b_.getInt32(4 * uint32_t(m_.target.pointer_bytes))), compare, hooked);
    b_.SetInsertPoint(compare);
    b_.CreateCondBr(b_.CreateICmpULT(f->getArg(4), b_.CreateLoad(i32_, b_.CreateStructGEP(hooks_type, hooks, 4))), alone, hooked);
    b_.SetInsertPoint(hooked);
    Value* user = b_.CreateLoad(pointer_, b_.CreateStructGEP(hooks_type, hooks, 1));
    b_.CreateCall(hook_type, parallel_for, {user, tasks, stage, context});
    b_.CreateBr(done);
    b_.SetInsertPoint(alone);
    auto t = b_.CreatePHI(i32_, 4);
    for (auto from : {entry, look, compare}) t->addIncoming(b_.getInt32(0), from);
    b_.CreateCall(stage_type, stage, {context, t, b_.getInt32(0)});
    Value* next = b_.CreateAdd(t, b_.getInt32(1));
    t->addIncoming(next, alone);
    b_.CreateCondBr(b_.CreateICmpULT(next, tasks), alone, done);
    b_.SetInsertPoint(done);
    b_.CreateRetVoid();
    b_.restoreIP(outer);
    return f;
  }

  llvm::Module& module_;
  const PlanModule& m_;
  const Plan& p_;
  const std::function<llvm::Function*(uint32_t)>& kernel_;
  const EntryOptions& options_;
  llvm::IRBuilder<> b_;
  llvm::PointerType* pointer_;
  llvm::Type *integer_, *i32_;
  llvm::StructType* context_type_ = nullptr;
  llvm::Function* f_ = nullptr;
  Value *context_ = nullptr, *hypers_ = nullptr, *rows_ = nullptr;
  std::map<std::string, Kind> kinds_;  // by signature
  llvm::Function* stages_ = nullptr;
  std::vector<uint64_t> offsets_;  // of each buffer: in its region, in the block of constants, or its number among the pointers
  Value* constants_ = nullptr;
};

}  // namespace

llvm::Function* emit_entry(llvm::Module& module, const PlanModule& plan, const Plan& entry, const std::string& symbol,
                           const std::function<llvm::Function*(uint32_t)>& kernel, const EntryOptions& options) {
  return EntryEmitter(module, plan, entry, kernel, options).run(symbol);
}

}  // namespace graphc
