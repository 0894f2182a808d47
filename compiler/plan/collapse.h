// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/loops.h"

namespace graphc {

// Merges neighbouring variables of [first, last) that every load of the kernel and every store of `block` walk as one: the
// outer one takes over both extents, the inner one becomes a single step. extents: one a variable.
void collapse(loops::Kernel& kernel, std::vector<Dim>& extents, loops::Block& block, uint32_t first, uint32_t last);

}  // namespace graphc
