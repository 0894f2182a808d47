// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/kernel_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace graphc {

using namespace loops;

std::vector<int64_t> row_major_strides(const Shape& shape, int64_t max_rows) {
  std::vector<int64_t> stride(size_t(shape.rank()), 1);
  for (int a = shape.rank() - 1; a > 0; a--) stride[size_t(a - 1)] = stride[size_t(a)] * std::max<int64_t>(shape[a].at(max_rows), 1);
  return stride;
}

void add_scaled(Index& to, const Index& index, int64_t scale) {
  to.offset += scale * index.offset;
  for (uint32_t v = 0; v < index.stride.size(); v++) to.add(v, scale * index.stride[v]);
}

Index variable_index(uint32_t variable) {
  Index index;
  index.add(variable, 1);
  return index;
}

uint32_t KernelValues::argument(uint32_t buffer, DType dtype, bool written) {
  for (uint32_t i = 0; i < arguments_.size(); i++)
    if (arguments_[i] == buffer) {
      k_.buffers[i].written |= written;
      return i;
    }
  arguments_.push_back(buffer);
  k_.buffers.push_back({dtype, written});
  return uint32_t(arguments_.size() - 1);
}

Index KernelValues::place(const Shape& shape, const At& at) const {
  auto strides = row_major_strides(shape, max_rows_);
  Index index;
  for (int a = 0; a < shape.rank(); a++) add_scaled(index, at[size_t(a)], strides[size_t(a)]);
  return index;
}

KernelValues::At KernelValues::identity(int rank, uint32_t first) const {
  At at;
  for (int a = 0; a < rank; a++) at.push_back(variable_index(first + uint32_t(a)));
  return at;
}

ExprId KernelValues::load(ValueId v, const At& at) {
  uint32_t b = argument(buffers_.value(v), node(v).type.dtype, false);
  return k_.add({.kind = Expr::load, .dtype = node(v).type.dtype, .id = b, .index = place(node(v).type.shape, at)});
}

ExprId KernelValues::value(ValueId v, const At& at) {
  std::string key = fmt::format("{}", v);
  for (const Index& i : at) {
    key += fmt::format("|{}", i.offset);
    for (int64_t s : i.stride) key += fmt::format(",{}", s);
  }
  auto it = known_.find(key);
  if (it != known_.end()) return it->second;
  ExprId e = compute(v, at);
  known_.emplace(std::move(key), e);
  return e;
}

ExprId KernelValues::compute(ValueId v, const At& at) {
  const Node& n = node(v);
  if (is_memory_source(n)) return load(v, at);
  if (computed_here(v)) {
    auto result = results_.find(v);
    if (result != results_.end()) return k_.add({.kind = Expr::result, .dtype = n.type.dtype, .id = result->second});
    if (!is_floating(graph_, v) && n.def().op_class != OpClass::movement) throw InternalError("lower: anchor read before it is computed");
  } else if (fusion_.in_memory[v] && (fusion_.home[v] < id_ || !is_floating(graph_, v))) {  // a later cluster may wait for this one
    return load(v, at);
  }
  if (n.op == Op::constant) return constant(n.attribute<std::vector<double>>(0)[0], n.type.dtype);
  if (n.op == Op::rows) return k_.add({.kind = Expr::rows, .dtype = DType::i32});
  if (n.op == Op::gather) return gather(v, at);
  if (n.def().op_class == OpClass::movement) return value(n.operands[0], moved(n, at));
  if (!n.def().lower) throw InternalError(fmt::format("lower: %{} = {} has no expression", v, n.def().name));
  Expr e{.kind = Expr::apply, .dtype = n.type.dtype, .node = {n.op, n.type, {}, n.attributes}};
  if (n.def().op_class == OpClass::source) {
    // Its lowering takes the element's index along each axis, then its operands, which are scalars.
    for (const Index& i : at) e.arguments.push_back(k_.add({.kind = Expr::position, .dtype = DType::i32, .index = i}));
    // Constants among them (the stream of random bits) come from memory: then all fills of a shape share a kernel.
    for (ValueId o : n.operands) e.arguments.push_back(node(o).op == Op::constant ? load(o, {}) : value(o, {}));
  } else {
    e.node.type.shape = {};  // elementwise: equal for every shape
    for (ValueId o : n.operands) e.arguments.push_back(value(o, at));
  }
  return k_.add(std::move(e));
}

// The operand's indices under a movement op.
KernelValues::At KernelValues::moved(const Node& n, const At& at) const {
  const Shape& from = node(n.operands[0]).type.shape;
  At result;
  if (n.op == Op::reshape) {
    int r = 0;
    for (int a = 0; a < from.rank(); a++) {
      while (!from[a].is(1) && n.type.shape[r].is(1)) r++;
      result.push_back(from[a].is(1) ? Index{} : at[size_t(r++)]);
    }
    return result;
  }
  for (const AxisMap& map : n.def().index_map(n, from)) {
    Index index{.offset = map.offset};
    for (size_t r = 0; r < map.stride.size(); r++) add_scaled(index, at[r], map.stride[r]);
    result.push_back(index);
  }
  return result;
}

ExprId KernelValues::gather(ValueId v, const At& at) {
  const Node& n = node(v);
  ValueId table = n.operands[0], indices = n.operands[1];
  int lead = node(indices).type.shape.rank();
  const Shape& shape = node(table).type.shape;
  auto strides = row_major_strides(shape, max_rows_);
  Index index;
  for (int a = 1; a < shape.rank(); a++) add_scaled(index, at[size_t(lead + a - 1)], strides[size_t(a)]);
  index.dynamic = value(indices, At(at.begin(), at.begin() + lead));
  index.dynamic_stride = strides[0];
  index.dynamic_limit = shape[0].size;
  uint32_t b = argument(buffers_.value(table), node(table).type.dtype, false);
  return k_.add({.kind = Expr::load, .dtype = n.type.dtype, .id = b, .index = index});
}

}  // namespace graphc
