// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// loops: how one kernel computes. A small tree of statements over hash-consed expressions; codegen turns it into LLVM IR
// with explicit vectors. A kernel names its buffers by number, so equal kernels are one function.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace graphc::loops {

using ExprId = uint32_t;
inline constexpr ExprId no_expr = ~ExprId{0};
inline constexpr uint32_t no_buffer = ~uint32_t{0};
// About how many operations a task has: some half a microsecond's, where handing it out may pay.
inline constexpr double task_operations = 65536;
inline constexpr uint8_t fetch_a = 1, fetch_b = 2, fetch_body = 4;

// A place in a buffer, in elements: offset + sum of stride * variable, + stride * dynamic, clamped into [0, limit).
struct Index {
  int64_t offset = 0;
  std::vector<int64_t> stride;  // one a variable of the kernel; missing ones are 0
  ExprId dynamic = no_expr;
  int64_t dynamic_stride = 0, dynamic_limit = 0;

  int64_t along(uint32_t variable) const { return variable < stride.size() ? stride[variable] : 0; }
  void add(uint32_t variable, int64_t amount);
  bool operator==(const Index&) const = default;
};

struct Expr {
  enum Kind : uint8_t {
    constant,  // value
    load,      // buffer id at index
    position,  // index, without dynamic part, as i32
    rows,      // the rows of this call, i32
    result,    // of the reduce or contract statement id
    apply,     // op of `node` on arguments: elementwise
  } kind;
  DType dtype;
  uint32_t id = 0;
  double value = 0;
  Index index = {};
  Node node = {};  // apply: op, type and attributes
  std::vector<ExprId> arguments = {};
};

struct Statement;
using Block = std::vector<Statement>;

struct Statement {
  enum Kind : uint8_t {
    loop,      // for variable in [0, extent): body, one at a time
    vector,    // the same, many at a time; no statement of the body depends on another element's
    store,     // buffer[index] = value
    add,       // buffer[index] += value; dropped where the dynamic index leaves [0, limit)
    reduce,    // result = combine over variable in [0, extent) of value, in the order that `lanes` says; usable behind it
    transpose, // buffer[index] = value over variable and n_variable; the load is contiguous along the first, the store along the second
    contract,  // result(m, n) = sum over k of a * b; the body runs for each m and n
  } kind;
  uint32_t variable = 0;  // loop, vector, reduce: over which; contract: m
  Dim extent = 1;
  Block body = {};
  uint32_t buffer = 0;  // store, add
  Index index = {};
  ExprId value = no_expr;  // store, add, reduce; contract: a, over m and k
  uint32_t result = 0;     // reduce, contract
  Op op = Op::reduce_sum;  // reduce: what combines; contract: products are added with fma
  bool lanes = false;      // reduce: 16 lanes and the tree, else index order in blocks of 1,024
  // contract; a reduce whose op is contract multiplies value and other
  ExprId other = no_expr;  // b, over k and n
  uint32_t n_variable = 0, k_variable = 0;
  Dim n_extent = 1, k_extent = 1;
  int tile_m = 1, tile_n = 1;
  // b's columns of a tile are copied together, so many steps of k at a time (a part of 1,024), and all rows read the copy; 0: b is
  // read where it lies. Sums wait on the stack from panel to panel.
  int64_t panel = 0;
  int64_t row_block = 0;  // so many rows go through all columns before the next rows do; 0: all of them
  // Where sums wait from one block of k to the next, so that all columns go through a block before the next one begins:
  // [m in whole tiles, n]. Without it a tile keeps its own sums until its last block.
  uint32_t sums = no_buffer;
  // The columns are fewer than a register holds, and a's rows lie side by side: registers hold rows, one a column, and are turned
  // before the body.
  bool turned = false;
  bool interleave = false;  // what follows the sums of a tile is done register by register between the steps of the next tile
  uint8_t fetch = 0;  // what is asked for some steps ahead, because it lies far away: bits of fetch_a, fetch_b, fetch_body
};

struct Kernel {
  struct Buffer {
    DType dtype;
    bool written = false;
  };
  std::string name;  // not part of its identity
  std::vector<Buffer> buffers;
  std::vector<Expr> exprs;
  uint32_t variables = 0, results = 0;
  Block body;
  // Tasks (of a contraction also over n): task t runs task_variable in [t * task_chunk, (t + 1) * task_chunk), cut at its extent. 0: one task.
  uint32_t task_variable = 0;
  int64_t task_chunk = 0;
  Dim task_extent = 1;

  ExprId add(Expr expr);  // hash-consed
  uint32_t tasks(int64_t rows) const;

 private:
  std::map<std::string, ExprId> known_;
};

// The text form (parse_loops.h shows and reads it), without the kernel's name: equal text is equal code. Numbers are exact.
std::string print(const Kernel& kernel);
std::string print_named(const Kernel& kernel);
// "graphc.loops 1", then kernels with their names.
std::string print_text(std::span<const Kernel> kernels);
std::string print_expr(const Expr& expr);  // what stands behind "e7: "
std::string print_statement(const Statement& statement);  // without its body

// What codegen relies on, checked anew: numbers in range, types, scopes, tasks that write apart. Throws InternalError with
// the kernel's name and the line.
void verify(const Kernel& kernel, int64_t max_rows = 1);

// Operations for one element, weighed: a division or an exponential counts as several.
double weight(const Kernel& kernel, ExprId id);

// A kernel has at most so many variables, and so many results.
inline constexpr uint32_t most_variables = 32;

// Variables and results that an expression depends on, as two bit sets, variables low.
uint64_t dependences(const Kernel& kernel, ExprId id);

}  // namespace graphc::loops
