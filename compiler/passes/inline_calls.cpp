// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/passes/inline_calls.h"

#include "ir/rebuild.h"

namespace graphc {

static Graph inline_once(const Graph& graph, bool& changed) {
  GraphBuilder b(graph.name);
  Rebuild rebuild(graph, b);
  std::map<ValueId, std::vector<Tensor>> results;
  auto live = live_values(graph);
  for (ValueId v = 0; v < graph.size(); v++) {
    if (!live[v]) continue;
    const Node& node = graph[v];
    if (node.op == Op::call) {
      b.set_place(graph.place(v));
      results[v] = inline_body(b, graph.body(node), rebuild.operands(node));
      changed = true;
    } else if (node.op == Op::get) {
      rebuild.set(v, results.at(node.operands[0]).at(size_t(node.attribute<int64_t>(0))));
    } else if (node.def().expand) {
      b.set_place(graph.place(v));
      rebuild.set(v, node.def().expand(node, rebuild.operands(node)));
      changed = true;
    } else {
      rebuild.copy(v);
    }
  }
  rebuild.finish();
  return std::move(b.graph());
}

Graph inline_calls(const Graph& graph) {
  bool changed = true;
  Graph result = graph;
  while (changed) {
    changed = false;
    result = inline_once(result, changed);
  }
  return result;
}

}  // namespace graphc
