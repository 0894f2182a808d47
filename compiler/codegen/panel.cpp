// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies that change the order of elements: transposes, and the panels of contractions.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

// Square blocks in registers, by exchanging halves of pairs: halves of the block, then quarters, down to single elements.
static void transpose_block(llvm::IRBuilderBase& b, std::vector<Value*>& rows) {
  int width = int(rows.size());
  for (int half = width / 2; half; half /= 2)
    for (int k = 0; k < width; k++) {
      if (k & half) continue;
      std::vector<int> low, high;
      for (int l = 0; l < width; l++) {
        low.push_back(l & half ? width + l - half : l);
        high.push_back(l & half ? width + l : l + half);
      }
      Value *x = rows[size_t(k)], *y = rows[size_t(k + half)];
      rows[size_t(k)] = b.CreateShuffleVector(x, y, low);
      rows[size_t(k + half)] = b.CreateShuffleVector(x, y, high);
    }
}

void KernelEmitter::transpose(const Statement& s) {
  Bounds rows = bounds(s.variable, s.extent);
  const Expr& e = k_.exprs[s.value];
  int64_t width = target_.vector_floats;
  auto at = [&](const Index& index, Value* i, Value* j) {
    std::vector<Value*> place = variables_;
    place[s.variable] = i;
    place[s.n_variable] = j;
    return element_index(index, place);
  };
  auto one_by_one = [&](Value* low, Value* high, Value* from, Value* to) {
    count_loop(low, high, 1, [&](Value* i) {
      count_loop(from, to, 1, [&](Value* j) {
        Value* x = b_.CreateAlignedLoad(b_.getFloatTy(), address(e.id, at(e.index, i, j)), llvm::Align(4));
        b_.CreateAlignedStore(x, address(s.buffer, at(s.index, i, j)), llvm::Align(4));
      });
    });
  };
  Value* columns = extent(s.n_extent);
  if (width < 4) return one_by_one(rows.low, rows.high, integer(0), columns);
  Value* whole_rows = b_.CreateAdd(rows.low, b_.CreateAnd(b_.CreateSub(rows.high, rows.low), integer(-width)));
  Value* whole_columns = b_.CreateAnd(columns, integer(-width));
  llvm::Type* type = vector_of(b_.getFloatTy(), int(width));
  count_loop(rows.low, whole_rows, width, [&](Value* i) {
    count_loop(integer(0), whole_columns, width, [&](Value* j) {
      std::vector<Value*> block;
      for (int64_t l = 0; l < width; l++)
        block.push_back(b_.CreateAlignedLoad(type, address(e.id, at(e.index, i, b_.CreateAdd(j, integer(l)))), llvm::Align(4)));
      transpose_block(b_, block);
      for (int64_t l = 0; l < width; l++) b_.CreateAlignedStore(block[size_t(l)], address(s.buffer, at(s.index, b_.CreateAdd(i, integer(l)), j)), llvm::Align(4));
    });
  });
  one_by_one(rows.low, whole_rows, whole_columns, columns);
  one_by_one(whole_rows, rows.high, integer(0), columns);
}

// b's columns of this tile for some steps of k, step by step: they lie along k, and are turned in registers.
void KernelEmitter::pack(const Statement& s, const Panel& panel) {
  const Expr& e = k_.exprs[s.other];
  llvm::Type* element = b_.getFloatTy();
  Value* count = b_.CreateSub(panel.high, panel.low, "", true, true);
  auto to = [&](Value* k, Value* column) {
    return b_.CreateInBoundsGEP(element, panel.data, b_.CreateAdd(b_.CreateMul(k, integer(panel.width), "", true, true), column, "", true, true));
  };
  auto known = llvm::dyn_cast<llvm::ConstantInt>(count);
  auto columns = [&](Value* base, int64_t width, int64_t active, Value* column) {
    // `steps` of at most `width` steps from k on; the other lanes of what is loaded are never stored.
    auto square = [&](Value* k, int64_t steps) {
      llvm::Type* type = vector_of(element, int(width));
      std::vector<Value*> block(size_t(width), llvm::Constant::getNullValue(type)), place = variables_;
      place[s.k_variable] = b_.CreateAdd(panel.low, k, "", true, true);
      for (int64_t l = 0; l < active; l++) {
        place[s.n_variable] = l ? b_.CreateAdd(base, integer(l), "", true, true) : base;
        Value* from = address(e.id, element_index(e.index, place));
        block[size_t(l)] = steps == width ? (Value*)b_.CreateAlignedLoad(type, from, llvm::Align(4))
                                          : b_.CreateMaskedLoad(type, from, llvm::Align(4), first_lanes(b_, int(width), int(steps)), llvm::Constant::getNullValue(type));
      }
      transpose_block(b_, block);
      for (int64_t l = 0; l < steps; l++) b_.CreateAlignedStore(block[size_t(l)], to(l ? b_.CreateAdd(k, integer(l), "", true, true) : k, column), llvm::Align(4));
    };
    auto one_by_one = [&](Value* k) {
      std::vector<Value*> place = variables_;
      place[s.k_variable] = b_.CreateAdd(panel.low, k, "", true, true);
      for (int64_t l = 0; l < active; l++) {
        place[s.n_variable] = b_.CreateAdd(base, integer(l), "", true, true);
        b_.CreateAlignedStore(b_.CreateAlignedLoad(element, address(e.id, element_index(e.index, place)), llvm::Align(4)), to(k, b_.CreateAdd(column, integer(l), "", true, true)), llvm::Align(4));
      }
    };
    bool squares = width >= 4;
    Value* whole = squares ? b_.CreateAnd(count, integer(-width)) : integer(0);
    if (squares && !(known && known->getSExtValue() < width)) count_loop(integer(0), whole, width, [&](Value* k) { square(k, width); });
    int64_t rest = known ? known->getSExtValue() % width : 0;
    if (squares && rest && width == target_.vector_floats && masks_fit()) square(whole, rest);
    else if (!squares || !known || rest) count_loop(whole, count, 1, one_by_one);
  };
  // Registers of one kind are one piece of code.
  int64_t column = 0;
  for (size_t c = 0; c < chunks_.size();) {
    size_t end = c + 1;
    while (end < chunks_.size() && chunks_[end].width == chunks_[c].width && chunks_[end].active == chunks_[c].active) end++;
    int64_t width = chunks_[c].width, active = chunks_[c].active, run = int64_t(end - c);
    Value* base = chunks_[c].base;
    if (run == 1) columns(base, width, active, integer(column));
    else count_loop(integer(0), integer(run * width), width, [&](Value* j) { columns(b_.CreateAdd(base, j, "", true, true), width, active, b_.CreateAdd(j, integer(column), "", true, true)); });
    column += run * width;
    c = end;
  }
}

}  // namespace graphc
