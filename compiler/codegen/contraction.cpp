// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The register-tiled contraction: rows x columns of sums stay in registers while k runs; each step loads the columns'
// vectors of b once, broadcasts one element of a for each row, and adds with fma.
//
// Where b's columns lie across the steps of k, or so far apart that caches cannot hold them, the columns of a tile are first
// copied into a panel (panel.cpp), which all rows share.
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
  Bounds range = bounds(s.n_variable, s.n_extent);
  int64_t n = s.n_extent.size, whole = n / s.tile_n * s.tile_n, rest = n % s.tile_n;
  if (range.known == n) {
    if (whole == s.tile_n) contract_columns(s, chunks(integer(0), s.tile_n, masks));
    else if (whole) count_loop(integer(0), integer(whole), s.tile_n, [&](Value* j) { contract_columns(s, chunks(j, s.tile_n, masks)); });
    if (rest) contract_columns(s, chunks(integer(whole), rest, masks));
    return;
  }
  // A task's share is whole tiles; the last one has the rest.
  Value* stop = rest ? b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, range.high, integer(whole)) : range.high;
  count_loop(range.low, stop, s.tile_n, [&](Value* j) { contract_columns(s, chunks(j, s.tile_n, masks)); });
  if (rest) count_loop(integer(whole), range.high, s.tile_n, [&](Value* j) { contract_columns(s, chunks(j, rest, masks)); });
}

void KernelEmitter::contract_columns(const Statement& s, const std::vector<Chunk>& list) {
  Bounds range = bounds(s.variable, s.extent);
  with_chunks(s.n_variable, list, [&] {
    if (!s.pack_k) return contract_rows(s, range, nullptr);
    Panel panel;
    for (const Chunk& c : chunks_) panel.width += c.width;
    int64_t steps = s.k_extent.at(max_rows_), most_rows = range.known >= 0 ? range.known : s.extent.at(max_rows_);
    auto floats = [&](int64_t count) { return stack_slot(llvm::ArrayType::get(b_.getFloatTy(), uint64_t(count * panel.width))); };
    panel.data = floats(std::min(steps, s.pack_k));
    Value* size = extent(s.k_extent);
    if (steps <= s.pack_k) {
      panel.low = integer(0), panel.high = size;
      pack(s, panel);
      return contract_rows(s, range, &panel);
    }
    int64_t tiles = (std::min(most_rows, s.pack_m) + s.tile_m - 1) / s.tile_m;
    if (s.pack_k < block_size) panel.partial = floats(tiles * s.tile_m);
    if (steps > block_size) panel.total = floats(tiles * s.tile_m);
    auto rows = [&](const Bounds& some) {
      count_loop(integer(0), size, s.pack_k, [&](Value* low) {
        panel.low = low;
        panel.high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(s.pack_k), "", true, true), size);
        pack(s, panel);
        contract_rows(s, some, &panel);
      });
    };
    if (most_rows <= s.pack_m) return rows(range);
    count_loop(range.low, range.high, s.pack_m, [&](Value* i) {
      Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(i, integer(s.pack_m), "", true, true), range.high);
      rows({i, high, range.known >= 0 && range.known % s.pack_m == 0 ? s.pack_m : -1});
    });
  });
}

void KernelEmitter::contract_rows(const Statement& s, const Bounds& range, Panel* panel) {
  int rows = s.tile_m;
  // `from` is the row that the tile would begin at: a tile that moved up keeps its own place among the sums.
  auto tile = [&](Value* i, int count, Value* from) {
    known_.emplace_back();
    if (panel) panel->row = b_.CreateSub(from, range.low, "", true, true);
    contract_tile(s, i, count, panel);
    known_.pop_back();
  };
  if (range.known >= 0 && (range.known % rows == 0 || !rows_may_repeat(s) || range.known < rows)) {
    int64_t whole = range.known / rows * rows, rest = range.known % rows;
    Value* stop = b_.CreateAdd(range.low, integer(whole), "", true, true);
    if (whole) count_loop(range.low, stop, rows, [&](Value* i) { tile(i, rows, i); });
    if (rest) tile(stop, int(rest), stop);
    return;
  }
  if (rows == 1 || !rows_may_repeat(s)) {
    Value *length = b_.CreateSub(range.high, range.low), *rest = b_.CreateURem(length, integer(rows));
    Value* stop = b_.CreateSub(range.high, rest, "", true, true);
    count_loop(range.low, stop, rows, [&](Value* i) { tile(i, rows, i); });
    if (rows > 1) count_loop(stop, range.high, 1, [&](Value* i) { tile(i, 1, i); });
    return;
  }
  // The last tile moves up and does some rows again; with fewer rows than a tile, one row at a time.
  Value* last = b_.CreateSub(range.high, integer(rows));
  Value* enough = b_.CreateICmpUGE(b_.CreateSub(range.high, range.low), integer(rows));
  Value* stop = b_.CreateSelect(enough, range.high, range.low);
  count_loop(range.low, stop, rows, [&](Value* i) { tile(b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, i, last), rows, i); });
  count_loop(stop, range.high, 1, [&](Value* i) { tile(i, 1, i); });
}

// Sums of the tile over k in [low, high), on top of `begin` (zeros where empty).
std::vector<Value*> KernelEmitter::contract_steps(const Statement& s, Value* row, int rows, Value* low, Value* high, const std::vector<Value*>& begin,
                                                  const Panel* panel) {
  size_t columns = chunks_.size();
  const Expr &a = k_.exprs[s.value], &b = k_.exprs[s.other];
  llvm::Type* element = b_.getFloatTy();
  auto plain = [](const Expr& e) { return e.kind == Expr::load && e.index.dynamic == no_expr; };
  // Pointers to the first row's and column's elements advance with k; the others are at constant distances.
  std::vector<Value*> place = variables_;
  place[s.variable] = row;
  place[s.n_variable] = chunks_[0].base;
  place[s.k_variable] = low;
  Value* first_a = plain(a) ? address(a.id, element_index(a.index, place)) : nullptr;
  Value* first_b = panel ? panel->data : plain(b) && b.index.along(s.n_variable) == 1 ? address(b.id, element_index(b.index, place)) : nullptr;
  int64_t b_step = panel ? panel->width : b.index.along(s.k_variable);

  auto before = b_.GetInsertBlock();
  auto head = llvm::BasicBlock::Create(b_.getContext(), "k", function_), after = llvm::BasicBlock::Create(b_.getContext(), "k_end", function_);
  Value* count = b_.CreateSub(high, low, "", true, true);
  auto constant = llvm::dyn_cast<llvm::ConstantInt>(count);
  bool runs = (constant && constant->getSExtValue() > 0) || panel;  // a panel has at least one step
  if (runs) b_.CreateBr(head);
  else b_.CreateCondBr(b_.CreateIsNotNull(count), head, after);
  b_.SetInsertPoint(head);
  auto k = b_.CreatePHI(integer_, 2);
  k->addIncoming(integer(0), before);
  std::vector<llvm::PHINode*> sums;
  for (int m = 0; m < rows; m++)
    for (const Chunk& c : chunks_) {
      llvm::Type* type = vector_of(element, c.width);
      sums.push_back(b_.CreatePHI(type, 2));
      sums.back()->addIncoming(begin.empty() ? llvm::Constant::getNullValue(type) : begin[sums.size() - 1], before);
    }
  std::vector<Value*> next(sums.size()), of_b(columns);
  if (!first_a || !first_b) variables_[s.k_variable] = b_.CreateAdd(low, k, "", true, true);
  variables_[s.variable] = row;
  known_.emplace_back();
  auto step_from = [&](Value* first, int64_t distance) {
    return first ? b_.CreateInBoundsGEP(element, first, b_.CreateMul(k, integer(distance), "", true, true)) : nullptr;
  };
  Value *at_a = step_from(first_a, a.index.along(s.k_variable)), *at_b = step_from(first_b, b_step);
  int64_t offset = 0;
  for (size_t c = 0; c < columns; c++) {
    const Chunk& chunk = chunks_[c];
    if (first_b) {
      Value* from = offset ? b_.CreateConstInBoundsGEP1_64(element, at_b, uint64_t(offset)) : at_b;
      llvm::Type* type = vector_of(element, chunk.width);
      bool whole = panel || chunk.active == chunk.width;
      of_b[c] = whole ? (Value*)b_.CreateAlignedLoad(type, from, llvm::Align(4))
                      : b_.CreateMaskedLoad(type, from, llvm::Align(4), first_lanes(b_, chunk.width, chunk.active), llvm::Constant::getNullValue(type));
    } else {
      of_b[c] = vector(s.other, c);
    }
    offset += panel ? chunk.width : chunk.active;
  }
  for (int m = 0; m < rows; m++) {
    Value* x;
    if (first_a) {
      int64_t distance = m * a.index.along(s.variable);
      x = b_.CreateAlignedLoad(element, distance ? b_.CreateConstInBoundsGEP1_64(element, at_a, uint64_t(distance)) : at_a, llvm::Align(4));
    } else {
      known_.emplace_back();
      variables_[s.variable] = m ? b_.CreateAdd(row, integer(m)) : row;
      x = scalar(s.value);
      known_.pop_back();
    }
    for (size_t c = 0; c < columns; c++) {
      size_t i = size_t(m) * columns + c;
      Value *wide = splat(b_, x, chunks_[c].width), *sum = sums[i];
      next[i] = target_.fma ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {sum->getType()}, {wide, of_b[c], sum})
                            : b_.CreateFAdd(b_.CreateFMul(wide, of_b[c]), sum);
    }
  }
  known_.pop_back();
  group_.clear();
  Value* step = b_.CreateAdd(k, integer(1), "", true, true);
  auto end = b_.GetInsertBlock();
  k->addIncoming(step, end);
  for (size_t i = 0; i < sums.size(); i++) sums[i]->addIncoming(next[i], end);
  b_.CreateCondBr(b_.CreateICmpULT(step, count), head, after);
  b_.SetInsertPoint(after);
  std::vector<Value*> result;
  for (size_t i = 0; i < sums.size(); i++) {
    auto phi = b_.CreatePHI(next[i]->getType(), 2);
    if (!runs) phi->addIncoming(sums[i]->getIncomingValueForBlock(before), before);
    phi->addIncoming(next[i], end);
    result.push_back(phi);
  }
  return result;
}

// Where a tile's sums wait between panels or blocks: one register after the other.
std::vector<Value*> KernelEmitter::load_sums(Value* from, const std::vector<llvm::Type*>& types) {
  std::vector<Value*> sums;
  int64_t at = 0;
  for (llvm::Type* t : types) {
    sums.push_back(b_.CreateAlignedLoad(t, b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), from, uint64_t(at)), llvm::Align(4)));
    at += t->isVectorTy() ? llvm::cast<llvm::FixedVectorType>(t)->getNumElements() : 1;
  }
  return sums;
}

void KernelEmitter::store_sums(const std::vector<Value*>& sums, Value* to) {
  int64_t at = 0;
  for (Value* sum : sums) {
    b_.CreateAlignedStore(sum, b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), to, uint64_t(at)), llvm::Align(4));
    llvm::Type* t = sum->getType();
    at += t->isVectorTy() ? llvm::cast<llvm::FixedVectorType>(t)->getNumElements() : 1;
  }
}

void KernelEmitter::branch(Value* condition, const std::function<void()>& then, const std::function<void()>& otherwise) {
  auto block = [&](const char* name) { return llvm::BasicBlock::Create(b_.getContext(), name, function_); };
  auto yes = block("then"), no = block("else"), after = block("end");
  b_.CreateCondBr(condition, yes, no);
  for (auto [at, body] : {std::pair{yes, &then}, {no, &otherwise}}) {
    b_.SetInsertPoint(at);
    known_.emplace_back();
    group_.clear();
    if (*body) (*body)();
    known_.pop_back();
    group_.clear();
    b_.CreateBr(after);
  }
  b_.SetInsertPoint(after);
}

void KernelEmitter::contract_tile(const Statement& s, Value* row, int rows, Panel* panel) {
  std::vector<llvm::Type*> types;
  for (int m = 0; m < rows; m++)
    for (const Chunk& c : chunks_) types.push_back(vector_of(b_.getFloatTy(), c.width));
  if (s.prefetch) prefetch_epilogue(s, row, rows);
  if (panel && (panel->partial || panel->total)) return contract_panel_tile(s, row, rows, *panel, types);

  Value* size = extent(s.k_extent);
  std::vector<Value*> sums;
  if (s.k_extent.at(max_rows_) <= block_size) {
    sums = contract_steps(s, row, rows, integer(0), size, {}, panel);
  } else {
    // Totals wait in memory: they are touched once in 1,024 steps, and the registers belong to the sums.
    int64_t width = 0;
    for (const Chunk& c : chunks_) width += c.width;
    Value* totals = stack_slot(llvm::ArrayType::get(b_.getFloatTy(), uint64_t(rows * width)));
    count_loop(integer(0), size, block_size, [&](Value* begin) {
      Value* end = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(begin, integer(block_size)), size);
      auto block = contract_steps(s, row, rows, begin, end, {}, nullptr);
      Value* is_first = b_.CreateIsNull(begin);
      auto total = load_sums(totals, types);
      for (size_t i = 0; i < block.size(); i++) block[i] = b_.CreateSelect(is_first, block[i], b_.CreateFAdd(total[i], block[i]));
      store_sums(block, totals);
    });
    sums = load_sums(totals, types);
  }
  contract_epilogue(s, row, rows, sums);
}

// One panel of several: goes on from the sums of the panels before, and leaves them for the next.
void KernelEmitter::contract_panel_tile(const Statement& s, Value* row, int rows, const Panel& panel, const std::vector<llvm::Type*>& types) {
  Value *size = extent(s.k_extent), *at = b_.CreateMul(panel.row, integer(panel.width), "", true, true);
  auto slot = [&](Value* base) { return b_.CreateInBoundsGEP(b_.getFloatTy(), base, at); };
  Value* in_block = b_.CreateAnd(panel.low, integer(block_size - 1));
  std::vector<Value*> begin;
  if (panel.partial) {
    // A block of 1,024 starts from zero.
    auto before = b_.GetInsertBlock(), load = llvm::BasicBlock::Create(b_.getContext(), "go_on", function_), start = llvm::BasicBlock::Create(b_.getContext(), "start", function_);
    b_.CreateCondBr(b_.CreateIsNull(in_block), start, load);
    b_.SetInsertPoint(load);
    auto loaded = load_sums(slot(panel.partial), types);
    b_.CreateBr(start);
    b_.SetInsertPoint(start);
    for (size_t i = 0; i < types.size(); i++) {
      auto phi = b_.CreatePHI(types[i], 2);
      phi->addIncoming(llvm::Constant::getNullValue(types[i]), before);
      phi->addIncoming(loaded[i], load);
      begin.push_back(phi);
    }
  }
  auto sums = contract_steps(s, row, rows, panel.low, panel.high, begin, &panel);
  Value* is_last = b_.CreateICmpEQ(panel.high, size);
  auto finish = [&](std::vector<Value*> total) { contract_epilogue(s, row, rows, total); };
  if (!panel.total) return branch(is_last, [&] { finish(sums); }, [&] { store_sums(sums, slot(panel.partial)); });

  Value* ends_block = b_.CreateOr(is_last, b_.CreateIsNull(b_.CreateAnd(panel.high, integer(block_size - 1))));
  Value* is_first = b_.CreateICmpULE(panel.high, integer(block_size));
  branch(ends_block, [&] {
    auto total = load_sums(slot(panel.total), types);
    for (size_t i = 0; i < sums.size(); i++) total[i] = b_.CreateSelect(is_first, sums[i], b_.CreateFAdd(total[i], sums[i]));
    branch(is_last, [&] { finish(total); }, [&] { store_sums(total, slot(panel.total)); });
  }, panel.partial ? std::function<void()>([&] { store_sums(sums, slot(panel.partial)); }) : nullptr);
}

}  // namespace graphc
