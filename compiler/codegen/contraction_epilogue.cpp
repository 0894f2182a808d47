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

// Asks for what the body will load for these rows, while the sums still run.
void KernelEmitter::prefetch_epilogue(const Statement& s, Value* row, int rows) {
  std::set<ExprId> seen;
  std::vector<ExprId> stack;
  for (const Statement& t : s.body) stack.push_back(t.value);
  int64_t width = 0;
  for (const Chunk& c : chunks_) width += c.active;
  constexpr int64_t line = 16;  // floats
  while (!stack.empty()) {
    ExprId id = stack.back();
    stack.pop_back();
    if (!seen.insert(id).second) continue;
    const Expr& e = k_.exprs[id];
    stack.insert(stack.end(), e.arguments.begin(), e.arguments.end());
    int64_t distance = e.index.along(s.variable);
    if (e.kind != Expr::load || e.index.dynamic != no_expr || e.index.along(s.n_variable) != 1 || distance < line) continue;
    std::vector<Value*> place = variables_;
    place[s.variable] = row;
    place[s.n_variable] = chunks_[0].base;
    Value* first = address(e.id, element_index(e.index, place));
    for (int m = 0; m < rows; m++)
      for (int64_t at = 0; at < width; at += line)
        b_.CreateIntrinsic(llvm::Intrinsic::prefetch, {first->getType()},
                           {b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), first, uint64_t(m * distance + at)), b_.getInt32(0), b_.getInt32(3), b_.getInt32(1)});
  }
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
    std::vector<Value*> arguments = buffers_;
    arguments.insert(arguments.end(), {rows_, scratch, row, integer(rows), chunks_[c].base, integer(run)});
    for (uint32_t v = 0; v < s.variable; v++) arguments.push_back(variables_[v]);
    b_.CreateCall(epilogue_function(s, chunks_[c].width, chunks_[c].active), arguments);
    c = end;
  }
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
    variables_[s.variable] = b_.CreateAdd(row, m, "", true, true);
    Value* first = b_.CreateMul(m, runs, "", true, true);
    count_loop(integer(0), runs, 1, [&](Value* i) {
      Value* sum = b_.CreateAlignedLoad(type, b_.CreateInBoundsGEP(type, scratch, b_.CreateAdd(first, i, "", true, true)), llvm::Align(4));
      Value* base = b_.CreateAdd(column, b_.CreateMul(i, integer(width), "", true, true), "", true, true);
      with_chunks(s.n_variable, {{base, width, active}}, [&] {
        results_[s.result] = {sum};
        block(s.body);
      });
    });
  });
  b_.CreateRetVoid();
  b_.SetInsertPoint(entry_);
  b_.CreateBr(&*std::next(function_->begin()));
  return function_;
}

}  // namespace graphc
