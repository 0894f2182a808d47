// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/graph.h"

namespace graphc::driver {

// 2 m n k for every matrix product of a graph without calls, with `rows` rows.
double matmul_flops(const Graph& graph, int64_t rows);

}  // namespace graphc::driver
