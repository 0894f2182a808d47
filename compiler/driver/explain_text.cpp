// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>

#include <algorithm>

#include "compiler/driver/explain.h"
#include "compiler/driver/flops.h"
#include "compiler/driver/wanted.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string names_of(const EntryView& view, const std::vector<size_t>& kernels) {
  constexpr size_t most = 8;  // a wide cell makes every line of the table wide
  std::vector<std::string> names;
  for (size_t k : kernels) names.push_back(view.kernel_name(k));
  if (names.size() <= most) return join(names);
  return fmt::format("{}, {}, ... {} ({} kernels)", names[0], names[1], names.back(), names.size());
}

bool is_backward_kernel(const EntryView& view, size_t kernel) {
  const auto& values = view.kernels[kernel]->values;
  return std::any_of(values.begin(), values.end(), [&](ValueId v) { return !view.forward[v]; });
}

// What becomes of a value behind the kernel that computes it.
std::string kept(const EntryView& view, ValueId v) {
  std::string text;
  if (auto updates = view.updates_of(v); !updates.empty()) return "replaces " + join(updates);
  if (view.cached[v])
    text = fmt::format("cached for the backward, {} bytes", grouped(view.bytes(v)));
  else if (view.in_memory[v])
    text = "in memory";
  else
    text = "never in memory";
  const auto& kernels = view.computed_in[v];
  if (view.forward[v] && kernels.size() > 1 && is_backward_kernel(view, kernels.back())) text += ", recomputed";
  return text;
}

std::string values_text(const EntryView& view, bool forward) {
  Rows rows{{"value", "type", "computed as", "in", "kept"}};
  for (ValueId v = 0; v < view.graph.size(); v++) {
    if (!view.live[v] || view.forward[v] != forward || view.graph[v].def().op_class == OpClass::source) continue;
    bool is_view = view.computed_in[v].empty();
    rows.push_back(
        {view.name(v), to_string(view.graph[v].type), view.expression(v), names_of(view, view.computed_in[v]), is_view ? "a view" : kept(view, v)});
  }
  if (rows.size() == 1) return "";
  return fmt::format("{}\n{}\n", forward ? "Forward" : "Backward and update", table(rows, "", "  "));
}

std::string kernel_text(const EntryView& view, size_t k) {
  const Launch& launch = *view.kernels[k];
  const loops::Kernel& kernel = view.module.kernels[launch.kernel];
  std::string ops;
  for (ValueId v : launch.values)
    if (view.graph[v].def().op_class != OpClass::source) ops += std::string(ops.empty() ? "" : " ") + view.graph[v].def().name;
  std::vector<std::string> reads, writes;
  for (size_t a = 0; a < launch.arguments.size(); a++) {
    const PlanBuffer& b = view.plan.buffers[launch.arguments[a]];
    if (b.region == Region::constant) continue;
    auto& list = kernel.buffers[a].written ? writes : reads;
    std::string text = fmt::format("{} ({})", b.name, name(b.region));
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }
  std::string text = fmt::format("  {} {}: {}, {} operations{}\n", view.kernel_name(k), kernel.name,
                                 launch.label.empty() ? "copy" : launch.label, rounded(launch.flops),
                                 view.loss_checked_before(k) ? "; before it: is the loss finite?" : view.beside(k).empty() ? "" : "; beside " + view.beside(k));
  if (!ops.empty()) text += wrap("     fused:  ", ops);
  text += wrap("     reads:  ", join(reads)) + wrap("     writes: ", join(writes));
  for (const std::string& decision : launch.decisions) text += wrap("     why:    ", decision);
  return text;
}

std::string wanted_text(const EntryView& view) {
  Rows rows{{"value", "choice", "bytes if kept", "to rebuild: reads bytes", "operations", "again in"}};
  for (const WantedValue& w : wanted_values(view)) {
    rows.push_back({view.name(w.value), name(w.choice), grouped(w.bytes), grouped(w.read_bytes), rounded(w.operations), names_of(view, w.kernels)});
  }
  if (rows.size() == 1) return "";
  return "What the backward wants of the forward\n" + table(rows, "llrrrl", "  ") + "\n";
}

std::string bytes_text(const EntryView& view) {
  Rows rows{{"region", "bytes", "offset", "name", "type", "alive"}};
  auto add_region = [&](Region region, uint64_t bytes) {
    rows.push_back({name(region), grouped(bytes), "", "", "", ""});
    for (const PlacedVariable& v : view.module.variables)
      if (v.region == region)
        rows.push_back(
            {"", grouped(v.bytes), grouped(v.offset), v.variable->name, to_string(v.variable->type), name(v.variable->role)});
  };
  add_region(Region::params, view.module.params_bytes);
  add_region(Region::state, view.module.state_bytes);
  rows.push_back({"workspace", grouped(view.plan.workspace_bytes), "", "", "", ""});
  auto buffers = view.plan.buffers;
  std::stable_sort(buffers.begin(), buffers.end(), [](const PlanBuffer& a, const PlanBuffer& b) { return a.offset < b.offset; });
  for (const PlanBuffer& b : buffers)
    if (b.region == Region::workspace && b.bytes)
      rows.push_back({"", grouped(b.bytes), grouped(b.offset), b.name, to_string(b.type),
                      view.lifetime(b)});
  return "Memory\n" + table(rows, "lrr", "  ") + "\n";
}

}  // namespace

std::string explain_text(const EntryView& view) {
  std::string text = values_text(view, true) + values_text(view, false) + "Kernels, in the order in which they run\n";
  for (size_t k = 0; k < view.kernels.size(); k++) text += kernel_text(view, k);
  text += '\n';
  text += wanted_text(view) + bytes_text(view);
  return text +
         fmt::format("{} operations for {} rows, {} of them in matrix products; {} values ({} bytes) cached for the backward\n",
                     rounded(view.flops()), view.module.max_rows, rounded(matmul_flops(view.graph, view.module.max_rows)),
                     view.plan.cached.size(), grouped(view.cached_bytes()));
}

}  // namespace graphc::driver
