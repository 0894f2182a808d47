// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/loops.h"

#include <fmt/format.h>

namespace graphc::loops {

void Index::add(uint32_t variable, int64_t amount) {
  if (!amount) return;
  if (stride.size() <= variable) stride.resize(variable + 1, 0);
  stride[variable] += amount;
}

static std::string print_index(const Index& index) {
  std::string text;
  for (size_t v = 0; v < index.stride.size(); v++)
    if (index.stride[v]) text += fmt::format("{}{}i{}", text.empty() ? "" : " + ", index.stride[v] == 1 ? "" : fmt::format("{} ", index.stride[v]), v);
  if (index.dynamic != no_expr)
    text += fmt::format("{}{} e{} below {}", text.empty() ? "" : " + ", index.dynamic_stride, index.dynamic, index.dynamic_limit);
  if (index.offset || text.empty()) text += fmt::format("{}{}", text.empty() ? "" : " + ", index.offset);
  return text;
}

static std::string print_attribute(const Attribute& a) {
  if (auto v = std::get_if<int64_t>(&a)) return std::to_string(*v);
  if (auto v = std::get_if<double>(&a)) return fmt::format("{}", *v);
  if (auto v = std::get_if<std::string>(&a)) return *v;
  if (auto v = std::get_if<DType>(&a)) return graphc::name(*v);
  if (auto v = std::get_if<Type>(&a)) return to_string(*v);
  if (auto v = std::get_if<Shape>(&a)) return to_string(*v);
  std::string text;
  if (auto v = std::get_if<std::vector<int64_t>>(&a))
    for (auto x : *v) text += fmt::format("{} ", x);
  return text;
}

static std::string print_node(const Kernel&, const Expr& e) {
  switch (e.kind) {
    case Expr::constant: return fmt::format("{} {}", graphc::name(e.dtype), e.value);
    case Expr::load: return fmt::format("load b{}[{}]", e.id, print_index(e.index));
    case Expr::position: return fmt::format("position {}", print_index(e.index));
    case Expr::rows: return "rows";
    case Expr::result: return fmt::format("result r{}", e.id);
    case Expr::apply: {
      std::string text = e.node.def().name;
      for (const Attribute& a : e.node.attributes) text += " {" + print_attribute(a) + "}";
      for (ExprId a : e.arguments) text += fmt::format(" e{}", a);
      return text + " : " + graphc::name(e.dtype);
    }
  }
  return "?";
}

std::string print_expr(const Kernel& kernel, ExprId id) { return print_node(kernel, kernel.exprs[id]); }

ExprId Kernel::add(Expr expr) {
  auto [it, is_new] = known_.try_emplace(print_node(*this, expr), ExprId(exprs.size()));
  if (is_new) exprs.push_back(std::move(expr));
  return it->second;
}

uint32_t Kernel::tasks(int64_t rows) const {
  return task_chunk ? uint32_t((task_extent.at(rows) + task_chunk - 1) / task_chunk) : 1;
}

static void print_block(const Kernel& k, const Block& block, int depth, std::string& text) {
  std::string pad(size_t(depth) * 2, ' ');
  for (const Statement& s : block) {
    switch (s.kind) {
      case Statement::loop:
      case Statement::vector:
        text += fmt::format("{}{} i{} in {}\n", pad, s.kind == Statement::loop ? "loop" : "vector", s.variable, to_string(s.extent));
        break;
      case Statement::store:
      case Statement::add:
        text += fmt::format("{}b{}[{}] {} e{}\n", pad, s.buffer, print_index(s.index), s.kind == Statement::store ? "=" : "+=", s.value);
        break;
      case Statement::reduce:
        text += fmt::format("{}r{} = {} {} i{} in {} e{}{}\n", pad, s.result, def(s.op).name, s.lanes ? "lanes" : "blocks", s.variable,
                            to_string(s.extent), s.value, s.other == no_expr ? "" : fmt::format(" e{}", s.other));
        break;
      case Statement::transpose:
        text += fmt::format("{}transpose i{} in {}, i{} in {}: b{}[{}] = e{}\n", pad, s.variable, to_string(s.extent), s.n_variable, to_string(s.n_extent),
                            s.buffer, print_index(s.index), s.value);
        break;
      case Statement::contract:
        text += fmt::format("{}r{} = contract i{} in {}, i{} in {}, sum i{} in {}: e{} * e{}, tile {} x {}\n", pad, s.result, s.variable,
                            to_string(s.extent), s.n_variable, to_string(s.n_extent), s.k_variable, to_string(s.k_extent), s.value, s.other,
                            s.tile_m, s.tile_n);
        break;
    }
    print_block(k, s.body, depth + 1, text);
  }
}

std::string print(const Kernel& kernel) {
  std::string text = "kernel";
  for (size_t b = 0; b < kernel.buffers.size(); b++)
    text += fmt::format("{} b{} {}{}", b ? "," : "", b, kernel.buffers[b].written ? "out " : "", graphc::name(kernel.buffers[b].dtype));
  text += "\n";
  if (kernel.task_chunk)
    text += fmt::format("  tasks i{} in {} by {}\n", kernel.task_variable, to_string(kernel.task_extent), kernel.task_chunk);
  for (size_t e = 0; e < kernel.exprs.size(); e++) text += fmt::format("  e{} = {}\n", e, print_expr(kernel, ExprId(e)));
  print_block(kernel, kernel.body, 1, text);
  return text;
}

static double own_weight(const Expr& e) {
  if (e.kind != Expr::apply) return e.kind == Expr::load ? 1 : 0;
  switch (e.node.op) {
    case Op::exp: case Op::expm1: case Op::log: case Op::log1p: case Op::tanh: case Op::sigmoid: return 20;
    case Op::div: case Op::sqrt: case Op::rsqrt: return 6;
    case Op::random_bits: return 60;
    default: return 1;
  }
}

double weight(const Kernel& kernel, ExprId id) {
  std::vector<bool> seen(kernel.exprs.size(), false);
  std::vector<ExprId> stack{id};
  double total = 0;
  while (!stack.empty()) {
    ExprId e = stack.back();
    stack.pop_back();
    if (seen[e]) continue;
    seen[e] = true;
    total += own_weight(kernel.exprs[e]);
    for (ExprId a : kernel.exprs[e].arguments) stack.push_back(a);
    if (kernel.exprs[e].index.dynamic != no_expr) stack.push_back(kernel.exprs[e].index.dynamic);
  }
  return total;
}

uint64_t dependences(const Kernel& kernel, ExprId id) {
  // Expressions are in SSA order and few: a forward sweep up to `id`.
  std::vector<uint64_t> bits(id + 1, 0);
  for (ExprId e = 0; e <= id; e++) {
    const Expr& x = kernel.exprs[e];
    if (x.kind == Expr::result) bits[e] |= uint64_t{1} << (32 + x.id);
    if (x.kind == Expr::load || x.kind == Expr::position)
      for (size_t v = 0; v < x.index.stride.size(); v++)
        if (x.index.stride[v]) bits[e] |= uint64_t{1} << v;
    if (x.index.dynamic != no_expr) bits[e] |= bits[x.index.dynamic];
    for (ExprId a : x.arguments) bits[e] |= bits[a];
  }
  return bits[id];
}

}  // namespace graphc::loops
