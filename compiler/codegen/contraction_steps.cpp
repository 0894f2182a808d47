// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loop over k of a contraction's tile: each step loads the columns' vectors of b once, broadcasts one element of a for
// each row, and adds with fma.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

static constexpr int64_t line = 16, block_size = 1024;

// level: the cache that shall have it, 1 or 2.
void KernelEmitter::fetch(Value* address, int level) {
  b_.CreateIntrinsic(llvm::Intrinsic::prefetch, {address->getType()}, {address, b_.getInt32(0), b_.getInt32(uint32_t(4 - level)), b_.getInt32(1)});
}

// for (k = low; k < high; k += step) sums = body(k, sums); runs: it is known that low < high.
KernelEmitter::Sums KernelEmitter::sum_loop(Value* low, Value* high, int64_t step, bool runs, const Sums& begin,
                                            const std::function<Sums(Value*, const Sums&)>& body) {
  auto before = b_.GetInsertBlock();
  auto head = llvm::BasicBlock::Create(b_.getContext(), "sum", function_), after = llvm::BasicBlock::Create(b_.getContext(), "sum_end", function_);
  if (runs) b_.CreateBr(head);
  else b_.CreateCondBr(b_.CreateICmpULT(low, high), head, after);
  b_.SetInsertPoint(head);
  auto k = b_.CreatePHI(integer_, 2);
  k->addIncoming(low, before);
  std::vector<llvm::PHINode*> inside;
  for (Value* sum : begin) {
    inside.push_back(b_.CreatePHI(sum->getType(), 2));
    inside.back()->addIncoming(sum, before);
  }
  known_.emplace_back();
  Sums next = body(k, Sums(inside.begin(), inside.end()));
  known_.pop_back();
  group_.clear();
  Value* following = b_.CreateAdd(k, integer(step), "", true, true);
  auto end = b_.GetInsertBlock();
  k->addIncoming(following, end);
  for (size_t i = 0; i < begin.size(); i++) inside[i]->addIncoming(next[i], end);
  b_.CreateCondBr(b_.CreateICmpULT(following, high), head, after);
  b_.SetInsertPoint(after);
  Sums result;
  for (size_t i = 0; i < begin.size(); i++) {
    auto phi = b_.CreatePHI(begin[i]->getType(), 2);
    if (!runs) phi->addIncoming(begin[i], before);
    phi->addIncoming(next[i], end);
    result.push_back(phi);
  }
  return result;
}

// Sums of the tile over k in [low, high), on top of `begin`.
KernelEmitter::Sums KernelEmitter::contract_steps(const Statement& s, const Tile& tile, Value* low, Value* high, const Sums& begin, const Panel* panel) {
  const Expr &a = k_.exprs[s.value], &b = k_.exprs[s.other];
  llvm::Type* element = b_.getFloatTy();
  auto plain = [](const Expr& e) { return e.kind == Expr::load && e.index.dynamic == no_expr; };
  // Pointers to the first row's and column's elements advance with k; the others are at constant distances.
  std::vector<Value*> place = variables_;
  place[s.variable] = tile.row;
  place[s.n_variable] = chunks_[0].base;
  place[s.k_variable] = low;
  bool from_panel = tile.source == Source::panel;
  Value* first_a = plain(a) ? address(a.id, element_index(a.index, place)) : nullptr;
  Value* first_b = from_panel ? panel->data : plain(b) && b.index.along(s.n_variable) == 1 ? address(b.id, element_index(b.index, place)) : nullptr;
  int64_t a_step = a.index.along(s.k_variable), b_step = from_panel ? panel->width : b.index.along(s.k_variable);
  bool fetch_rows = tile.rows > 1 && first_a && (s.fetch & fetch_a), fetch_columns = tile.rows > 1 && first_b && !from_panel && (s.fetch & fetch_b);

  auto step = [&](Value* k, const Sums& sums) {
    if (!first_a || !first_b) variables_[s.k_variable] = b_.CreateAdd(low, k, "", true, true);
    variables_[s.variable] = tile.row;
    auto at = [&](Value* first, int64_t distance) { return b_.CreateInBoundsGEP(element, first, b_.CreateMul(k, integer(distance), "", true, true)); };
    auto behind = [&](Value* p, int64_t distance) { return distance ? b_.CreateConstInBoundsGEP1_64(element, p, uint64_t(distance)) : p; };
    Value *at_a = first_a ? at(first_a, a_step) : nullptr, *at_b = first_b ? at(first_b, b_step) : nullptr;
    if (fetch_rows) fetch(b_.CreateConstGEP1_64(element, at_a, uint64_t(ahead_a * a_step)), 1);
    Sums of_b;
    int64_t offset = 0, in_panel = 0;
    for (size_t c = 0; c < chunks_.size(); c++) {
      const Chunk& chunk = chunks_[c];
      if (first_b) {
        Value* from = behind(at_b, from_panel ? in_panel : offset);
        llvm::Type* type = vector_of(element, chunk.width);
        bool whole = from_panel || chunk.active == chunk.width;
        of_b.push_back(whole ? (Value*)b_.CreateAlignedLoad(type, from, llvm::Align(4))
                             : b_.CreateMaskedLoad(type, from, llvm::Align(4), first_lanes(b_, chunk.width, chunk.active), llvm::Constant::getNullValue(type)));
        if (fetch_columns) fetch(b_.CreateConstGEP1_64(element, from, uint64_t(ahead_b * b_step)), 1);
      } else {
        of_b.push_back(vector(s.other, c));
      }
      if (tile.source == Source::memory_to_panel) b_.CreateAlignedStore(of_b.back(), behind(at(panel->data, panel->width), in_panel), llvm::Align(4));
      offset += chunk.active;
      in_panel += chunk.width;
    }
    Sums next;
    for (int m = 0; m < tile.rows; m++) {
      Value* x;
      if (first_a) {
        x = b_.CreateAlignedLoad(element, behind(at_a, m * a.index.along(s.variable)), llvm::Align(4));
      } else {
        known_.emplace_back();
        variables_[s.variable] = m ? b_.CreateAdd(tile.row, integer(m)) : tile.row;
        x = scalar(s.value);
        known_.pop_back();
      }
      for (size_t c = 0; c < chunks_.size(); c++) {
        Value *wide = splat(b_, x, chunks_[c].width), *sum = sums[next.size()];
        next.push_back(target_.fma ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {sum->getType()}, {wide, of_b[c], sum})
                                   : b_.CreateFAdd(b_.CreateFMul(wide, of_b[c]), sum));
      }
    }
    return next;
  };
  Value* count = b_.CreateSub(high, low, "", true, true);
  auto known = llvm::dyn_cast<llvm::ConstantInt>(count);
  bool runs = (known && known->getSExtValue() > 0) || s.sums != no_buffer || panel;  // blocks and panels have steps
  std::vector<ExprId> far = (s.fetch & fetch_body) && tile.rows == s.tile_m ? far_loads(s) : std::vector<ExprId>();
  if (far.empty() && !tile.pending) return sum_loop(integer(0), count, 1, runs, begin, step);

  // Every few steps a line of what the body loads for the tile of the next rows, and what follows a register of sums of the rows
  // before.
  int64_t width = 0, most = std::min(s.k_extent.at(max_rows_), block_size), unit = tile.pending ? chunks_[0].width : line;
  for (const Chunk& c : chunks_) width += c.active;
  // Pending sums are done once; lines may be asked for twice, but what is not asked for by the end of the loop comes late.
  int64_t units = (width + unit - 1) / unit, places = units * tile.rows, group = std::max<int64_t>(1, (tile.pending ? most + places - 1 : most) / places);
  std::vector<Value*> firsts;
  for (ExprId e : far) firsts.push_back(address(k_.exprs[e].id, element_index(k_.exprs[e].index, place)));
  llvm::Type* type = vector_of(element, chunks_[0].width);
  auto one_pending = [&](Value* row, Value* column) {
    Value* at = b_.CreateAdd(b_.CreateMul(row, integer(units), "", true, true), column, "", true, true);
    Value* sum = b_.CreateAlignedLoad(type, b_.CreateInBoundsGEP(type, tile.scratch, at), llvm::Align(64));
    Value* base = b_.CreateAdd(chunks_[0].base, b_.CreateMul(column, integer(unit), "", true, true), "", true, true);
    epilogue_register(s, b_.CreateAdd(tile.pending, row, "", true, true), {base, chunks_[0].width, chunks_[0].width}, sum);
  };
  // The place behind (row, column), as the last two of `state`.
  auto advance = [&](Sums state, Value* row, Value* column) {
    Value *next = b_.CreateAdd(column, integer(1), "", true, true), *wraps = b_.CreateICmpEQ(next, integer(units));
    state.push_back(b_.CreateAdd(row, b_.CreateZExt(wraps, integer_), "", true, true));
    state.push_back(b_.CreateSelect(wraps, integer(0), next));
    return state;
  };
  auto at_place = [&](Value* row, Value* column) {
    Value* next_row = b_.CreateAdd(row, integer(tile.rows));
    for (size_t i = 0; i < far.size(); i++) {
      Value* offset = b_.CreateMul(next_row, integer(k_.exprs[far[i]].index.along(s.variable)));
      fetch(b_.CreateGEP(element, firsts[i], b_.CreateAdd(offset, b_.CreateMul(column, integer(unit), "", true, true))), 2);
    }
    if (tile.pending) one_pending(row, column);
  };
  Sums state = begin;
  state.insert(state.end(), {integer(0), integer(0)});
  bool whole = known && known->getSExtValue() % group == 0;
  Sums all = sum_loop(integer(0), count, group, runs, state, [&](Value* k, const Sums& state) {
    Value *row = state[state.size() - 2], *column = state.back();
    at_place(row, column);
    Value* stop = b_.CreateAdd(k, integer(group), "", true, true);
    if (!whole) stop = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, stop, count);
    return advance(sum_loop(k, stop, 1, true, Sums(state.begin(), state.end() - 2), step), row, column);
  });
  // Fewer groups than registers: the rest.
  if (tile.pending) {
    Value *row = all[all.size() - 2], *column = all.back();
    Value* done = b_.CreateAdd(b_.CreateMul(row, integer(units), "", true, true), column, "", true, true);
    sum_loop(done, integer(places), 1, false, {row, column}, [&](Value*, const Sums& at) {
      at_place(at[0], at[1]);
      return advance({}, at[0], at[1]);
    });
  }
  all.resize(begin.size());
  return all;
}

}  // namespace graphc
