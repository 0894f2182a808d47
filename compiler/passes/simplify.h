// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/graph.h"

namespace graphc {

// Constants, algebra, common subexpressions, dead code; for graphs without calls, after differentiation (stop_gradient
// goes away). May change results within 1e-5; nothing after it does, so the evaluator takes the simplified graph.
Graph simplify(const Graph& graph);

}  // namespace graphc
