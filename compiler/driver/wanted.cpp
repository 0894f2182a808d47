// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/wanted.h"

#include <algorithm>
#include <set>

#include "compiler/driver/flops.h"

namespace graphc::driver {

namespace {

struct Cost {
  uint64_t read_bytes = 0;
  double operations = 0;
};

bool is_source(const EntryView& view, ValueId v) { return view.graph[v].def().op_class == OpClass::source; }

Cost cost_to_rebuild(const EntryView& view, ValueId value) {
  Cost cost;
  std::set<ValueId> seen{value};
  std::vector<ValueId> stack{value};
  while (!stack.empty()) {
    ValueId v = stack.back();
    stack.pop_back();
    cost.operations += node_flops(view.graph, v, view.module.max_rows);
    for (ValueId o : view.graph[v].operands) {
      if (!seen.insert(o).second) continue;
      bool memory = is_source(view, o) ? !view.graph[o].operands.empty() || view.graph[o].op == Op::input || view.graph[o].op == Op::variable : view.in_memory[o];
      if (memory) cost.read_bytes += view.bytes(o);
      else if (!is_source(view, o)) stack.push_back(o);
    }
  }
  return cost;
}

bool is_backward(const EntryView& view, size_t kernel) {
  const auto& values = view.kernels[kernel]->values;
  return std::any_of(values.begin(), values.end(), [&](ValueId v) { return !view.forward[v]; });
}

}  // namespace

std::vector<WantedValue> wanted_values(const EntryView& view) {
  if (!view.graph.loss) return {};
  std::vector<bool> wanted(view.graph.size());
  for (ValueId v = 0; v < view.graph.size(); v++) {
    if (!view.live[v]) continue;
    wanted[v] = wanted[v] || view.cached[v] || (!view.forward[v] && view.graph.label(v).ends_with(" again"));
    if (!view.forward[v])
      for (ValueId o : view.graph[v].operands) wanted[o] = wanted[o] || view.forward[o];
  }
  std::vector<WantedValue> all;
  for (ValueId v = 0; v < view.graph.size(); v++) {
    const Node& node = view.graph[v];
    bool moves = node.def().op_class == OpClass::movement && !view.cached[v];
    if (!wanted[v] || is_source(view, v) || moves || node.type.shape.rank() == 0 || view.computed_in[v].empty()) continue;
    WantedValue w{v, WantedValue::kept, view.bytes(v), 0, 0, {}};
    for (size_t k : view.computed_in[v])
      if (is_backward(view, k) && (k != view.computed_in[v].front() || !view.forward[v])) w.kernels.push_back(k);
    if (!view.cached[v]) w.choice = w.kernels.empty() ? WantedValue::same_kernel : WantedValue::recomputed;
    Cost cost = cost_to_rebuild(view, v);
    w.read_bytes = cost.read_bytes, w.operations = cost.operations;
    all.push_back(std::move(w));
  }
  return all;
}

const char* name(WantedValue::Choice choice) {
  const char* names[] = {"kept", "in its kernel", "recomputed"};
  return names[choice];
}

}  // namespace graphc::driver
