// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/rebuild.h"

namespace graphc {

std::vector<Tensor> Rebuild::operands(const Node& node) const {
  std::vector<Tensor> result;
  for (ValueId v : node.operands) result.push_back(map_[v]);
  return result;
}

static Tensor emit_copy(GraphBuilder& b, const Graph& from, ValueId v, const std::vector<Tensor>& operands) {
  const Node& node = from[v];
  b.set_place(from.place(v));
  if (node.op != Op::call) return b.emit(node.op, operands, node.attributes);
  std::vector<ValueId> ids;
  for (const Tensor& t : operands) ids.push_back(b.captured(t));
  return b.tensor(b.current_graph().add_call(from.body(node), std::move(ids), from.place(v)));
}

Tensor Rebuild::copy(ValueId v) {
  Tensor t = emit_copy(b_, from_, v, operands(from_[v]));
  set(v, t);
  return t;
}

void Rebuild::set(ValueId v, Tensor value) {
  map_[v] = value;
  Graph& to = b_.current_graph();
  if (!from_.label(v).empty() && to.label(value.id).empty()) to.set_label(value.id, from_.label(v));
  ValueId forward = from_.gradient_of(v);
  if (forward != no_value && map_[forward].builder && to.gradient_of(value.id) == no_value)
    to.set_gradient_of(value.id, map_[forward].id);
}

void Rebuild::finish() {
  Graph& to = b_.current_graph();
  for (const Output& o : from_.outputs) to.outputs.push_back({o.name, map_[o.value].id});
  for (const Update& u : from_.updates) to.updates.push_back({u.variable, map_[u.value].id});
  if (from_.loss) to.loss = map_[*from_.loss].id;
}

std::vector<Tensor> inline_body(GraphBuilder& b, const Body& body, const std::vector<Tensor>& operands) {
  const Graph& graph = *body.graph;
  Rebuild rebuild(graph, b);
  Place place = b.place();  // errors and explanations point to the call, not into the library
  auto live = live_values(graph);
  for (ValueId v = 0; v < graph.size(); v++) {
    if (!live[v]) continue;
    const Node& node = graph[v];
    if (node.op == Op::argument) {
      rebuild.set(v, operands.at(size_t(node.attribute<int64_t>(0))));
    } else {
      rebuild.copy(v);
      b.set_place(place);
    }
  }
  std::vector<Tensor> results;
  for (const Output& o : graph.outputs) results.push_back(rebuild[o.value]);
  return results;
}

}  // namespace graphc
