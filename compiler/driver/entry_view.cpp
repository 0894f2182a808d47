// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/entry_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace graphc::driver {

EntryView::EntryView(const PlanModule& m, const Plan& p)
    : module(m),
      plan(p),
      graph(*m.module.entries.find(p.entry)),
      live(live_values(graph)),
      forward(forward_values(graph)),
      cached(graph.size()),
      computed_in(graph.size()),
      in_memory(graph.size()) {
  for (uint32_t s = 0; s < plan.stages.size(); s++)
    for (const Launch& launch : plan.stages[s].launches) {
      for (ValueId v : launch.values) computed_in[v].push_back(kernels.size());
      kernels.push_back(&launch);
      stage_of.push_back(s);
    }
  for (ValueId v : plan.cached) cached[v] = true;
  for (const Launch* launch : kernels)
    for (ValueId v : launch->values)
      for (ValueId o : graph[v].operands)
        if (!std::binary_search(launch->values.begin(), launch->values.end(), o)) in_memory[o] = true;
  for (const Output& o : graph.outputs) in_memory[o.value] = true;
  for (const Update& u : graph.updates) in_memory[u.value] = true;
}

std::string EntryView::name(ValueId v) const {
  const Node& node = graph[v];
  if (node.op == Op::input || node.op == Op::variable || node.op == Op::hyper) return node.attribute<std::string>(0);
  if (node.op == Op::constant && node.attribute<std::vector<double>>(0).size() == 1)
    return fmt::format("{:.6g}", node.attribute<std::vector<double>>(0)[0]);
  if (!graph.label(v).empty()) return graph.label(v);
  if (graph.gradient_of(v) != no_value && node.def().op_class != OpClass::source) return "grad of " + name(graph.gradient_of(v));
  for (const Output& o : graph.outputs)
    if (o.value == v) return o.name;
  return fmt::format("%{}", v);
}

std::string EntryView::kernel_name(size_t kernel) const { return fmt::format("K{}", kernel + 1); }

bool EntryView::loss_checked_before(size_t kernel) const {
  return plan.stages[stage_of[kernel]].checks_loss && beside(kernel).empty();
}

std::string EntryView::beside(size_t kernel) const {
  size_t first = size_t(std::lower_bound(stage_of.begin(), stage_of.end(), stage_of[kernel]) - stage_of.begin());
  return first == kernel ? "" : kernel_name(first);
}

std::string EntryView::lifetime(const PlanBuffer& buffer) const {
  auto first = std::lower_bound(stage_of.begin(), stage_of.end(), buffer.first_stage);
  auto last = std::upper_bound(first, stage_of.end(), buffer.last_stage);
  // A stage without a kernel is the check of the loss at the end.
  if (first == stage_of.end() || first == last) return "the end";
  return fmt::format("{} to {}", kernel_name(size_t(first - stage_of.begin())), kernel_name(size_t(last - stage_of.begin()) - 1));
}

std::string EntryView::expression(ValueId v) const {
  const Node& node = graph[v];
  std::string operands;
  for (ValueId o : node.operands) operands += (operands.empty() ? "" : ", ") + name(o);
  return node.operands.empty() ? node.def().name : fmt::format("{}({})", node.def().name, operands);
}

uint64_t EntryView::bytes(ValueId v) const {
  return uint64_t(graph[v].type.shape.count_at(module.max_rows) * graphc::bytes(graph[v].type.dtype));
}

uint64_t EntryView::cached_bytes() const {
  uint64_t sum = 0;
  for (ValueId v : plan.cached) sum += bytes(v);
  return sum;
}

double EntryView::flops() const {
  double sum = 0;
  for (const Launch* launch : kernels) sum += launch->flops;
  return sum;
}

std::vector<std::string> EntryView::updates_of(ValueId v) const {
  std::vector<std::string> names;
  for (const Update& u : graph.updates)
    if (u.value == v) names.push_back(u.variable);
  return names;
}

}  // namespace graphc::driver
