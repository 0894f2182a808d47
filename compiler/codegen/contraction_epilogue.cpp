// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What follows a contraction's sum: for the tile while it is in registers, or from a scratch in L1 where it is long (code
// size is compile time).
#include <llvm/IR/IRBuilder.h>

#include <algorithm>
#include <set>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

// What the body loads row by row, each row many lines from the one before.
std::vector<ExprId> KernelEmitter::far_loads(const Statement& s) const {
  std::set<ExprId> seen;
  std::vector<ExprId> stack, found;
  for (const Statement& t : s.body) stack.push_back(t.value);
  constexpr int64_t line = 16;  // floats
  while (!stack.empty()) {
    ExprId id = stack.back();
    stack.pop_back();
    if (!seen.insert(id).second) continue;
    const Expr& e = k_.exprs[id];
    stack.insert(stack.end(), e.arguments.begin(), e.arguments.end());
    if (e.kind == Expr::load && e.index.dynamic == no_expr && e.index.along(s.n_variable) == 1 && e.index.along(s.variable) >= line) found.push_back(id);
  }
  return found;
}

void KernelEmitter::contract_epilogue(const Statement& s, Value* row, int rows, std::vector<Value*>& sums) {
  size_t columns = chunks_.size();
  result_varies_[s.result] = true;
  double cost = 0;
  for (const Statement& t : s.body) cost += t.value == no_expr ? 0 : weight(k_, t.value);
  if (cost <= 12 || sums.size() <= 2) {
    // Values of several rows before their stores: a narrow row's store would hold up the load of the row behind it.
    size_t stores = s.body.size();
    int together = std::max<int>(1, std::min<int>(rows, int(24 / (columns * stores))));
    for (int first = 0; first < rows; first += together) {
      int last = std::min(rows, first + together);
      std::vector<Value*> values;
      auto at_row = [&](int m) { variables_[s.variable] = m ? b_.CreateAdd(row, integer(m), "", true, true) : row; };
      for (int m = first; m < last; m++) {
        at_row(m);
        results_[s.result].assign(sums.begin() + m * int64_t(columns), sums.begin() + (m + 1) * int64_t(columns));
        known_.emplace_back();
        for (size_t c = 0; c < columns; c++) {
          group_.clear();
          for (const Statement& store : s.body) values.push_back(value(store.value, c));
        }
        known_.pop_back();
      }
      auto next = values.begin();
      for (int m = first; m < last; m++) {
        at_row(m);
        for (size_t c = 0; c < columns; c++)
          for (const Statement& store : s.body) store_value(store, *next++, c);
      }
    }
    group_.clear();
    return;
  }
  // A run of equal registers goes through a scratch to a function, which all tiles share: a long epilogue is emitted
  // once, and its constants do not take the registers of the sums.
  for (size_t c = 0; c < columns;) {
    size_t end = c + 1;
    while (end < columns && chunks_[end].width == chunks_[c].width && chunks_[end].active == chunks_[c].active) end++;
    int64_t run = int64_t(end - c);
    llvm::Type* type = sums[c]->getType();
    Value* scratch = stack_slot(llvm::ArrayType::get(type, uint64_t(run * rows)));
    for (int m = 0; m < rows; m++)
      for (int64_t i = 0; i < run; i++)
        b_.CreateAlignedStore(sums[size_t(m) * columns + c + size_t(i)], b_.CreateConstInBoundsGEP1_64(type, scratch, uint64_t(m * run + i)), llvm::Align(4));
    call_epilogue(s, chunks_[c], run, scratch, row, rows);
    c = end;
  }
}

void KernelEmitter::call_epilogue(const Statement& s, const Chunk& first, int64_t runs, Value* scratch, Value* row, int rows) {
  std::vector<Value*> arguments = buffers_;
  arguments.insert(arguments.end(), {rows_, scratch, row, integer(rows), first.base, integer(runs)});
  for (uint32_t v = 0; v < s.variable; v++) arguments.push_back(variables_[v]);
  b_.CreateCall(epilogue_function(s, first.width, first.active), arguments);
}

// What follows the sums of one register, which may be of another place than what is known here.
void KernelEmitter::epilogue_register(const Statement& s, Value* row, const Chunk& chunk, Value* sum) {
  auto known = known_;
  uint64_t inner = uint64_t{1} << s.variable | uint64_t{1} << s.n_variable | uint64_t{1} << s.k_variable | uint64_t{1} << (32 + s.result);
  for (auto& level : known_) std::erase_if(level, [&](const auto& value) { return value.first.second >= 0 || (dependences_[value.first.first] & inner); });
  variables_[s.variable] = row;
  result_varies_[s.result] = true;
  with_chunks(s.n_variable, {chunk}, [&] {
    results_[s.result] = {sum};
    block(s.body);
  });
  known_ = std::move(known);
}

llvm::Function* KernelEmitter::epilogue_function(const Statement& s, int width, int active) {
  auto [it, is_new] = epilogues_.try_emplace({width, active}, nullptr);
  if (is_new) it->second = KernelEmitter(module_, k_, target_, max_rows_, name_ + "_epilogue" + std::to_string(active)).run_epilogue(s, width, active);
  return it->second;
}

llvm::Function* KernelEmitter::run_epilogue(const Statement& s, int width, int active) {
  std::vector<llvm::Type*> extra{llvm::PointerType::getUnqual(b_.getContext())};
  extra.insert(extra.end(), 4 + s.variable, integer_);
  begin(std::move(extra), name_);
  auto argument = [&](size_t i) { return function_->getArg(unsigned(k_.buffers.size() + 1 + i)); };
  Value *scratch = argument(0), *row = argument(1), *count = argument(2), *column = argument(3), *runs = argument(4);
  for (uint32_t v = 0; v < s.variable; v++) variables_[v] = argument(5 + v);
  result_varies_[s.result] = true;
  hoist({s}, s.variable);
  llvm::Type* type = vector_of(b_.getFloatTy(), width);
  count_loop(integer(0), count, 1, [&](Value* m) {
    Value* first = b_.CreateMul(m, runs, "", true, true);
    count_loop(integer(0), runs, 1, [&](Value* i) {
      Value* sum = b_.CreateAlignedLoad(type, b_.CreateInBoundsGEP(type, scratch, b_.CreateAdd(first, i, "", true, true)), llvm::Align(4));
      Value* base = b_.CreateAdd(column, b_.CreateMul(i, integer(width), "", true, true), "", true, true);
      epilogue_register(s, b_.CreateAdd(row, m, "", true, true), {base, width, active}, sum);
    });
  });
  b_.CreateRetVoid();
  b_.SetInsertPoint(entry_);
  b_.CreateBr(&*std::next(function_->begin()));
  return function_;
}

}  // namespace graphc
