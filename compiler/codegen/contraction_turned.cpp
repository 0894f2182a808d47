// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A contraction of few columns, whose first operand's rows lie side by side: a register holds a column of as many rows as it is
// wide, so that no lane is idle. The sums are turned in registers before what follows them, in a function of its own: the code of
// a square is long.
#include <llvm/IR/IRBuilder.h>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

void KernelEmitter::contract_turned(const Statement& s) {
  hoist({s}, s.variable);
  int64_t width = target_.vector_floats, rows = std::max<int64_t>(s.tile_m / width, 1) * width;
  Bounds range = bounds(s.variable, s.extent);
  auto floor_to = [&](Value* low, int64_t multiple) { return b_.CreateAdd(low, b_.CreateAnd(b_.CreateSub(range.high, low), integer(-multiple)), "", true, true); };
  auto tiles = [&](Value* low, Value* high, int64_t count) {
    count_loop(low, high, count, [&](Value* row) { turned_tile(s, row, count / width); });
  };
  Value *whole = floor_to(range.low, rows), *registers = floor_to(whole, width);
  if (!(range.known >= 0 && range.known < rows)) tiles(range.low, whole, rows);
  if (rows > width && !(range.known >= 0 && range.known % rows < width)) tiles(whole, registers, width);
  // Fewer rows than a register holds.
  if (s.extent.size % width == 0 || (range.known >= 0 && range.known % width == 0)) return;
  with_chunks(s.n_variable, chunks(integer(0), s.n_extent.size, masks_fit()), [&] { contract_ones(s, registers, range.high, {integer(0), extent(s.k_extent)}, nullptr); });
}

// Sums of registers x columns; row by row they would be columns x registers.
void KernelEmitter::turned_tile(const Statement& s, Value* row, int64_t registers) {
  const Expr &a = k_.exprs[s.value], &b = k_.exprs[s.other];
  llvm::Type *element = b_.getFloatTy(), *type = vector_of(element, target_.vector_floats);
  int64_t columns = s.n_extent.size, width = target_.vector_floats;
  std::vector<Value*> place = variables_;
  place[s.variable] = row;
  place[s.n_variable] = place[s.k_variable] = integer(0);
  Value *first_a = address(a.id, element_index(a.index, place)), *first_b = address(b.id, element_index(b.index, place));
  Sums zeros(size_t(registers * columns), llvm::Constant::getNullValue(type));
  Value* count = extent(s.k_extent);
  auto known = llvm::dyn_cast<llvm::ConstantInt>(count);
  Sums sums = sum_loop(integer(0), count, 1, known && known->getSExtValue() > 0, zeros, [&](Value* k, const Sums& before) {
    auto at = [&](Value* first, const Expr& e, int64_t distance, int64_t ahead = 0) {
      Value* index = b_.CreateAdd(b_.CreateMul(k, integer(e.index.along(s.k_variable))), integer(distance + ahead * e.index.along(s.k_variable)));
      return b_.CreateGEP(element, first, index);
    };
    Sums of_a, next(before.size());
    for (int64_t r = 0; r < registers; r++) {
      of_a.push_back(b_.CreateAlignedLoad(type, at(first_a, a, r * width), llvm::Align(4)));
      if (s.fetch & fetch_a) fetch(at(first_a, a, r * width, ahead_a), 1);
    }
    for (int64_t n = 0; n < columns; n++) {
      Value* x = splat(b_, b_.CreateAlignedLoad(element, at(first_b, b, n * b.index.along(s.n_variable)), llvm::Align(4)), int(width));
      for (int64_t r = 0; r < registers; r++) {
        size_t i = size_t(r * columns + n);
        next[i] = target_.fma ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {type}, {x, of_a[size_t(r)], before[i]})
                              : b_.CreateFAdd(b_.CreateFMul(of_a[size_t(r)], x), before[i]);
      }
    }
    return next;
  });
  Value* scratch = stack_slot(llvm::ArrayType::get(type, sums.size()));
  for (size_t i = 0; i < sums.size(); i++) b_.CreateAlignedStore(sums[i], b_.CreateConstInBoundsGEP1_64(type, scratch, uint64_t(i)), llvm::Align(64));
  if (!turn_) turn_ = KernelEmitter(module_, k_, target_, max_rows_, name_ + "_turn").run_turn(s);
  std::vector<Value*> arguments = buffers_;
  arguments.insert(arguments.end(), {rows_, scratch, row, integer(registers)});
  for (uint32_t v = 0; v < s.variable; v++) arguments.push_back(variables_[v]);
  b_.CreateCall(turn_, arguments);
}

// void(buffers..., i32 rows, scratch, row, registers, outer variables...)
llvm::Function* KernelEmitter::run_turn(const Statement& s) {
  std::vector<llvm::Type*> extra{llvm::PointerType::getUnqual(b_.getContext())};
  extra.insert(extra.end(), 2 + s.variable, integer_);
  begin(std::move(extra), name_);
  auto argument = [&](size_t i) { return function_->getArg(unsigned(k_.buffers.size() + 1 + i)); };
  Value *scratch = argument(0), *row = argument(1), *registers = argument(2);
  for (uint32_t v = 0; v < s.variable; v++) variables_[v] = argument(3 + v);
  result_varies_[s.result] = true;
  hoist({s}, s.variable);
  int width = target_.vector_floats, columns = int(s.n_extent.size);
  llvm::Type* type = vector_of(b_.getFloatTy(), width);
  count_loop(integer(0), registers, 1, [&](Value* r) {
    Value* first = b_.CreateInBoundsGEP(type, scratch, b_.CreateMul(r, integer(columns), "", true, true));
    std::vector<Value*> block(size_t(width), llvm::Constant::getNullValue(type));
    for (int n = 0; n < columns; n++) block[size_t(n)] = b_.CreateAlignedLoad(type, b_.CreateConstInBoundsGEP1_64(type, first, uint64_t(n)), llvm::Align(64));
    transpose_block(block);
    Value* at = b_.CreateAdd(row, b_.CreateMul(r, integer(width), "", true, true), "", true, true);
    with_chunks(s.n_variable, {{integer(0), width, columns}}, [&] { contract_epilogue(s, at, width, block); });
  });
  b_.CreateRetVoid();
  b_.SetInsertPoint(entry_);
  b_.CreateBr(&*std::next(function_->begin()));
  return function_;
}

}  // namespace graphc
