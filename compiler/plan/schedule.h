// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes that a kernel's speed depends on and its bits do not: register tiles and tasks.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "ir/loops.h"
#include "ir/target.h"

namespace graphc {

struct Tile {
  int m, n;  // rows, and columns of floats
  bool operator==(const Tile&) const = default;
};
// C[m, n] = sum over k of A[m, k] B[k, n], at the maximum of rows.
struct ContractionShape {
  int64_t m, n, k;
  bool divide;               // the row tile must divide m, because rows cannot be done twice
  bool rows_known, columns_known;  // at compile time
  bool alone;                // the whole kernel, without loops around
  // Floats between neighbours of A along its rows and its steps of k, and of B along its steps of k and its columns; 0 where they
  // are no plain loads.
  int64_t a_row, a_step, b_step, b_column;
  int64_t body_bytes;        // what the epilogue loads for each element of C
  bool body_divides;         // it divides or takes roots
  // Which product it is; no schedule depends on it.
  std::string_view entry = {};
  ValueId value = no_value;
};
struct ContractionSchedule {
  Tile tile;
  int64_t panel, row_block;  // as in loops.h
  bool sums, turned, interleave;
  uint8_t fetch;
  bool tasks_over_columns;
  int64_t task_chunk;        // rows or columns of a task
  bool operator==(const ContractionSchedule&) const = default;
};
ContractionSchedule schedule_contraction(const Target& target, const ContractionShape& shape);
// What may be faster than `base`, for a search that measures: all of them give the same bits.
std::vector<ContractionSchedule> alternatives(const Target& target, const ContractionShape& shape, const ContractionSchedule& base);
// Changes what was chosen: a schedule that was found by trying, or a test that tries all.
using AdjustSchedule = std::function<void(const ContractionShape&, ContractionSchedule&)>;

// Of rows that lie `stride` floats apart, how many a cache of this size keeps when each is read in turn: rows whose distance is
// a power of two meet in few of its sets.
int64_t rows_kept(int64_t cache_bytes, int64_t stride);

// How many steps of the task variable make a task, when each step costs `cost` element operations.
int64_t choose_chunk(int64_t steps, double cost, int64_t multiple);

}  // namespace graphc
