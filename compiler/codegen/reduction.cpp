// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums and other reductions in the order that DESIGN 6 fixes, whatever the width of the target's vectors.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

static constexpr int virtual_lanes = 16;
static constexpr int64_t block_size = 1024;

static DType dtype_of(const Kernel& k, const Statement& s) { return k.exprs[s.value].dtype; }

Value* KernelEmitter::identity(const Statement& s, int width) {
  if (s.op == Op::contract) return llvm::Constant::getNullValue(vector_of(b_.getFloatTy(), width));
  const ReductionDef& r = *def(s.op).reduction;
  if (dtype_of(k_, s) == DType::f32) return splat(b_, llvm::ConstantFP::get(b_.getContext(), llvm::APFloat(float(r.identity_f32))), width);
  return splat(b_, b_.getInt32(uint32_t(int32_t(r.identity_i32))), width);
}

Value* KernelEmitter::combine(const Statement& s, Value* x, Value* y, int width) {
  if (s.op == Op::contract) return b_.CreateFAdd(x, y);
  scalar::Builder builder;
  scalar::Kind kind = dtype_of(k_, s) == DType::f32 ? scalar::Kind::f32 : scalar::Kind::i32;
  scalar::Value a = builder.argument(kind), b = builder.argument(kind);
  scalar::Function f = std::move(builder).finish(def(s.op).reduction->combine(a, b));
  Value* arguments[] = {x, y};
  return emit_function(b_, target_, f, arguments, width);
}

// `sum` and the value of the chunk (or of the scalar context), which may be narrower than `sum`: the other lanes stay.
Value* KernelEmitter::accumulate(const Statement& s, Value* sum, size_t chunk, int width) {
  int from = in_vector() ? chunks_[chunk].width : 1, active = in_vector() ? chunks_[chunk].active : 1;
  Value *x = value(s.value, chunk), *y = s.other == no_expr ? nullptr : value(s.other, chunk);
  auto fit = [&](Value* v, Value* rest) {
    if (active < from) return b_.CreateSelect(first_lanes(b_, from, active), v, rest);  // masked: as wide as a register
    if (from == width) return v;
    // Narrower: placed into the first lanes.
    if (from == 1) return b_.CreateInsertElement(rest, v, uint64_t{0});
    std::vector<int> lanes;
    for (int l = 0; l < width; l++) lanes.push_back(l < from ? l : -1);
    Value* wide = b_.CreateShuffleVector(v, lanes);
    return b_.CreateSelect(first_lanes(b_, width, from), wide, rest);
  };
  if (y) {
    // Lanes without an element keep their sum: a product of zeros would turn -0 into 0.
    Value *zero = llvm::Constant::getNullValue(vector_of(b_.getFloatTy(), width));
    Value *a = fit(x, zero), *b = fit(y, zero);
    Value* r = target_.fma ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {a->getType()}, {a, b, sum}) : b_.CreateFAdd(b_.CreateFMul(a, b), sum);
    int filled = std::min(active, from);
    return filled < width ? b_.CreateSelect(first_lanes(b_, width, filled), r, sum) : r;
  }
  Value* r = combine(s, sum, fit(x, identity(s, width)), width);
  int filled = std::min(active, from);
  return filled < width ? b_.CreateSelect(first_lanes(b_, width, filled), r, sum) : r;
}

// lane[i] = lane[i] with lane[i + 8], then 4, 2, 1. `lanes` hold 16 lanes in registers of `width`.
Value* KernelEmitter::tree(const Statement& s, std::vector<Value*> lanes, int width) {
  while (lanes.size() > 1) {
    size_t half = lanes.size() / 2;
    for (size_t i = 0; i < half; i++) lanes[i] = combine(s, lanes[i], lanes[i + half], width);
    lanes.resize(half);
  }
  Value* v = lanes[0];
  while (width > 1) {
    int half = width / 2;
    std::vector<int> low, high;
    for (int l = 0; l < half; l++) low.push_back(l), high.push_back(l + half);
    Value *x = half == 1 ? b_.CreateExtractElement(v, uint64_t{0}) : b_.CreateShuffleVector(v, low);
    Value *y = half == 1 ? b_.CreateExtractElement(v, uint64_t{1}) : b_.CreateShuffleVector(v, high);
    v = combine(s, x, y, half);
    width = half;
  }
  return v;
}

void KernelEmitter::reduce(const Statement& s) {
  s.lanes ? reduce_lanes(s) : reduce_blocks(s);
}

void KernelEmitter::reduce_lanes(const Statement& s) {
  if (in_vector()) throw InternalError("codegen: a reduction along lanes inside of a vector loop");
  Bounds range{integer(0), extent(s.extent), s.extent.is_batch ? -1 : s.extent.size};
  int width = std::clamp(target_.vector_floats, 1, virtual_lanes);
  result_varies_[s.result] = false;
  bool masks = masks_fit();
  llvm::Type* element = dtype_of(k_, s) == DType::f32 ? b_.getFloatTy() : (llvm::Type*)b_.getInt32Ty();

  if (width > 1 && range.known >= 0 && range.known <= 4 * target_.vector_floats && target_.vector_floats <= virtual_lanes) {
    std::vector<Value*> lanes(size_t(virtual_lanes / width), identity(s, width));
    known_.emplace_back();
    auto list = chunks(range.low, range.known, masks);
    // Narrow tails of more than one piece do not begin at lane 0 of a register: their lanes are rotated through memory.
    int64_t at = 0;
    bool aligned = true;
    for (const Chunk& c : list) aligned &= at % width == 0, at += c.active;
    known_.pop_back();
    if (aligned) {
      with_chunks(s.variable, list, [&] {
        int64_t begin = 0;
        for (size_t c = 0; c < list.size(); c++) {
          size_t lane = size_t(begin % virtual_lanes / width);
          lanes[lane] = accumulate(s, lanes[lane], c, width);
          begin += list[c].active;
        }
      });
      results_[s.result] = {tree(s, lanes, width)};
      return;
    }
  }

  hoist({s}, s.variable);
  std::vector<Value*> lanes(size_t(virtual_lanes / width), identity(s, width));
  Value* slot = nullptr;
  llvm::Type* lane_type = vector_of(element, width);
  auto at_lane = [&](size_t l) { return b_.CreateConstInBoundsGEP1_64(lane_type, slot, l); };
  // A tail without masks, and everything on targets without vectors, goes through lanes in memory.
  int64_t tail = range.known < 0 ? -1 : range.known % virtual_lanes;
  if (width > 1) {
    Value* stop = range.known >= 0 ? integer(range.known - tail) : b_.CreateAnd(range.high, integer(-virtual_lanes));
    if (range.known < 0 || range.known >= virtual_lanes) {
      auto before = b_.GetInsertBlock();
      auto head = llvm::BasicBlock::Create(b_.getContext(), "lanes", function_), after = llvm::BasicBlock::Create(b_.getContext(), "lanes_end", function_);
      b_.CreateCondBr(b_.CreateICmpULT(range.low, stop), head, after);
      b_.SetInsertPoint(head);
      auto i = b_.CreatePHI(integer_, 2);
      i->addIncoming(range.low, before);
      std::vector<llvm::PHINode*> sums;
      for (Value* l : lanes) {
        sums.push_back(b_.CreatePHI(lane_type, 2));
        sums.back()->addIncoming(l, before);
      }
      std::vector<Value*> next(sums.begin(), sums.end());
      std::vector<Chunk> list;
      for (size_t l = 0; l < lanes.size(); l++) list.push_back({b_.CreateAdd(i, integer(int64_t(l) * width), "", true, true), width, width});
      with_chunks(s.variable, list, [&] {
        for (size_t l = 0; l < lanes.size(); l++) next[l] = accumulate(s, next[l], l, width);
      });
      Value* step = b_.CreateAdd(i, integer(virtual_lanes), "", true, true);
      i->addIncoming(step, b_.GetInsertBlock());
      for (size_t l = 0; l < lanes.size(); l++) sums[l]->addIncoming(next[l], b_.GetInsertBlock());
      auto end = b_.GetInsertBlock();
      b_.CreateCondBr(b_.CreateICmpULT(step, stop), head, after);
      b_.SetInsertPoint(after);
      for (size_t l = 0; l < lanes.size(); l++) {
        auto phi = b_.CreatePHI(lane_type, 2);
        phi->addIncoming(lanes[l], before);
        phi->addIncoming(next[l], end);
        lanes[l] = phi;
      }
    }
    if (tail == 0) {
      results_[s.result] = {tree(s, lanes, width)};
      return;
    }
    slot = stack_slot(llvm::ArrayType::get(lane_type, lanes.size()));
    for (size_t l = 0; l < lanes.size(); l++) b_.CreateAlignedStore(lanes[l], at_lane(l), llvm::Align(4));
    range.low = stop;
  } else {
    slot = stack_slot(llvm::ArrayType::get(element, virtual_lanes));
    count_loop(integer(0), integer(virtual_lanes), 1, [&](Value* l) {
      b_.CreateAlignedStore(identity(s, 1), b_.CreateInBoundsGEP(element, slot, l), llvm::Align(4));
    });
  }
  count_loop(range.low, range.high, 1, [&](Value* i) {
    variables_[s.variable] = i;
    Value* to = b_.CreateInBoundsGEP(element, slot, b_.CreateAnd(i, integer(virtual_lanes - 1)));
    b_.CreateAlignedStore(accumulate(s, b_.CreateAlignedLoad(element, to, llvm::Align(4)), 0, 1), to, llvm::Align(4));
  });
  if (width > 1) {
    for (size_t l = 0; l < lanes.size(); l++) lanes[l] = b_.CreateAlignedLoad(lane_type, at_lane(l), llvm::Align(4));
    results_[s.result] = {tree(s, lanes, width)};
    return;
  }
  for (int half = virtual_lanes / 2; half; half /= 2)
    count_loop(integer(0), integer(half), 1, [&](Value* l) {
      Value *to = b_.CreateInBoundsGEP(element, slot, l), *from = b_.CreateInBoundsGEP(element, slot, b_.CreateAdd(l, integer(half)));
      Value* sum = combine(s, b_.CreateAlignedLoad(element, to, llvm::Align(4)), b_.CreateAlignedLoad(element, from, llvm::Align(4)), 1);
      b_.CreateAlignedStore(sum, to, llvm::Align(4));
    });
  results_[s.result] = {b_.CreateAlignedLoad(element, slot, llvm::Align(4))};
}

// Index order in blocks of 1,024: block sums are added in order. One accumulator for each chunk of the vector loop around.
void KernelEmitter::reduce_blocks(const Statement& s) {
  size_t count = in_vector() ? chunks_.size() : 1;
  auto width = [&](size_t c) { return in_vector() ? chunks_[c].width : 1; };
  result_varies_[s.result] = in_vector();
  hoist({s}, s.variable);
  Value* size = extent(s.extent);
  // One pass over [low, high): the sums from the identity.
  auto pass = [&](Value* low, Value* high) {
    auto before = b_.GetInsertBlock();
    auto head = llvm::BasicBlock::Create(b_.getContext(), "sum", function_), after = llvm::BasicBlock::Create(b_.getContext(), "sum_end", function_);
    b_.CreateCondBr(b_.CreateICmpULT(low, high), head, after);
    b_.SetInsertPoint(head);
    auto i = b_.CreatePHI(integer_, 2);
    i->addIncoming(low, before);
    std::vector<llvm::PHINode*> sums;
    std::vector<Value*> next, result;
    for (size_t c = 0; c < count; c++) {
      Value* start = identity(s, width(c));
      sums.push_back(b_.CreatePHI(start->getType(), 2));
      sums.back()->addIncoming(start, before);
    }
    variables_[s.variable] = i;
    known_.emplace_back();
    for (size_t c = 0; c < count; c++) {
      group_.clear();
      Value* x = value(s.value, c);
      next.push_back(combine(s, sums[c], x, width(c)));
    }
    known_.pop_back();
    group_.clear();
    Value* step = b_.CreateAdd(i, integer(1), "", true, true);
    auto end = b_.GetInsertBlock();
    i->addIncoming(step, end);
    for (size_t c = 0; c < count; c++) sums[c]->addIncoming(next[c], end);
    b_.CreateCondBr(b_.CreateICmpULT(step, high), head, after);
    b_.SetInsertPoint(after);
    for (size_t c = 0; c < count; c++) {
      auto phi = b_.CreatePHI(next[c]->getType(), 2);
      phi->addIncoming(identity(s, width(c)), before);
      phi->addIncoming(next[c], end);
      result.push_back(phi);
    }
    return result;
  };
  if (s.extent.at(max_rows_) <= block_size) {
    results_[s.result] = pass(integer(0), size);
    return;
  }
  auto before = b_.GetInsertBlock();
  auto head = llvm::BasicBlock::Create(b_.getContext(), "blocks", function_), after = llvm::BasicBlock::Create(b_.getContext(), "blocks_end", function_);
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  auto begin = b_.CreatePHI(integer_, 2);
  begin->addIncoming(integer(0), before);
  std::vector<llvm::PHINode*> totals;
  for (size_t c = 0; c < count; c++) {
    Value* start = identity(s, width(c));
    totals.push_back(b_.CreatePHI(start->getType(), 2));
    totals.back()->addIncoming(start, before);
  }
  Value* stop = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(begin, integer(block_size)), size);
  auto sums = pass(begin, stop);
  Value* is_first = b_.CreateICmpEQ(begin, integer(0));
  std::vector<Value*> next;
  for (size_t c = 0; c < count; c++) next.push_back(b_.CreateSelect(is_first, sums[c], combine(s, totals[c], sums[c], width(c))));
  Value* step = b_.CreateAdd(begin, integer(block_size));
  begin->addIncoming(step, b_.GetInsertBlock());
  for (size_t c = 0; c < count; c++) totals[c]->addIncoming(next[c], b_.GetInsertBlock());
  b_.CreateCondBr(b_.CreateICmpULT(step, size), head, after);
  b_.SetInsertPoint(after);
  results_[s.result] = next;
}

}  // namespace graphc
