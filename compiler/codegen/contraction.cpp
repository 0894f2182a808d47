// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The register-tiled contraction: rows x columns of sums stay in registers while k runs (contraction_steps.cpp). Around that,
// from the outside: blocks of k where sums wait in memory, blocks of rows, the columns of a tile, its rows.
//
// Where b's columns lie across the steps of k, or far apart, those of a tile are copied into a panel, which all rows share:
// the first tile of rows copies what it reads, or panel.cpp turns them before.
#include <llvm/IR/IRBuilder.h>

#include <algorithm>
#include <numeric>
#include <optional>

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
  if (s.turned && s.n_extent.size <= target_.vector_floats && masks_fit()) return contract_turned(s);
  hoist({s}, s.variable);
  Value* size = extent(s.k_extent);
  if (s.sums == no_buffer) return contract_block(s, {integer(0), size});
  count_loop(integer(0), size, block_size, [&](Value* low) {
    Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(block_size), "", true, true), size);
    contract_block(s, {low, high, b_.CreateIsNull(low), b_.CreateICmpEQ(high, size)});
  });
}

// B is read where it lies by single rows, and by tiles whose panel is made of what they read.
static bool lies_across(const Kernel& k, const Statement& s) { return s.panel && k.exprs[s.other].index.along(s.n_variable) != 1; }

void KernelEmitter::contract_block(const Statement& s, const Steps& steps) {
  Bounds rows = bounds(s.variable, s.extent), columns = bounds(s.n_variable, s.n_extent);
  std::optional<Panel> shared;
  if (int64_t width = shared_panel_width(s); width && columns.known == s.n_extent.size) {
    int64_t count = std::max<int64_t>(std::min(s.k_extent.at(max_rows_), block_size), 1);
    shared = Panel{stack_slot(llvm::ArrayType::get(b_.getFloatTy(), uint64_t(count * width))), width, true, steps.low, steps.high};
    with_chunks(s.n_variable, {{integer(0), 1, int(s.n_extent.size)}}, [&] { pack(s, *shared); });
  }
  auto tiles = [&] {
    each_row_block(s, rows, [&](const Bounds& some) {
      each_strip(s, columns, s.tile_n, [&] { contract_columns(s, some, steps, shared ? &*shared : nullptr); });
    });
  };
  if (!s.extent.is_batch || s.tile_m == 1 || lies_across(k_, s)) return tiles();
  // With fewer rows than a tile, one row at a time, for as many columns as one loop over k serves.
  Value* enough = b_.CreateICmpUGE(extent(s.extent), integer(s.tile_m));
  branch(enough, tiles, [&] {
    each_strip(s, columns, few_rows_strip(s), [&] { contract_ones(s, rows.low, rows.high, steps, nullptr); });
  });
}

// Registers of sums of one row hide the latency of their additions; strips of equal width are one piece of code.
int64_t KernelEmitter::few_rows_strip(const Statement& s) const {
  int64_t width = std::max(1, target_.vector_floats), registers = (s.n_extent.size + width - 1) / width;
  int64_t most = std::min<int64_t>(registers, 8), best = most;
  for (int64_t r = most; r >= 4; r--)
    if (registers % r == 0) return r * width;
  return best * width;
}

void KernelEmitter::each_row_block(const Statement& s, const Bounds& rows, const std::function<void(const Bounds&)>& body) {
  if (!s.row_block || (rows.known >= 0 && rows.known <= s.row_block)) return body(rows);
  count_loop(rows.low, rows.high, s.row_block, [&](Value* low) {
    Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(s.row_block), "", true, true), rows.high);
    body({low, high, rows.known >= 0 && rows.known % s.row_block == 0 ? s.row_block : -1});
  });
}

// The task's columns, `width` of them at a time; a task's share begins at a multiple of s.tile_n.
void KernelEmitter::each_strip(const Statement& s, const Bounds& columns, int64_t width, const std::function<void()>& body) {
  bool masks = masks_fit();
  auto strip = [&](Value* j, int64_t count) { with_chunks(s.n_variable, chunks(j, count, masks), body); };
  if (s.n_extent.is_batch) {
    // Columns known at run time only: whole registers, then single columns.
    int64_t lanes = std::max(1, target_.vector_floats);
    Value *size = extent(s.n_extent), *whole = b_.CreateAnd(size, integer(-lanes));
    if (lanes > 1) count_loop(integer(0), whole, lanes, [&](Value* j) { strip(j, lanes); });
    return count_loop(lanes > 1 ? whole : integer(0), size, 1, [&](Value* j) { strip(j, 1); });
  }
  int64_t n = s.n_extent.size;
  if (columns.known != n) width = std::gcd(width, k_.task_chunk);  // tasks share out whole strips
  int64_t whole = n / width * width, rest = n % width;
  if (columns.known == n) {
    if (whole == width) strip(integer(0), width);
    else if (whole) count_loop(integer(0), integer(whole), width, [&](Value* j) { strip(j, width); });
    if (rest) strip(integer(whole), rest);
    return;
  }
  // The last task has the rest.
  Value* stop = rest ? b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, columns.high, integer(whole)) : columns.high;
  count_loop(columns.low, stop, width, [&](Value* j) { strip(j, width); });
  if (rest) count_loop(integer(whole), columns.high, width, [&](Value* j) { strip(j, rest); });
}

// Where all of b that is to be turned is small, it is turned once for all columns: the code of a square is long.
int64_t KernelEmitter::shared_panel_width(const Statement& s) const {
  int64_t steps = s.k_extent.at(max_rows_), n = s.n_extent.size;
  bool one_panel = s.panel && s.sums == no_buffer && steps <= std::min(s.panel, block_size);
  return one_panel && lies_across(k_, s) && n > s.tile_n && n * steps <= 8192 ? std::max<int64_t>(n, target_.vector_floats) : 0;
}

void KernelEmitter::contract_columns(const Statement& s, const Bounds& rows, const Steps& steps, const Panel* shared) {
  if (!s.panel) return contract_rows(s, rows, steps, nullptr);
  if (shared) {
    Panel part = *shared;
    part.data = b_.CreateInBoundsGEP(b_.getFloatTy(), part.data, chunks_[0].base);
    return contract_rows(s, rows, steps, &part);
  }
  Panel panel{nullptr, 0, lies_across(k_, s)};
  for (const Chunk& c : chunks_) panel.width += c.width;
  if (panel.is_made) panel.width = std::max<int64_t>(panel.width, target_.vector_floats);
  int64_t most = std::min(s.k_extent.at(max_rows_), block_size);
  auto floats = [&](int64_t count) { return stack_slot(llvm::ArrayType::get(b_.getFloatTy(), uint64_t(std::max<int64_t>(count, 1) * panel.width))); };
  panel.data = floats(std::min(most, s.panel));
  auto run = [&](Value* low, Value* high) {
    panel.low = low, panel.high = high;
    if (panel.is_made) pack(s, panel);
    contract_rows(s, rows, steps, &panel);
  };
  if (most <= s.panel) return run(steps.low, steps.high);
  int64_t most_rows = rows.known >= 0 ? rows.known : s.row_block ? s.row_block : s.extent.at(max_rows_);
  panel.partial = floats((most_rows + s.tile_m - 1) / s.tile_m * s.tile_m);
  panel.first_row = rows.low;
  count_loop(steps.low, steps.high, s.panel, [&](Value* low) {
    Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(s.panel), "", true, true), steps.high);
    panel.begins = b_.CreateICmpEQ(low, steps.low);
    panel.ends = b_.CreateICmpEQ(high, steps.high);
    run(low, high);
  });
}

void KernelEmitter::contract_ones(const Statement& s, Value* low, Value* high, const Steps& steps, const Panel* panel) {
  Source source = panel && panel->is_made ? Source::panel : Source::memory;
  count_loop(low, high, 1, [&](Value* i) { contract_tile(s, {i, 1, i, source}, steps, panel); });
}

void KernelEmitter::contract_rows(const Statement& s, const Bounds& range, const Steps& steps, const Panel* panel) {
  int64_t rows = s.tile_m;
  bool makes = panel && !panel->is_made;
  Source rest = panel && !makes ? Source::panel : Source::memory;
  Value *scratch = nullptr, *pending = nullptr;
  auto tile = [&](Value* i, int64_t count, Value* place, Source source) {
    known_.emplace_back();
    contract_tile(s, {i, int(count), place, source, scratch, pending}, steps, panel);
    known_.pop_back();
  };
  // Tiles that begin in [low, stop), which is not empty. last: none lies behind it; it moves up, and does some rows again.
  auto loop = [&](Value* stop, Value* last) {
    Value* first = range.low;
    Source source = rest;
    auto row = [&](Value* i) { return last ? b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, i, last) : i; };
    if (s.interleave && makes && !last && is_uniform()) scratch = stack_slot(llvm::ArrayType::get(vector_of(b_.getFloatTy(), chunks_[0].width), uint64_t(rows) * chunks_.size()));
    if (makes) {
      tile(row(first), rows, first, Source::memory_to_panel);
      first = b_.CreateAdd(first, integer(rows), "", true, true);
      source = Source::panel;
    }
    if (!(makes && range.known >= 0 && range.known / rows == 1 && !last)) {
      count_loop(first, stop, rows, [&](Value* i) {
        if (scratch) pending = b_.CreateSub(i, integer(rows), "", true, true);
        tile(row(i), rows, i, source);
      });
    }
    if (scratch) call_epilogue(s, chunks_[0], int64_t(chunks_.size()), scratch, b_.CreateSub(stop, integer(rows), "", true, true), int(rows));
    scratch = pending = nullptr;
    return source;
  };
  if (range.known >= 0 && range.known % rows == 0) return range.known ? void(loop(range.high, nullptr)) : void();
  if (rows == 1) return void(loop(range.high, nullptr));  // a task has at least one row
  if (rows_may_repeat(s)) {
    if (!s.extent.is_batch && s.extent.size < rows) return tile(range.low, range.known, range.low, rest);
    auto moving = [&] { loop(range.high, b_.CreateSub(extent(s.extent), integer(rows), "", true, true)); };
    if (!s.extent.is_batch || !lies_across(k_, s)) return moving();
    return branch(b_.CreateICmpUGE(extent(s.extent), integer(rows)), moving, [&] { contract_ones(s, range.low, range.high, steps, panel); });
  }
  if (range.known >= 0) {
    Value* stop = b_.CreateAdd(range.low, integer(range.known / rows * rows), "", true, true);
    Source source = range.known >= rows ? loop(stop, nullptr) : rest;
    return tile(stop, range.known % rows, stop, source);
  }
  Value* length = b_.CreateSub(range.high, range.low, "", true, true);
  Value* stop = b_.CreateSub(range.high, b_.CreateURem(length, integer(rows)), "", true, true);
  branch(b_.CreateICmpULT(range.low, stop), [&] { loop(stop, nullptr); }, nullptr);
  contract_ones(s, stop, range.high, steps, panel);
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

std::vector<llvm::Type*> KernelEmitter::sum_types(int rows) {
  std::vector<llvm::Type*> types;
  for (int m = 0; m < rows; m++)
    for (const Chunk& c : chunks_) types.push_back(vector_of(b_.getFloatTy(), c.width));
  return types;
}

bool KernelEmitter::is_uniform() const {
  return std::all_of(chunks_.begin(), chunks_.end(), [&](const Chunk& c) { return c.width == chunks_[0].width && c.active == c.width; });
}

void KernelEmitter::contract_tile(const Statement& s, const Tile& tile, const Steps& steps, const Panel* panel) {
  auto types = sum_types(tile.rows);
  Sums zeros;
  for (llvm::Type* t : types) zeros.push_back(llvm::Constant::getNullValue(t));
  if (tile.scratch) {
    Sums sums = contract_steps(s, tile, steps.low, steps.high, zeros, panel);
    for (size_t i = 0; i < sums.size(); i++)
      b_.CreateAlignedStore(sums[i], b_.CreateConstInBoundsGEP1_64(sums[i]->getType(), tile.scratch, uint64_t(i)), llvm::Align(64));
    return;
  }
  // Where a tile's sums wait: one register after the other.
  llvm::Type* frame = llvm::StructType::get(b_.getContext(), types, /*isPacked=*/true);
  auto at = [&](Value* base, size_t i) { return b_.CreateStructGEP(frame, base, unsigned(i)); };
  auto load = [&](Value* base, size_t i) { return b_.CreateAlignedLoad(types[i], at(base, i), llvm::Align(4)); };
  if (panel && panel->partial) {
    Value* row = b_.CreateSub(tile.place, panel->first_row, "", true, true);
    Value* slot = b_.CreateInBoundsGEP(b_.getFloatTy(), panel->partial, b_.CreateMul(row, integer(panel->width), "", true, true));
    auto before = b_.GetInsertBlock(), go_on = llvm::BasicBlock::Create(b_.getContext(), "go_on", function_), start = llvm::BasicBlock::Create(b_.getContext(), "start", function_);
    b_.CreateCondBr(panel->begins, start, go_on);
    b_.SetInsertPoint(go_on);
    Sums waiting, begin;
    for (size_t i = 0; i < types.size(); i++) waiting.push_back(load(slot, i));
    b_.CreateBr(start);
    b_.SetInsertPoint(start);
    for (size_t i = 0; i < types.size(); i++) {
      auto phi = b_.CreatePHI(types[i], 2);
      phi->addIncoming(zeros[i], before);
      phi->addIncoming(waiting[i], go_on);
      begin.push_back(phi);
    }
    Sums sums = contract_steps(s, tile, panel->low, panel->high, begin, panel);
    return branch(panel->ends, [&] { finish_tile(s, tile, steps, sums); }, [&] {
      for (size_t i = 0; i < sums.size(); i++) b_.CreateAlignedStore(sums[i], at(slot, i), llvm::Align(4));
    });
  }
  if (s.sums != no_buffer || s.k_extent.at(max_rows_) <= block_size)
    return finish_tile(s, tile, steps, contract_steps(s, tile, steps.low, steps.high, zeros, panel));
  if (panel) throw InternalError("codegen: a panel of more than one block without sums");
  // Totals wait on the stack: they are touched once in 1,024 steps, and the registers belong to the sums.
  Value* totals = stack_slot(frame);
  count_loop(steps.low, steps.high, block_size, [&](Value* low) {
    Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b_.CreateAdd(low, integer(block_size), "", true, true), steps.high);
    Sums sums = contract_steps(s, tile, low, high, zeros, nullptr);
    Value* is_first = b_.CreateIsNull(low);
    for (size_t i = 0; i < sums.size(); i++)
      b_.CreateAlignedStore(b_.CreateSelect(is_first, sums[i], b_.CreateFAdd(load(totals, i), sums[i])), at(totals, i), llvm::Align(4));
  });
  Sums sums;
  for (size_t i = 0; i < types.size(); i++) sums.push_back(load(totals, i));
  contract_epilogue(s, tile.row, tile.rows, sums);
}

// A block's sums: the totals of the blocks before are added; they wait on, or are the result.
void KernelEmitter::finish_tile(const Statement& s, const Tile& tile, const Steps& steps, Sums sums) {
  if (s.sums == no_buffer) return contract_epilogue(s, tile.row, tile.rows, sums);
  size_t columns = chunks_.size();
  auto each = [&](const std::function<void(size_t, const Chunk&, Value*)>& use) {
    for (size_t i = 0; i < sums.size(); i++) {
      const Chunk& c = chunks_[i % columns];
      Value* row = b_.CreateMul(b_.CreateAdd(tile.place, integer(int64_t(i / columns)), "", true, true), integer(s.n_extent.size), "", true, true);
      use(i, c, address(s.sums, b_.CreateAdd(row, c.base, "", true, true)));
    }
  };
  each([&](size_t i, const Chunk& c, Value* at) {
    llvm::Type* type = sums[i]->getType();
    Value* before = c.active == c.width ? (Value*)b_.CreateAlignedLoad(type, at, llvm::Align(4))
                                        : b_.CreateMaskedLoad(type, at, llvm::Align(4), first_lanes(b_, c.width, c.active), llvm::Constant::getNullValue(type));
    sums[i] = b_.CreateSelect(steps.is_first, sums[i], b_.CreateFAdd(before, sums[i]));
  });
  branch(steps.is_last, [&] { contract_epilogue(s, tile.row, tile.rows, sums); }, [&] {
    each([&](size_t i, const Chunk& c, Value* at) {
      if (c.active == c.width) b_.CreateAlignedStore(sums[i], at, llvm::Align(4));
      else b_.CreateMaskedStore(sums[i], at, llvm::Align(4), first_lanes(b_, c.width, c.active));
    });
  });
}

}  // namespace graphc
