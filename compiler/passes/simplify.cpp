// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One walk in topological order; each node is built anew on simplified operands by the first rule that fits. Rules see
// only operands that are simplified already, so one walk is enough for all but the dead code, which the next pass drops.
#include "compiler/passes/simplify.h"

#include <algorithm>
#include <cmath>

#include "ir/rebuild.h"

namespace graphc {

namespace {

const Node& node_of(const Tensor& t) { return t.builder->current_graph()[t.id]; }

// The number that all elements of t are, if t is such a constant.
std::optional<double> splat(const Tensor& t) {
  const Node& node = node_of(t);
  if (node.op != Op::constant) return std::nullopt;
  const auto& values = node.attribute<std::vector<double>>(0);
  return values.size() == 1 ? std::optional(values[0]) : std::nullopt;
}

bool is(const Tensor& t, double value) {
  auto s = splat(t);
  return s && *s == value && std::signbit(*s) == std::signbit(value);
}

using Rule = std::optional<Tensor> (*)(GraphBuilder&, const Node&, const std::vector<Tensor>&);

// An elementwise op of numbers is a number. Rounded as f32, in either class of targets.
std::optional<Tensor> fold_constants(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  const OpDef& op = node.def();
  if (op.op_class != OpClass::elementwise || !op.reference || x.empty()) return std::nullopt;
  std::vector<double> in;
  for (const Tensor& t : x) {
    auto s = splat(t);
    if (!s) return std::nullopt;
    in.push_back(t.dtype() == DType::f32 ? double(float(*s)) : *s);
  }
  double value = op.reference(in);
  if (node.type.dtype == DType::f32) value = float(value);
  if (node.type.dtype == DType::i32) value = double(int32_t(uint32_t(int64_t(value))));
  return b.constant(value, node.type);
}

// Moving the elements of a constant gives the constant in another shape.
std::optional<Tensor> move_constant(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  const OpDef& op = node.def();
  if (op.op_class != OpClass::movement || op.region) return std::nullopt;
  auto s = splat(x[0]);
  return s ? std::optional(b.constant(*s, node.type)) : std::nullopt;
}

// An elementwise op whose operands are all spread in the same way is spread after it.
std::optional<Tensor> sink_broadcast(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  if (node.def().op_class != OpClass::elementwise || x.empty()) return std::nullopt;
  const Node* first = nullptr;
  for (const Tensor& t : x) {
    const Node& n = node_of(t);
    if (n.op != Op::broadcast) {
      if (!splat(t)) return std::nullopt;
    } else if (!first) {
      first = &n;
    } else if (n.attributes[1] != first->attributes[1]) {
      return std::nullopt;
    }
  }
  if (!first) return std::nullopt;
  Shape source = b.current_graph()[first->operands[0]].type.shape;
  Shape shape = first->attribute<Shape>(0);
  auto axes = first->attribute<std::vector<int64_t>>(1);
  std::vector<Tensor> small;
  for (const Tensor& t : x) {
    auto s = splat(t);
    small.push_back(s ? b.constant(*s, Type{t.dtype(), source}) : b.tensor(node_of(t).operands[0]));
  }
  Tensor result = b.emit(node.op, small, node.attributes);
  return broadcast(result, shape, axes);
}

bool is_power_of_two(double v) {
  int exponent;
  return std::isfinite(v) && v != 0 && std::fabs(std::frexp(v, &exponent)) == 0.5 && std::abs(exponent) < 100;
}

std::optional<Tensor> algebra(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  bool is_float = node.type.dtype == DType::f32;
  switch (node.op) {
    case Op::add:
      if (is(x[0], 0)) return x[1];  // -0 + 0 is 0, not -0: within the tolerance of this pass
      if (is(x[1], 0)) return x[0];
      if (node_of(x[1]).op == Op::neg) return x[0] - b.tensor(node_of(x[1]).operands[0]);
      break;
    case Op::sub:
      if (is(x[1], 0)) return x[0];
      if (is(x[0], 0)) return -x[1];
      if (node_of(x[1]).op == Op::neg) return x[0] + b.tensor(node_of(x[1]).operands[0]);
      break;
    case Op::mul:
      for (int i : {0, 1}) {
        if (is(x[i], 1)) return x[1 - i];
        if (is(x[i], -1)) return -x[1 - i];
      }
      break;
    case Op::div: {
      if (is(x[1], 1)) return x[0];
      auto s = splat(x[1]);
      if (is_float && s && is_power_of_two(*s)) return x[0] * b.constant(1 / *s, x[1].type());
      break;
    }
    case Op::neg:
      if (node_of(x[0]).op == Op::neg) return b.tensor(node_of(x[0]).operands[0]);
      break;
    case Op::select:
      if (auto s = splat(x[0])) return *s != 0 ? x[1] : x[2];
      if (x[1].id == x[2].id) return x[1];
      break;
    case Op::stop_gradient: return x[0];
    case Op::cast:
      if (x[0].dtype() == node.type.dtype) return x[0];
      break;
    default: break;
  }
  return std::nullopt;
}

// Addition and multiplication do not depend on the order of their operands: one order, so that equal ones are found.
std::optional<Tensor> order_operands(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  if ((node.op != Op::add && node.op != Op::mul) || x[0].id <= x[1].id) return std::nullopt;
  return b.emit(node.op, {x[1], x[0]});
}

std::optional<Tensor> movement(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  if (node.def().op_class != OpClass::movement) return std::nullopt;
  if (node.def().arity == 1 && x[0].type() == node.type && node.op != Op::transpose && node.op != Op::slice) return x[0];
  const Node& inner = node_of(x[0]);
  if (node.op == Op::reshape && inner.op == Op::reshape) return reshape(b.tensor(inner.operands[0]), node.type.shape);
  if (node.op == Op::slice && x[0].type() == node.type) return x[0];
  if (node.op == Op::transpose) {
    auto p = node.attribute<std::vector<int64_t>>(0);
    if (std::is_sorted(p.begin(), p.end())) return x[0];
    if (inner.op == Op::transpose) {
      auto q = inner.attribute<std::vector<int64_t>>(0);
      for (auto& axis : p) axis = q[size_t(axis)];
      return transpose(b.tensor(inner.operands[0]), p);
    }
  }
  if (node.op == Op::broadcast && inner.op == Op::broadcast) {
    auto axes = inner.attribute<std::vector<int64_t>>(1);
    for (auto& axis : axes) axis = node.attribute<std::vector<int64_t>>(1)[size_t(axis)];
    return broadcast(b.tensor(inner.operands[0]), node.type.shape, axes);
  }
  return std::nullopt;
}

// A contraction reads a transposed operand directly.
std::optional<Tensor> contraction(GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) {
  if (node.op != Op::contract) return std::nullopt;
  Tensor operand[2] = {x[0], x[1]};
  bool flag[2] = {node.attribute<int64_t>(0) != 0, node.attribute<int64_t>(1) != 0}, changed = false;
  for (int i : {0, 1}) {
    const Node& inner = node_of(operand[i]);
    if (inner.op != Op::transpose) continue;
    auto p = inner.attribute<std::vector<int64_t>>(0);
    std::swap(p[p.size() - 1], p[p.size() - 2]);
    if (!std::is_sorted(p.begin(), p.end())) continue;
    operand[i] = b.tensor(inner.operands[0]);
    flag[i] = !flag[i];
    changed = true;
  }
  return changed ? std::optional(contract(operand[0], operand[1], flag[0], flag[1])) : std::nullopt;
}

const Rule rules[] = {fold_constants, move_constant, algebra, movement, contraction, sink_broadcast, order_operands};

Graph walk(const Graph& graph) {
  GraphBuilder b(graph.name);
  Rebuild rebuild(graph, b);
  auto live = live_values(graph);
  for (ValueId v = 0; v < graph.size(); v++) {
    if (!live[v]) continue;
    b.set_place(graph.place(v));
    auto operands = rebuild.operands(graph[v]);
    std::optional<Tensor> better;
    for (Rule rule : rules)
      if (!better) better = rule(b, graph[v], operands);
    if (better) rebuild.set(v, *better);
    else rebuild.copy(v);
  }
  rebuild.finish();
  return std::move(b.graph());
}

}  // namespace

Graph simplify(const Graph& graph) {
  // A rule's result may fit another rule, and leaves dead nodes behind: until nothing changes, which is after two or three.
  Graph result = walk(graph);
  for (int round = 0; round < 8; round++) {
    size_t before = result.size();
    result = walk(result);
    if (result.size() == before) break;
  }
  return result;
}

}  // namespace graphc
