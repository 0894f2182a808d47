// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which elements of its buffers a kernel touches, by interval arithmetic over its loops.
#pragma once

#include "ir/loops.h"

namespace graphc::loops {

struct Reach {
  int64_t low = 0, high = -1;  // the first and the last element; high < low: none
  bool loads = false;          // from memory, its own stores included
};

// One a buffer of a verified kernel, at that many rows; fewer rows touch a part of it. InternalError for a kernel of
// more than 2^26 steps of this analysis, which no plan makes.
std::vector<Reach> reach(const Kernel& kernel, int64_t rows);

}  // namespace graphc::loops
