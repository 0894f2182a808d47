// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies that change the order of elements: transposes, and the panels of contractions.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>
#include <functional>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

// Square blocks in registers, by exchanging halves of pairs: halves of the block, then quarters, down to single elements.
void KernelEmitter::transpose_block(std::vector<Value*>& rows) {
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
      rows[size_t(k)] = b_.CreateShuffleVector(x, y, low);
      rows[size_t(k + half)] = b_.CreateShuffleVector(x, y, high);
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
      transpose_block(block);
      for (int64_t l = 0; l < width; l++) b_.CreateAlignedStore(block[size_t(l)], address(s.buffer, at(s.index, b_.CreateAdd(i, integer(l)), j)), llvm::Align(4));
    });
  });
  one_by_one(rows.low, whole_rows, whole_columns, columns);
  one_by_one(whole_rows, rows.high, integer(0), columns);
}

// b's columns of this tile for some steps of k, step by step: they lie along k, and are turned in registers, a square at a time. The
// last squares move back, and do some columns and steps again.
void KernelEmitter::pack(const Statement& s, const Panel& panel) {
  const Expr& e = k_.exprs[s.other];
  llvm::Type* element = b_.getFloatTy();
  int64_t width = target_.vector_floats, active = 0;
  for (const Chunk& c : chunks_) active += c.active;
  Value *count = b_.CreateSub(panel.high, panel.low, "", true, true), *base = chunks_[0].base;
  auto known = llvm::dyn_cast<llvm::ConstantInt>(count);
  auto from = [&](Value* k, Value* column) {
    std::vector<Value*> place = variables_;
    place[s.k_variable] = b_.CreateAdd(panel.low, k, "", true, true);
    place[s.n_variable] = b_.CreateAdd(base, column, "", true, true);
    return address(e.id, element_index(e.index, place));
  };
  auto to = [&](Value* k, Value* column) {
    return b_.CreateInBoundsGEP(element, panel.data, b_.CreateAdd(b_.CreateMul(k, integer(panel.width), "", true, true), column, "", true, true));
  };
  auto behind = [&](Value* x, int64_t distance) { return distance ? b_.CreateAdd(x, integer(distance), "", true, true) : x; };
  // Fewer columns than a register: the other lanes are zeros that nobody reads.
  auto square = [&](Value* k, Value* column) {
    llvm::Type* type = vector_of(element, int(width));
    std::vector<Value*> block(size_t(width), llvm::Constant::getNullValue(type));
    for (int64_t l = 0; l < std::min(width, active); l++) block[size_t(l)] = b_.CreateAlignedLoad(type, from(k, behind(column, l)), llvm::Align(4));
    transpose_block(block);
    for (int64_t l = 0; l < width; l++) b_.CreateAlignedStore(block[size_t(l)], to(behind(k, l), column), llvm::Align(4));
  };
  auto columns = [&](const std::function<void(Value*)>& body) {
    if (active <= width) return body(integer(0));
    count_loop(integer(0), integer(active), width, [&](Value* j) { body(active % width ? b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, j, integer(active - width)) : j); });
  };
  // So few steps that the code of a square is not worth its time to compile.
  auto few_steps = [&](int64_t steps) {
    count_loop(integer(0), integer(active), 1, [&](Value* j) {
      for (int64_t l = 0; l < steps; l++) b_.CreateAlignedStore(b_.CreateAlignedLoad(element, from(integer(l), j), llvm::Align(4)), to(integer(l), j), llvm::Align(4));
    });
  };
  auto one_by_one = [&] {
    count_loop(integer(0), count, 1, [&](Value* k) {
      count_loop(integer(0), integer(active), 1, [&](Value* j) {
        b_.CreateAlignedStore(b_.CreateAlignedLoad(element, from(k, j), llvm::Align(4)), to(k, j), llvm::Align(4));
      });
    });
  };
  auto squares = [&] {
    columns([&](Value* j) {
      count_loop(integer(0), count, width, [&](Value* k) {
        bool whole = known && known->getSExtValue() % width == 0;
        square(whole ? k : b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, k, b_.CreateSub(count, integer(width), "", true, true)), j);
      });
    });
  };
  if (known && known->getSExtValue() < width) return few_steps(known->getSExtValue());
  // The last panel of a block, or a sum over the batch, may have fewer steps than a square. Panels divide whole blocks.
  int64_t rest = s.k_extent.is_batch ? 1 : s.k_extent.size % 1024 % s.panel;
  if (known || rest == 0 || rest >= width) return squares();
  branch(b_.CreateICmpULT(count, integer(width)), one_by_one, squares);
}

}  // namespace graphc
