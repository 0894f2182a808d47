// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/loops.h"

namespace graphc::loops {

void Index::add(uint32_t variable, int64_t amount) {
  if (!amount) return;
  if (stride.size() <= variable) stride.resize(variable + 1, 0);
  stride[variable] += amount;
}

ExprId Kernel::add(Expr expr) {
  auto [it, is_new] = known_.try_emplace(print_expr(expr), ExprId(exprs.size()));
  if (is_new) exprs.push_back(std::move(expr));
  return it->second;
}

uint32_t Kernel::tasks(int64_t rows) const {
  return task_chunk ? uint32_t((task_extent.at(rows) + task_chunk - 1) / task_chunk) : 1;
}

static double own_weight(const Expr& e) { return e.kind == Expr::apply ? e.node.def().cost : e.kind == Expr::load ? 1 : 0; }

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
