// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/graph.h"

namespace graphc {

// Replaces every call by its body and every op that names an expansion by it. What is left has a lowering of its own.
Graph inline_calls(const Graph& graph);

}  // namespace graphc
