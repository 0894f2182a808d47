// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops and stores.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>

#include "compiler/codegen/expression.h"
#include "compiler/codegen/kernel_emitter.h"

namespace graphc {

using namespace loops;
using llvm::Value;

void KernelEmitter::block(const Block& statements) {
  for (size_t i = 0; i < statements.size(); i++) {
    group_.clear();
    const Statement& s = statements[i];
    switch (s.kind) {
      case Statement::loop: loop(s); break;
      case Statement::vector: vector_loop(s); break;
      case Statement::add: add_at(s); break;
      case Statement::reduce: reduce(s); break;
      case Statement::contract: contract(s); break;
      case Statement::transpose: transpose(s); break;
      case Statement::store: {
        size_t last = i;
        while (last < statements.size() && statements[last].kind == Statement::store) last++;
        stores(&statements[i], statements.data() + last);
        i = last - 1;
        break;
      }
    }
  }
  group_.clear();
}

KernelEmitter::Bounds KernelEmitter::bounds(uint32_t variable, Dim size) {
  bool is_task = k_.task_chunk && variable == k_.task_variable;
  int64_t known = size.is_batch ? -1 : size.size;
  if (!is_task || (known >= 0 && known <= k_.task_chunk)) return {integer(0), extent(size), known};
  Value* low = b_.CreateMul(b_.CreateZExtOrTrunc(task_, integer_), integer(k_.task_chunk), "", true, true);
  Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(k_.task_chunk), "", true, true), extent(size));
  bool equal_tasks = known >= 0 && known % k_.task_chunk == 0;
  return {low, high, equal_tasks ? k_.task_chunk : -1};
}

Value* KernelEmitter::stack_slot(llvm::Type* type) {
  llvm::IRBuilder<> at_entry(entry_, entry_->end());
  auto slot = at_entry.CreateAlloca(type);
  slot->setAlignment(llvm::Align(64));
  return slot;
}

void KernelEmitter::count_loop(Value* low, Value* high, int64_t step, const std::function<void(Value*)>& body) {
  auto& context = b_.getContext();
  auto before = b_.GetInsertBlock();
  auto head = llvm::BasicBlock::Create(context, "loop", function_);
  auto after = llvm::BasicBlock::Create(context, "after", function_);
  auto l = llvm::dyn_cast<llvm::ConstantInt>(low), h = llvm::dyn_cast<llvm::ConstantInt>(high);
  if (l && h && l->getSExtValue() < h->getSExtValue()) b_.CreateBr(head);  // at least once
  else b_.CreateCondBr(b_.CreateICmpULT(low, high), head, after);
  b_.SetInsertPoint(head);
  auto i = b_.CreatePHI(integer_, 2);
  i->addIncoming(low, before);
  known_.emplace_back();
  body(i);
  known_.pop_back();
  group_.clear();
  Value* next = b_.CreateAdd(i, integer(step), "", true, true);
  i->addIncoming(next, b_.GetInsertBlock());
  b_.CreateCondBr(b_.CreateICmpULT(next, high), head, after);
  b_.SetInsertPoint(after);
}

void KernelEmitter::loop(const Statement& s) {
  Bounds range = bounds(s.variable, s.extent);
  hoist(s.body, s.variable);
  count_loop(range.low, range.high, 1, [&](Value* i) {
    variables_[s.variable] = i;
    block(s.body);
  });
}

void KernelEmitter::with_chunks(uint32_t variable, std::vector<Chunk> list, const std::function<void()>& body) {
  std::swap(chunks_, list);
  int outer = vector_variable_;
  vector_variable_ = int(variable);
  known_.emplace_back();
  body();
  known_.pop_back();
  group_.clear();
  vector_variable_ = outer;
  std::swap(chunks_, list);
}

// Masked loads and stores of bytes are no instructions on most targets.
bool KernelEmitter::masks_fit() const {
  if (!target_.masks) return false;
  for (const auto& b : k_.buffers)
    if (b.dtype == DType::u8) return false;
  return true;
}

// Whole registers, then a tail: a narrower register where its size is a power of two, a masked one where the target has
// masks, else several narrower ones.
std::vector<Chunk> KernelEmitter::chunks(Value* base, int64_t count, bool masks) {
  std::vector<Chunk> list;
  int width = std::max(1, target_.vector_floats);
  int64_t at = 0;
  auto add = [&](int w, int active) {
    list.push_back({at ? b_.CreateAdd(base, integer(at), "", true, true) : base, w, active});
    at += active;
  };
  while (count - at >= width) add(width, width);
  while (at < count) {
    int rest = int(count - at), power = 1;
    while (power * 2 <= rest) power *= 2;
    if (masks && power != rest) add(width, rest);
    else add(power, power);
  }
  return list;
}

void KernelEmitter::vector_loop(const Statement& s) {
  Bounds range = bounds(s.variable, s.extent);
  int64_t width = std::max(1, target_.vector_floats);
  double cost = 0;
  bool has_reduce = false;
  for (const Statement& t : s.body) {
    cost += t.value == no_expr ? 0 : weight(k_, t.value);
    has_reduce |= t.kind == Statement::reduce;
  }
  bool masks = masks_fit();
  auto run = [&](std::vector<Chunk> list) { with_chunks(s.variable, std::move(list), [&] { block(s.body); }); };
  int64_t pieces = range.known < 0 ? -1 : (range.known + width - 1) / width + (masks ? 0 : 2);
  // Few and cheap enough: all of them at once, without a loop.
  bool unroll = range.known >= 0 && width > 1 && (pieces <= 1 || (pieces <= 8 && double(pieces) * cost <= 96));
  if (range.known == 0) return;
  if (unroll) return run(chunks(range.low, range.known, masks));

  hoist(s.body, s.variable);
  int64_t group = width > 1 && (has_reduce || cost <= 8) ? 4 : 1;
  Value *at = range.low, *end = range.high;
  auto whole = [&](int64_t count) {
    if (range.known >= 0) {
      int64_t done = range.known / (count * width) * (count * width);
      Value* stop = b_.CreateAdd(range.low, integer(done), "", true, true);
      if (done) count_loop(at, stop, count * width, [&](Value* i) { run(chunks(i, count * width, masks)); });
      at = stop;
    } else {
      // The largest multiple above low that is not behind the end.
      Value* length = b_.CreateSub(end, at, "", true, true);
      Value* done = b_.CreateAnd(length, integer(-(count * width)));
      Value* stop = b_.CreateAdd(at, done, "", true, true);
      count_loop(at, stop, count * width, [&](Value* i) { run(chunks(i, count * width, masks)); });
      at = stop;
    }
  };
  if ((group & (group - 1)) == 0 && (width & (width - 1)) == 0 && group > 1 && (range.known < 0 || range.known >= group * width)) whole(group);
  if (range.known >= 0) {
    int64_t rest = group > 1 && range.known >= group * width ? range.known % (group * width) : range.known;
    if (group == 1 && rest >= width) {
      whole(1);
      rest %= width;
    }
    if (rest) run(chunks(at, rest, masks));
    return;
  }
  whole(1);
  // c * rows with a c that vectors divide leaves no tail.
  if (width > 1 && !(s.extent.size % width == 0 && k_.task_chunk % width == 0))
    count_loop(at, end, 1, [&](Value* i) { run({{i, 1, 1}}); });
}

void KernelEmitter::stores(const Statement* first, const Statement* last) {
  size_t count = in_vector() ? chunks_.size() : 1;
  for (size_t c = 0; c < count; c++) {
    group_.clear();
    // All values before the first store: an update must not be seen by its neighbours.
    std::vector<Value*> values;
    for (const Statement* s = first; s != last; s++) values.push_back(value(s->value, c));
    for (const Statement* s = first; s != last; s++) store_value(*s, values[size_t(s - first)], c);
  }
  group_.clear();
}

void KernelEmitter::store_value(const Statement& s, Value* v, size_t chunk) {
  DType dtype = k_.buffers[s.buffer].dtype;
  llvm::Align align(uint64_t(bytes(dtype)));
  v = narrow(dtype, v);
  std::vector<Value*> at = variables_;
  if (in_vector()) at[size_t(vector_variable_)] = chunks_[chunk].base;
  Value* index = element_index(s.index, at);
  if (!in_vector() || chunks_[chunk].width == 1) {
    b_.CreateAlignedStore(v, address(s.buffer, index), align);
    return;
  }
  const Chunk& c = chunks_[chunk];
  int64_t stride = s.index.along(uint32_t(vector_variable_));
  if (stride == 1 && c.active == c.width) {
    b_.CreateAlignedStore(v, address(s.buffer, index), align);
  } else if (stride == 1) {
    b_.CreateMaskedStore(v, address(s.buffer, index), align, first_lanes(b_, c.width, c.active));
  } else {
    for (int l = 0; l < c.active; l++)
      b_.CreateAlignedStore(b_.CreateExtractElement(v, uint64_t(l)), address(s.buffer, b_.CreateAdd(index, integer(l * stride))), align);
  }
}

void KernelEmitter::add_at(const Statement& s) {
  auto& context = b_.getContext();
  Value *v = scalar(s.value), *row = scalar(s.index.dynamic), *place = element_index(s.index, variables_);
  Value* inside = b_.CreateICmpULT(row, b_.getInt32(uint32_t(s.index.dynamic_limit)));
  auto then = llvm::BasicBlock::Create(context, "add", function_), after = llvm::BasicBlock::Create(context, "added", function_);
  b_.CreateCondBr(inside, then, after);
  b_.SetInsertPoint(then);
  Value* to = address(s.buffer, b_.CreateAdd(place, dynamic_row(s.index, row, false)));
  b_.CreateAlignedStore(b_.CreateFAdd(b_.CreateAlignedLoad(b_.getFloatTy(), to, llvm::Align(4)), v), to, llvm::Align(4));
  b_.CreateBr(after);
  b_.SetInsertPoint(after);
}

}  // namespace graphc
