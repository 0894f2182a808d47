// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The register-tiled contraction: rows x columns of sums stay in registers while k runs; each step loads the columns'
// vectors of b once, broadcasts one element of a for each row, and adds with fma. What follows the sum is emitted for the
// tile while it is in registers, or from a scratch in L1 where it is long (code size is compile time).
#include <llvm/IR/IRBuilder.h>

#include <algorithm>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

static constexpr int64_t block_size = 1024;

// A row may be computed twice, with the same result, unless the epilogue reads what it overwrites.
bool KernelEmitter::rows_may_repeat(const Statement& s) const {
  for (const Statement& t : s.body)
    if (t.kind == Statement::store && reads_written_[t.value]) return false;
  return true;
}

void KernelEmitter::contract(const Statement& s) {
  hoist({s}, s.variable);
  bool masks = masks_fit();
  if (s.n_extent.is_batch) {
    // Columns known at run time only: whole registers, then single columns.
    int64_t width = std::max(1, target_.vector_floats);
    Value *size = extent(s.n_extent), *whole = b_.CreateAnd(size, integer(-width));
    if (width > 1) count_loop(integer(0), whole, width, [&](Value* j) { contract_columns(s, chunks(j, width, masks)); });
    count_loop(width > 1 ? whole : integer(0), size, 1, [&](Value* j) { contract_columns(s, {{j, 1, 1}}); });
    return;
  }
  int64_t n = s.n_extent.size, tiles = n / s.tile_n, rest = n % s.tile_n;
  if (tiles == 1) contract_columns(s, chunks(integer(0), s.tile_n, masks));
  if (tiles > 1) count_loop(integer(0), integer(tiles * s.tile_n), s.tile_n, [&](Value* j) { contract_columns(s, chunks(j, s.tile_n, masks)); });
  if (rest) contract_columns(s, chunks(integer(tiles * s.tile_n), rest, masks));
}

void KernelEmitter::contract_columns(const Statement& s, const std::vector<Chunk>& list) {
  Bounds range = bounds(s.variable, s.extent);
  with_chunks(s.n_variable, list, [&] {
    int rows = s.tile_m;
    auto tile = [&](Value* i, int count) {
      known_.emplace_back();
      contract_tile(s, i, count);
      known_.pop_back();
    };
    if (range.known >= 0 && (range.known % rows == 0 || !rows_may_repeat(s) || range.known < rows)) {
      int64_t whole = range.known / rows * rows, rest = range.known % rows;
      Value* stop = b_.CreateAdd(range.low, integer(whole), "", true, true);
      if (whole) count_loop(range.low, stop, rows, [&](Value* i) { tile(i, rows); });
      if (rest) tile(stop, int(rest));
      return;
    }
    if (rows == 1 || !rows_may_repeat(s)) {
      Value *length = b_.CreateSub(range.high, range.low), *rest = b_.CreateURem(length, integer(rows));
      Value* stop = b_.CreateSub(range.high, rest, "", true, true);
      count_loop(range.low, stop, rows, [&](Value* i) { tile(i, rows); });
      if (rows > 1) count_loop(stop, range.high, 1, [&](Value* i) { tile(i, 1); });
      return;
    }
    // The last tile moves up and does some rows again; with fewer rows than a tile, one row at a time.
    Value* last = b_.CreateSub(range.high, integer(rows));
    Value* enough = b_.CreateICmpUGE(b_.CreateSub(range.high, range.low), integer(rows));
    Value* stop = b_.CreateSelect(enough, range.high, range.low);
    count_loop(range.low, stop, rows, [&](Value* i) { tile(b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, i, last), rows); });
    count_loop(stop, range.high, 1, [&](Value* i) { tile(i, 1); });
  });
}

void KernelEmitter::contract_tile(const Statement& s, Value* row, int rows) {
  size_t columns = chunks_.size();
  auto at = [&](int m, size_t c) { return size_t(m) * columns + c; };
  std::vector<llvm::Type*> types;
  for (int m = 0; m < rows; m++)
    for (const Chunk& c : chunks_) types.push_back(vector_of(b_.getFloatTy(), c.width));

  const Expr &a = k_.exprs[s.value], &b = k_.exprs[s.other];
  bool plain = a.kind == Expr::load && b.kind == Expr::load && a.index.dynamic == no_expr && b.index.dynamic == no_expr;
  // Pointers to the first row's and column's elements advance with k; the others are at constant distances.
  Value *first_a = nullptr, *first_b = nullptr;
  if (plain) {
    std::vector<Value*> place = variables_;
    place[s.variable] = row;
    place[s.n_variable] = chunks_[0].base;
    place[s.k_variable] = integer(0);
    first_a = address(a.id, element_index(a.index, place));
    first_b = address(b.id, element_index(b.index, place));
  }

  // Sums over k in [low, high), from zero.
  auto pass = [&](Value* low, Value* high) {
    auto before = b_.GetInsertBlock();
    auto head = llvm::BasicBlock::Create(b_.getContext(), "k", function_), after = llvm::BasicBlock::Create(b_.getContext(), "k_end", function_);
    auto l = llvm::dyn_cast<llvm::ConstantInt>(low), h = llvm::dyn_cast<llvm::ConstantInt>(high);
    if (l && h && l->getSExtValue() < h->getSExtValue()) b_.CreateBr(head);
    else b_.CreateCondBr(b_.CreateICmpULT(low, high), head, after);
    b_.SetInsertPoint(head);
    auto k = b_.CreatePHI(integer_, 2);
    k->addIncoming(low, before);
    std::vector<llvm::PHINode*> sums;
    for (llvm::Type* t : types) {
      sums.push_back(b_.CreatePHI(t, 2));
      sums.back()->addIncoming(llvm::Constant::getNullValue(t), before);
    }
    std::vector<Value*> next(sums.size()), of_b(columns);
    variables_[s.k_variable] = k;
    variables_[s.variable] = row;
    known_.emplace_back();
    Value *at_a = nullptr, *at_b = nullptr;
    if (plain) {
      at_a = b_.CreateInBoundsGEP(b_.getFloatTy(), first_a, b_.CreateMul(k, integer(a.index.along(s.k_variable)), "", true, true));
      at_b = b_.CreateInBoundsGEP(b_.getFloatTy(), first_b, b_.CreateMul(k, integer(b.index.along(s.k_variable)), "", true, true));
    }
    int64_t offset = 0, b_stride = b.index.along(s.n_variable);
    for (size_t c = 0; c < columns; c++) {
      if (plain && b_stride == 1) {
        Value* from = offset ? b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), at_b, uint64_t(offset)) : at_b;
        llvm::Type* type = vector_of(b_.getFloatTy(), chunks_[c].width);
        of_b[c] = chunks_[c].active == chunks_[c].width
                      ? (Value*)b_.CreateAlignedLoad(type, from, llvm::Align(4))
                      : b_.CreateMaskedLoad(type, from, llvm::Align(4), first_lanes(b_, chunks_[c].width, chunks_[c].active), llvm::Constant::getNullValue(type));
      } else {
        of_b[c] = vector(s.other, c);
      }
      offset += chunks_[c].active;
    }
    for (int m = 0; m < rows; m++) {
      Value* x;
      if (plain) {
        int64_t distance = m * a.index.along(s.variable);
        x = b_.CreateAlignedLoad(b_.getFloatTy(), distance ? b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), at_a, uint64_t(distance)) : at_a, llvm::Align(4));
      } else {
        known_.emplace_back();
        variables_[s.variable] = m ? b_.CreateAdd(row, integer(m)) : row;
        x = scalar(s.value);
        known_.pop_back();
      }
      for (size_t c = 0; c < columns; c++) {
        Value *wide = splat(b_, x, chunks_[c].width), *sum = sums[at(m, c)];
        next[at(m, c)] = target_.fma ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {sum->getType()}, {wide, of_b[c], sum})
                                     : b_.CreateFAdd(b_.CreateFMul(wide, of_b[c]), sum);
      }
    }
    known_.pop_back();
    group_.clear();
    Value* step = b_.CreateAdd(k, integer(1), "", true, true);
    auto end = b_.GetInsertBlock();
    k->addIncoming(step, end);
    for (size_t i = 0; i < sums.size(); i++) sums[i]->addIncoming(next[i], end);
    b_.CreateCondBr(b_.CreateICmpULT(step, high), head, after);
    b_.SetInsertPoint(after);
    std::vector<Value*> result;
    for (size_t i = 0; i < sums.size(); i++) {
      auto phi = b_.CreatePHI(types[i], 2);
      phi->addIncoming(llvm::Constant::getNullValue(types[i]), before);
      phi->addIncoming(next[i], end);
      // With one predecessor the phi has one entry.
      if (l && h && l->getSExtValue() < h->getSExtValue()) phi->removeIncomingValue(unsigned(0), false);
      result.push_back(phi);
    }
    return result;
  };

  Value* size = extent(s.k_extent);
  std::vector<Value*> sums;
  if (s.k_extent.at(max_rows_) <= block_size) {
    sums = pass(integer(0), size);
  } else {
    // Totals wait in memory: they are touched once in 1,024 steps, and the registers belong to the sums.
    std::vector<Value*> slots;
    for (llvm::Type* t : types) slots.push_back(stack_slot(t));
    count_loop(integer(0), size, block_size, [&](Value* begin) {
      auto block = pass(begin, b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(begin, integer(block_size)), size));
      Value* is_first = b_.CreateICmpEQ(begin, integer(0));
      for (size_t i = 0; i < slots.size(); i++) {
        Value* total = b_.CreateFAdd(b_.CreateAlignedLoad(types[i], slots[i], llvm::Align(64)), block[i]);
        b_.CreateAlignedStore(b_.CreateSelect(is_first, block[i], total), slots[i], llvm::Align(64));
      }
    });
    for (size_t i = 0; i < slots.size(); i++) sums.push_back(b_.CreateAlignedLoad(types[i], slots[i], llvm::Align(64)));
  }
  contract_epilogue(s, row, rows, sums);
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
