// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/driver/explain.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || (c == '\\')) result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + "\"";
}

class Drawing {
 public:
  explicit Drawing(const EntryView& view) : view_(view) {}

  std::string run() {
    out_ = fmt::format(
        "digraph {} {{\n  rankdir=TB; fontname=\"Helvetica\"; nodesep=0.3; ranksep=0.35;\n"
        "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=\"#e3eefb\", "
        "color=\"#5b7fa6\"];\n"
        "  edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\", arrowsize=0.7];\n",
        quoted(view_.module.module.name + "." + view_.plan.entry));
    legend();
    for (size_t k = 0; k < view_.kernels.size(); k++) cluster(k);
    for (size_t k = 0; k < view_.kernels.size(); k++)
      for (ValueId v : view_.kernels[k]->values) edges(k, v);
    results();
    return out_ + "}\n";
  }

 private:
  static std::string id(size_t kernel, ValueId v) { return fmt::format("k{}_v{}", kernel, v); }
  static std::string source(ValueId v) { return fmt::format("s{}", v); }
  bool is_shown(ValueId v) const { return view_.graph[v].def().op_class != OpClass::source; }

  void legend() {
    out_ +=
        "  label=\"blue: forward   orange: backward and update   thick and yellow: cached, in memory until the backward reads "
        "it\\n"
        "boxes: kernels; dashed: values that never reach memory\"; labelloc=t; fontsize=12;\n";
  }

  void cluster(size_t k) {
    const Launch& launch = *view_.kernels[k];
    if (launch.values.empty()) return;
    out_ += fmt::format(
        "  subgraph cluster_{} {{\n    label={}; labeljust=l; fontsize=10; margin=12; color=\"#999999\"; style=\"rounded\"; "
        "bgcolor=\"#fafafa\";\n",
        k,
        quoted(fmt::format("{} {}  {} operations", view_.kernel_name(k), view_.module.kernels[launch.kernel].name,
                           rounded(launch.flops))));
    for (ValueId v : launch.values)
      if (is_shown(v)) node(k, v);
    out_ += "  }\n";
  }

  void node(size_t k, ValueId v) {
    const Node& n = view_.graph[v];
    std::string name = view_.name(v), look;
    std::string label = (name[0] == '%' ? "" : name + "\n") + fmt::format("{} {}", n.def().name, to_string(n.type));
    bool again = view_.computed_in[v].front() != k;
    if (again) label += "\nrecomputed";
    if (view_.cached[v] && !again) {
      label += fmt::format("\ncached: {} bytes", grouped(view_.bytes(v)));
      look = ", fillcolor=\"#ffe680\", color=\"#a67c00\", penwidth=2.5";
    } else if (!view_.forward[v]) {
      look = ", fillcolor=\"#fbe6d5\", color=\"#b8703d\"";
    }
    if (!view_.in_memory[v] || again) look += ", style=\"rounded,filled,dashed\"";
    out_ += fmt::format("    {} [label={}{}];\n", id(k, v), quoted(label), look);
  }

  void edges(size_t k, ValueId v) {
    if (!is_shown(v)) return;
    const auto& values = view_.kernels[k]->values;
    for (ValueId o : view_.graph[v].operands) {
      const Node& n = view_.graph[o];
      if (n.op == Op::input || n.op == Op::variable || n.op == Op::hyper) {
        if (sources_.insert(o).second)
          out_ += fmt::format("  {} [label={}, shape={}, style=filled, fillcolor=\"{}\", color=\"#777777\"];\n", source(o),
                              quoted(view_.name(o) + "\n" + to_string(n.type)), n.op == Op::input ? "ellipse" : "box",
                              n.op == Op::variable ? "#dff0df" : "#eeeeee");
        edge(source(o), id(k, v));
      } else if (!is_shown(o)) {
        continue;  // constants
      } else if (std::binary_search(values.begin(), values.end(), o)) {
        edge(id(k, o), id(k, v));
      } else if (size_t from = computed_where(o); from != none) {
        bool to_backward = view_.cached[o] && !view_.forward[v];
        edge(id(from, of_view(o)), id(k, v), to_backward ? " [color=\"#a67c00\", penwidth=2]" : "");
      }
    }
  }

  void edge(const std::string& from, const std::string& to, const std::string& look = "") {
    if (edges_.insert(from + to).second) out_ += fmt::format("  {} -> {}{};\n", from, to, look);
  }

  // A reshape that is its operand's bytes is computed nowhere.
  ValueId of_view(ValueId v) const {
    while (view_.computed_in[v].empty() && view_.graph[v].operands.size() == 1) v = view_.graph[v].operands[0];
    return v;
  }
  size_t computed_where(ValueId v) const {
    const auto& kernels = view_.computed_in[of_view(v)];
    return kernels.empty() ? none : kernels.front();
  }

  void results() {
    auto result = [&](const std::string& name, const std::string& look, ValueId v, size_t number) {
      size_t from = computed_where(v);
      if (from == none) return;
      out_ += fmt::format("  r{} [label={}, {}];\n", number, quoted(name), look);
      edge(id(from, of_view(v)), fmt::format("r{}", number));
    };
    size_t number = 0;
    for (const Output& o : view_.graph.outputs)
      result(o.name, "shape=ellipse, style=filled, fillcolor=\"#eeeeee\", color=\"#777777\"", o.value, number++);
    for (const Update& u : view_.graph.updates)
      result("new " + u.variable, "style=filled, fillcolor=\"#dff0df\", color=\"#4d8a4d\"", u.value, number++);
  }

  static constexpr size_t none = ~size_t{0};
  const EntryView& view_;
  std::string out_;
  std::set<ValueId> sources_;
  std::set<std::string> edges_;
};

}  // namespace

std::string explain_dot(const EntryView& view) { return Drawing(view).run(); }

}  // namespace graphc::driver
