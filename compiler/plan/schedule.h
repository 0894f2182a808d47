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
// The register tile for result rows x columns; `divide`: the row tile must divide m, because rows cannot be done twice.
Tile choose_tile(const Target& target, int64_t m, int64_t n, bool divide);

// How many steps of the task variable make a task, when each step costs `cost` element operations.
int64_t choose_chunk(int64_t steps, double cost, int64_t multiple);

}  // namespace graphc
