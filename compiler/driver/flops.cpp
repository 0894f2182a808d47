// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/flops.h"

namespace graphc::driver {

double matmul_flops(const Graph& graph, int64_t rows) {
  auto live = live_values(graph);
  double flops = 0;
  for (ValueId v = 0; v < graph.size(); v++) {
    const Node& node = graph[v];
    if (!live[v] || node.def().op_class != OpClass::contraction) continue;
    // a is [.., m, k] with result [.., m, n]: k is what a has beyond .. and m.
    const Shape &a = graph[node.operands[0]].type.shape, &result = node.type.shape;
    int64_t outer = result.count_at(rows) / std::max<int64_t>(1, result.back().at(rows));
    if (outer) flops += 2.0 * double(result.count_at(rows)) * double(a.count_at(rows) / outer);
  }
  return flops;
}

}  // namespace graphc::driver
