// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/flops.h"

#include <algorithm>

namespace graphc::driver {

double node_flops(const Graph& graph, ValueId v, int64_t rows) {
  const Node& node = graph[v];
  const OpDef& op = node.def();
  const Shape& result = node.type.shape;
  if (op.op_class == OpClass::source || op.op_class == OpClass::movement) return 0;
  if (op.op_class == OpClass::reduction) return double(graph[node.operands[0]].type.shape.count_at(rows));
  if (op.op_class != OpClass::contraction) return op.cost * double(result.count_at(rows));
  // a is [.., m, k] with result [.., m, n]: k is what a has beyond .. and m.
  const Shape& a = graph[node.operands[0]].type.shape;
  int64_t outer = result.count_at(rows) / std::max<int64_t>(1, result.back().at(rows));
  return outer ? 2.0 * double(result.count_at(rows)) * double(a.count_at(rows) / outer) : 0;
}

double matmul_flops(const Graph& graph, int64_t rows) {
  auto live = live_values(graph);
  double flops = 0;
  for (ValueId v = 0; v < graph.size(); v++)
    if (live[v] && graph[v].def().op_class == OpClass::contraction) flops += node_flops(graph, v, rows);
  return flops;
}

namespace {

class Counter {
 public:
  Counter(const loops::Kernel& kernel, int64_t rows) : k_(kernel), rows_(rows), extents_(32, 1), around_(32) {}

  double run() {
    walk(k_.body, 0);
    for (loops::ExprId e = 0; e < k_.exprs.size(); e++) {
      if (!is_used(e) || k_.exprs[e].kind != loops::Expr::apply) continue;
      uint64_t bits = loops::dependences(k_, e), variables = bits & 0xFFFFFFFF;
      for (uint32_t r = 0; r < k_.results; r++)
        if (bits >> (32 + r) & 1) variables |= around_[r];
      flops_ += k_.exprs[e].node.def().cost * times(variables);
    }
    return flops_;
  }

 private:
  static uint64_t bit(uint32_t variable) { return uint64_t{1} << variable; }

  double times(uint64_t variables) const {
    double n = 1;
    for (uint32_t v = 0; v < 32; v++)
      if (variables >> v & 1) n *= double(extents_[v]);
    return n;
  }

  void set(uint32_t variable, Dim extent) { extents_[variable] = std::max(extents_[variable], extent.at(rows_)); }

  // `outer`: the variables of the loops around, as bits.
  void walk(const loops::Block& block, uint64_t outer) {
    using Statement = loops::Statement;
    for (const Statement& s : block) {
      for (loops::ExprId e : {s.value, s.other}) used_.push_back(e);
      used_.push_back(s.index.dynamic);
      uint64_t inside = outer;
      if (s.kind != Statement::store && s.kind != Statement::add) set(s.variable, s.extent), inside |= bit(s.variable);
      if (s.kind == Statement::transpose || s.kind == Statement::contract)
        set(s.n_variable, s.n_extent), inside |= bit(s.n_variable);
      if (s.kind == Statement::add) flops_ += times(outer);
      if (s.kind == Statement::reduce) {
        around_[s.result] = outer;
        flops_ += (s.op == Op::contract ? 2 : 1) * times(inside);
      }
      if (s.kind == Statement::contract) {
        set(s.k_variable, s.k_extent);
        around_[s.result] = inside;
        flops_ += 2 * times(inside | bit(s.k_variable));
      }
      walk(s.body, inside);
    }
  }

  // Marks what the statements reach, once.
  bool is_used(loops::ExprId id) {
    if (reached_.empty()) {
      reached_.resize(k_.exprs.size());
      while (!used_.empty()) {
        loops::ExprId e = used_.back();
        used_.pop_back();
        if (e == loops::no_expr || reached_[e]) continue;
        reached_[e] = true;
        for (loops::ExprId a : k_.exprs[e].arguments) used_.push_back(a);
        used_.push_back(k_.exprs[e].index.dynamic);
      }
    }
    return reached_[id];
  }

  const loops::Kernel& k_;
  int64_t rows_;
  std::vector<int64_t> extents_;  // of each variable
  std::vector<uint64_t> around_;  // of each result: the variables that it depends on
  std::vector<loops::ExprId> used_;
  std::vector<bool> reached_;
  double flops_ = 0;
};

}  // namespace

double kernel_flops(const loops::Kernel& kernel, int64_t rows) { return Counter(kernel, rows).run(); }

}  // namespace graphc::driver
