// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// loops -> LLVM IR for one kernel: void kernel(buffers..., i32 rows, i32 task). Internal to codegen.
//
// Statements are emitted for a list of chunks at once: pieces of the vector variable, each a vector register wide or a
// narrower tail. Values that do not change inside of a loop are emitted before it (`hoist`), so no LLVM pass need move them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "ir/loops.h"
#include "ir/target.h"

namespace llvm {
class Function;
class Module;
class Value;
class Type;
class IRBuilderBase;
class BasicBlock;
}  // namespace llvm

namespace graphc {

// A piece of the vector variable: [base, base + width), of which the first `active` exist.
struct Chunk {
  llvm::Value* base;
  int width, active;
};

class KernelEmitter {
 public:
  // max_rows bounds sums over the batch.
  KernelEmitter(llvm::Module& module, const loops::Kernel& kernel, const Target& target, int64_t max_rows, const std::string& name);
  llvm::Function* run();
  // void(buffers..., i32 rows, scratch, row, row count, column, runs, outer variables...): what follows a contraction's sum,
  // for rows x runs registers of `width` sums that lie in the scratch.
  llvm::Function* run_epilogue(const loops::Statement& contract, int width, int active);

 private:
  using ExprId = loops::ExprId;
  using Statement = loops::Statement;
  using Block = loops::Block;
  struct Bounds {
    llvm::Value *low, *high;
    int64_t known;  // high - low where it is constant, else -1
  };

  // kernel_emitter.cpp: values
  llvm::Value* integer(int64_t value);
  llvm::Value* extent(Dim dim);
  llvm::Value* element_index(const loops::Index& index, const std::vector<llvm::Value*>& variables);
  llvm::Value* address(uint32_t buffer, llvm::Value* index);
  llvm::Type* element_type(DType dtype);
  llvm::Value* widen(DType dtype, llvm::Value* loaded);   // u8 -> i32
  llvm::Value* narrow(DType dtype, llvm::Value* value);   // i32 -> u8
  llvm::Value* scalar(ExprId e);
  llvm::Value* vector(ExprId e, size_t chunk);
  llvm::Value* value(ExprId e, size_t chunk) { return in_vector() ? vector(e, chunk) : scalar(e); }
  llvm::Value* compute_scalar(ExprId e);
  llvm::Value* load_vector(const loops::Expr& e, size_t chunk);
  llvm::Value* apply(ExprId e, std::vector<llvm::Value*> arguments, int width);
  llvm::Value* dynamic_row(const loops::Index& index, llvm::Value* row, bool clamp);
  bool in_vector() const { return vector_variable_ >= 0; }
  bool varies(ExprId e) const;  // between the elements of a chunk
  void hoist(const Block& block, uint32_t variable);
  void hoist_expr(ExprId e, uint64_t inner);

  // statements.cpp
  void block(const Block& block);
  void loop(const Statement& s);
  void vector_loop(const Statement& s);
  void stores(const Statement* first, const Statement* last);
  void store_value(const Statement& s, llvm::Value* value, size_t chunk);
  void add_at(const Statement& s);
  Bounds bounds(uint32_t variable, Dim extent);
  std::vector<Chunk> chunks(llvm::Value* base, int64_t count, bool masks);
  // for (i = low; i < high; i += step) body(i)
  void count_loop(llvm::Value* low, llvm::Value* high, int64_t step, const std::function<void(llvm::Value*)>& body);
  void branch(llvm::Value* condition, const std::function<void()>& then, const std::function<void()>& otherwise);
  void with_chunks(uint32_t variable, std::vector<Chunk> list, const std::function<void()>& body);
  llvm::Value* stack_slot(llvm::Type* type);
  bool masks_fit() const;

  // reduction.cpp
  void reduce(const Statement& s);
  void reduce_lanes(const Statement& s);
  void reduce_blocks(const Statement& s);
  llvm::Value* combine(const Statement& s, llvm::Value* a, llvm::Value* b, int width);
  llvm::Value* accumulate(const Statement& s, llvm::Value* sum, size_t chunk, int width);
  llvm::Value* identity(const Statement& s, int width);
  llvm::Value* tree(const Statement& s, std::vector<llvm::Value*> lanes, int width);

  // contraction.cpp
  // A block of k; without is_first and is_last it is the only one.
  struct Steps {
    llvm::Value *low, *high, *is_first = nullptr, *is_last = nullptr;
  };
  // b's columns of a tile for some steps of k, row-major.
  struct Panel {
    llvm::Value* data;
    int64_t width;
    bool is_made;  // else the first tile of rows makes it while it reads b
    // Where there are several in a block: its steps, where sums wait between them, and the row whose sums come first.
    llvm::Value *low = nullptr, *high = nullptr, *begins = nullptr, *ends = nullptr, *partial = nullptr, *first_row = nullptr;
  };
  enum class Source : uint8_t { memory, memory_to_panel, panel };  // of b
  struct Tile {
    llvm::Value* row;
    int rows;
    llvm::Value* place;  // the row that it would begin at if it had not moved up: where its sums wait
    Source source;
    // Interleaved: the sums are left in `scratch`, and what follows them is done while the next tile adds; `pending`: the row
    // of the tile before, whose sums lie there, or null.
    llvm::Value *scratch = nullptr, *pending = nullptr;
  };
  void contract(const Statement& s);
  void contract_block(const Statement& s, const Steps& steps);
  int64_t few_rows_strip(const Statement& s) const;
  int64_t shared_panel_width(const Statement& s) const;
  void each_row_block(const Statement& s, const Bounds& rows, const std::function<void(const Bounds&)>& body);
  void each_strip(const Statement& s, const Bounds& columns, int64_t width, const std::function<void()>& body);
  void contract_columns(const Statement& s, const Bounds& rows, const Steps& steps, const Panel* shared);
  void contract_rows(const Statement& s, const Bounds& range, const Steps& steps, const Panel* panel);
  void contract_ones(const Statement& s, llvm::Value* low, llvm::Value* high, const Steps& steps, const Panel* panel);
  void contract_tile(const Statement& s, const Tile& tile, const Steps& steps, const Panel* panel);
  std::vector<llvm::Type*> sum_types(int rows);
  bool is_uniform() const;  // all chunks are whole registers
  void finish_tile(const Statement& s, const Tile& tile, const Steps& steps, std::vector<llvm::Value*> sums);
  // contraction_steps.cpp
  using Sums = std::vector<llvm::Value*>;
  Sums sum_loop(llvm::Value* low, llvm::Value* high, int64_t step, bool runs, const Sums& begin, const std::function<Sums(llvm::Value*, const Sums&)>& body);
  Sums contract_steps(const Statement& s, const Tile& tile, llvm::Value* low, llvm::Value* high, const Sums& begin, const Panel* panel);
  // How many steps before it is used an operand is asked for that the hardware does not foresee.
  static constexpr int64_t ahead_a = 8, ahead_b = 16;
  void fetch(llvm::Value* address, int level);
  // contraction_turned.cpp
  void contract_turned(const Statement& s);
  void turned_tile(const Statement& s, llvm::Value* row, int64_t registers);
  llvm::Function* run_turn(const Statement& s);
  // panel.cpp
  void transpose_block(std::vector<llvm::Value*>& rows);
  void transpose(const Statement& s);
  void pack(const Statement& s, const Panel& panel);
  // contraction_epilogue.cpp
  std::vector<ExprId> far_loads(const Statement& s) const;
  llvm::Function* epilogue_function(const Statement& s, int width, int active);
  void call_epilogue(const Statement& s, const Chunk& first, int64_t runs, llvm::Value* scratch, llvm::Value* row, int rows);
  void epilogue_register(const Statement& s, llvm::Value* row, const Chunk& chunk, llvm::Value* sum);
  void contract_epilogue(const Statement& s, llvm::Value* row, int rows, std::vector<llvm::Value*>& sums);
  bool rows_may_repeat(const Statement& s) const;

  std::shared_ptr<llvm::IRBuilderBase> builder_;
  llvm::IRBuilderBase& b_;
  const loops::Kernel& k_;
  const Target& target_;
  int64_t max_rows_;
  llvm::Module& module_;
  std::string name_;
  llvm::Function* function_ = nullptr;
  std::map<std::pair<int, int>, llvm::Function*> epilogues_;
  llvm::Function* turn_ = nullptr;
  void begin(std::vector<llvm::Type*> extra, const std::string& name);
  std::vector<llvm::Value*> buffers_, variables_;
  llvm::Value *rows_ = nullptr, *task_ = nullptr, *wide_rows_ = nullptr;
  llvm::Type* integer_ = nullptr;                    // as wide as a pointer
  std::map<ExprId, scalar::Function> functions_;     // of apply expressions
  llvm::BasicBlock* entry_ = nullptr;  // for stack slots
  int vector_variable_ = -1;
  std::vector<Chunk> chunks_;
  std::vector<std::vector<llvm::Value*>> results_;  // one value, or one a chunk
  std::vector<bool> result_varies_;
  // Values emitted so far by nesting level; (expression, chunk), chunk -1 for scalars.
  std::vector<std::map<std::pair<ExprId, int>, llvm::Value*>> known_;
  std::map<std::pair<ExprId, int>, llvm::Value*> group_;  // of expressions that read what this kernel writes: one statement
  std::vector<bool> reads_written_;
  std::vector<uint64_t> dependences_;

  llvm::Value* find_known(ExprId e, int chunk) const;
  void remember(ExprId e, int chunk, llvm::Value* value);
};

}  // namespace graphc
