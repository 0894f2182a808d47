// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes that a kernel's speed depends on and its bits do not: register tiles and tasks.
#pragma once

#include "ir/loops.h"
#include "ir/target.h"

namespace graphc {

struct Tile {
  int m, n;  // rows, and columns of floats
};
// C[m, n] = sum over k of A[m, k] B[k, n], at the maximum of rows.
struct ContractionShape {
  int64_t m, n, k;
  bool divide;        // the row tile must divide m, because rows cannot be done twice
  int64_t b_column;   // floats between neighbouring columns of B, and between its steps of k
  int64_t b_step;
  bool rows_known, columns_known;  // at compile time
};
struct ContractionSchedule {
  Tile tile;
  int64_t pack_m, pack_k;   // as in loops.h; 0: B is read where it lies
  bool tasks_over_columns;
  int64_t task_chunk;       // rows or columns of a task
};
ContractionSchedule schedule_contraction(const Target& target, const ContractionShape& shape);

// Of rows that lie `stride` floats apart, how many a cache of this size keeps when each is read in turn: rows whose distance is
// a power of two meet in few of its sets.
int64_t rows_kept(int64_t cache_bytes, int64_t stride);

// How many steps of the task variable make a task, when each step costs `cost` element operations.
int64_t choose_chunk(int64_t steps, double cost, int64_t multiple);

}  // namespace graphc
