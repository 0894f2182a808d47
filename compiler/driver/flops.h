// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/loops.h"

namespace graphc::driver {

// 2 m n k for a matrix product, else as `weight` of ir/loops.h counts, an element; of a reduction the operand's elements.
double node_flops(const Graph& graph, ValueId v, int64_t rows);

// 2 m n k for every matrix product of a graph without calls, with `rows` rows.
double matmul_flops(const Graph& graph, int64_t rows);

// What one run of a kernel has to calculate: each expression once for every value of the variables that it depends on,
// weighed as `weight` of ir/loops.h does; 2 m n k for a product.
double kernel_flops(const loops::Kernel& kernel, int64_t rows);

}  // namespace graphc::driver
