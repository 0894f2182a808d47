// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text of a kernel; parse_loops.cpp reads it.
#include <fmt/format.h>

#include "ir/loops.h"
#include "ir/print.h"
#include "ir/token.h"

namespace graphc::loops {

namespace {

std::string print_index(const Index& index) {
  std::string text;
  auto term = [&](const std::string& t) { text += (text.empty() ? "" : " + ") + t; };
  for (size_t v = 0; v < index.stride.size(); v++) {
    if (index.stride[v] == 1)
      term(fmt::format("i{}", v));
    else if (index.stride[v])
      term(fmt::format("{} i{}", index.stride[v], v));
  }
  if (index.dynamic != no_expr) term(fmt::format("{} e{} below {}", index.dynamic_stride, index.dynamic, index.dynamic_limit));
  if (index.offset || text.empty()) term(std::to_string(index.offset));
  return text;
}

std::string over(uint32_t variable, Dim extent) { return fmt::format("i{} in {}", variable, to_string(extent)); }

std::string type_of(const Expr& e) { return e.kind == Expr::apply && e.node.type.shape.rank() ? to_string(e.node.type) : graphc::name(e.dtype); }

std::string apply_text(const Expr& e) {
  std::string text = e.node.def().name;
  for (size_t i = 0; i < e.arguments.size(); i++) text += fmt::format("{}e{}", i ? ", " : " ", e.arguments[i]);
  const auto& names = e.node.def().attributes;
  std::string attributes;
  for (size_t i = 0; i < e.node.attributes.size() && i < names.size(); i++) {
    const Attribute& a = e.node.attributes[i];
    if (is_implied(names[i].kind) && a == implied_attribute(names[i].kind, e.node.type)) continue;
    attributes += fmt::format("{}{}: {}", attributes.empty() ? " {" : ", ", names[i].name, to_string(a));
  }
  return text + (attributes.empty() ? "" : attributes + "}");
}

void print_block(const Block& block, int depth, std::string& text) {
  std::string pad(size_t(depth) * 2, ' ');
  for (const Statement& s : block) {
    text += pad + print_statement(s);
    if (s.kind == Statement::loop || s.kind == Statement::vector || s.kind == Statement::contract) {
      text += " {\n";
      print_block(s.body, depth + 1, text);
      text += pad + "}";
    }
    text += "\n";
  }
}

std::string with_head(const Kernel& k, const std::string& head) {
  std::string text = head + " {\n";
  for (size_t b = 0; b < k.buffers.size(); b++)
    text += fmt::format("  buffer b{}: {}{}\n", b, graphc::name(k.buffers[b].dtype), k.buffers[b].written ? " written" : "");
  text += fmt::format("  variables {} results {}\n", k.variables, k.results);
  if (k.task_chunk) text += fmt::format("  tasks {} by {}\n", over(k.task_variable, k.task_extent), k.task_chunk);
  for (size_t e = 0; e < k.exprs.size(); e++) text += fmt::format("  e{}: {}\n", e, print_expr(k.exprs[e]));
  print_block(k.body, 1, text);
  return text + "}\n";
}

}  // namespace

// What of a contraction changes speed and no bits, behind its tile.
static std::string schedule_text(const Statement& s) {
  std::string text = s.panel ? fmt::format(" panel {}", s.panel) : "";
  if (s.row_block) text += fmt::format(" rows {}", s.row_block);
  if (s.sums != no_buffer) text += fmt::format(" sums b{}", s.sums);
  if (s.turned) text += " turned";
  if (s.interleave) text += " interleave";
  if (s.fetch) text += " fetch";
  if (s.fetch & fetch_a) text += " a";
  if (s.fetch & fetch_b) text += " b";
  if (s.fetch & fetch_body) text += " body";
  return text;
}

std::string print_expr(const Expr& e) {
  std::string text = type_of(e) + " = ";
  switch (e.kind) {
    case Expr::constant: return text + "constant " + number_text(e.value);
    case Expr::load: return text + fmt::format("load b{}[{}]", e.id, print_index(e.index));
    case Expr::position: return text + "position " + print_index(e.index);
    case Expr::rows: return text + "rows";
    case Expr::result: return text + fmt::format("result r{}", e.id);
    case Expr::apply: return text + apply_text(e);
  }
  return "?";
}

std::string print_statement(const Statement& s) {
  std::string i = over(s.variable, s.extent), to = fmt::format("b{}[{}]", s.buffer, print_index(s.index));
  switch (s.kind) {
    case Statement::loop: return "loop " + i;
    case Statement::vector: return "vector " + i;
    case Statement::store: return fmt::format("{} = e{}", to, s.value);
    case Statement::add: return fmt::format("{} += e{}", to, s.value);
    case Statement::reduce:
      return fmt::format("r{} = reduce {} {} {} of e{}{}", s.result, def(s.op).name, s.lanes ? "lanes" : "blocks", i, s.value,
                         s.other == no_expr ? "" : fmt::format(" * e{}", s.other));
    case Statement::transpose: return fmt::format("transpose {}, {}: {} = e{}", i, over(s.n_variable, s.n_extent), to, s.value);
    case Statement::contract:
      return fmt::format("r{} = contract {}, {}, sum {} of e{} * e{} tile {} x {}{}", s.result, i, over(s.n_variable, s.n_extent),
                         over(s.k_variable, s.k_extent), s.value, s.other, s.tile_m, s.tile_n, schedule_text(s));
  }
  return "?";
}

std::string print(const Kernel& kernel) { return with_head(kernel, "kernel"); }
std::string print_named(const Kernel& kernel) { return with_head(kernel, "kernel " + quoted(kernel.name)); }
std::string print_text(std::span<const Kernel> kernels) {
  std::string text = "graphc.loops 1\n";
  for (const Kernel& k : kernels) text += "\n" + print_named(k);
  return text;
}

}  // namespace graphc::loops
