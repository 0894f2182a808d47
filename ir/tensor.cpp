// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/tensor.h"

#include <algorithm>

namespace graphc {

const Type& Tensor::type() const { return builder->type(*this); }

GraphBuilder::GraphBuilder(std::string name) {
  scopes_.push_back(std::make_unique<Scope>(Scope{Graph(std::move(name)), next_serial_++, {}, {}}));
}

const Type& GraphBuilder::type(const Tensor& tensor) const {
  for (const auto& scope : scopes_)
    if (scope->serial == tensor.scope) return scope->graph[tensor.id].type;
  throw InternalError("tensor of a closed call body");
}

void GraphBuilder::fail(const std::string& message, std::vector<std::string> notes) const {
  throw CompileError(Diagnostic{place_, message, std::move(notes)});
}

ValueId GraphBuilder::capture(size_t depth, const Tensor& tensor) {
  Scope& scope = *scopes_[depth];
  if (scope.serial == tensor.scope) return tensor.id;
  if (depth == 0) throw InternalError("tensor of a closed call body or of another builder");
  ValueId outer = capture(depth - 1, tensor);
  auto [it, is_new] = scope.arguments.try_emplace(outer, no_value);
  if (is_new) {
    const Node& source = scopes_[depth - 1]->graph[outer];
    it->second = scope.graph.add(Op::argument, {}, {int64_t(scope.operands.size()), source.type}, place_);
    scope.operands.push_back(outer);
  }
  return it->second;
}

ValueId GraphBuilder::captured(const Tensor& tensor) {
  if (tensor.builder != this) fail("a tensor of another builder is used here");
  return capture(scopes_.size() - 1, tensor);
}

Tensor GraphBuilder::emit(Op op, const std::vector<Tensor>& operands, std::vector<Attribute> attributes) {
  std::vector<ValueId> ids;
  for (const Tensor& t : operands) ids.push_back(captured(t));
  return tensor(current_graph().add(op, std::move(ids), std::move(attributes), place_));
}

std::vector<Tensor> GraphBuilder::call(const std::string& composite, std::vector<std::pair<std::string, double>> arguments,
                                       const std::vector<Tensor>& operands,
                                       const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& build) {
  if (scopes_.size() > 256) fail(composite + ": calls are nested more than 256 deep");
  std::vector<ValueId> ids;
  std::vector<Type> types;
  for (const Tensor& t : operands) ids.push_back(captured(t)), types.push_back(t.type());
  scopes_.push_back(std::make_unique<Scope>(Scope{Graph(composite), next_serial_++, {}, ids}));
  std::unique_ptr<Scope> scope;
  try {
    std::vector<Tensor> inner;
    for (size_t i = 0; i < types.size(); i++) inner.push_back(emit(Op::argument, {}, {int64_t(i), types[i]}));
    int index = 0;
    for (const Tensor& t : build(inner)) {
      ValueId result = captured(t);
      current_graph().outputs.push_back({std::to_string(index++), result});
    }
    scope = std::move(scopes_.back());
    scopes_.pop_back();
  } catch (...) {
    scopes_.pop_back();
    throw;
  }
  std::vector<Tensor> outer;
  for (ValueId v : scope->operands) outer.push_back(tensor(v));
  return call(Body{composite, std::move(arguments), std::make_shared<Graph>(std::move(scope->graph))}, outer);
}

std::vector<Tensor> GraphBuilder::call(Body body, const std::vector<Tensor>& operands) {
  std::vector<ValueId> ids;
  for (const Tensor& t : operands) ids.push_back(captured(t));
  size_t results = body.graph->outputs.size();
  Tensor node = tensor(current_graph().add_call(std::move(body), std::move(ids), place_));
  std::vector<Tensor> result;
  for (size_t i = 0; i < results; i++) result.push_back(emit(Op::get, {node}, {int64_t(i)}));
  return result;
}

Tensor GraphBuilder::constant(double value, const Type& type) { return constant(std::vector<double>{value}, type); }
Tensor GraphBuilder::constant(std::vector<double> values, const Type& type) {
  return emit(Op::constant, {}, {std::move(values), type});
}
Tensor GraphBuilder::rows() { return emit(Op::rows, {}); }
Tensor GraphBuilder::iota(const Type& type, int axis) { return emit(Op::iota, {}, {int64_t(axis), type}); }

// ---- broadcasting

static Shape broadcast_shape(GraphBuilder& b, const char* op, const Shape& x, const Shape& y) {
  Shape result;
  int rank = std::max(x.rank(), y.rank());
  for (int a = 0; a < rank; a++) {
    int i = a - (rank - x.rank()), j = a - (rank - y.rank());
    Dim p = i < 0 ? Dim(1) : x[i], q = j < 0 ? Dim(1) : y[j];
    if (p != q && !p.is(1) && !q.is(1))
      b.fail(std::string(op) + ": shapes do not broadcast: " + to_string(x) + " and " + to_string(y) + " (" + to_string(p) + " against " +
             to_string(q) + ")", {"sizes must be equal, or one of them 1, counted from the last axis"});
    result.push_back(p.is(1) ? q : p);
  }
  return result;
}

Tensor broadcast_to(Tensor x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (x.rank() > shape.rank()) x.builder->fail("broadcast: " + to_string(x.type()) + " has more axes than " + to_string(shape));
  Shape kept;
  std::vector<int64_t> axes;
  for (int i = 0; i < x.rank(); i++) {
    int axis = i + shape.rank() - x.rank();
    if (x.shape()[i].is(1) && !shape[axis].is(1)) continue;
    kept.push_back(x.shape()[i]);
    axes.push_back(axis);
  }
  return broadcast(reshape(x, kept), shape, axes);
}

static Tensor binary(Op op, Tensor a, Tensor b) {
  GraphBuilder& builder = *a.builder;
  Shape shape = broadcast_shape(builder, def(op).name, a.shape(), b.shape());
  return builder.emit(op, {broadcast_to(a, shape), broadcast_to(b, shape)});
}

static Tensor like(Tensor x, double value) { return x.builder->constant(value, x.type()); }

#define GRAPHC_OP(name)
#define GRAPHC_UNARY(name) \
  Tensor name(Tensor x) { return x.builder->emit(Op::name, {x}); }
#define GRAPHC_BINARY(name)                                            \
  Tensor name(Tensor a, Tensor b) { return binary(Op::name, a, b); }   \
  Tensor name(Tensor a, double b) { return name(a, like(a, b)); }      \
  Tensor name(double a, Tensor b) { return name(like(b, a), b); }
#define GRAPHC_REDUCTION(name) \
  Tensor name(Tensor x, int axis) { return x.builder->emit(Op::name, {x}, {int64_t(axis < 0 ? axis + x.rank() : axis)}); }
#include "ir/op_list.def"

Tensor select(Tensor condition, Tensor a, Tensor b) {
  GraphBuilder& builder = *condition.builder;
  Shape shape = broadcast_shape(builder, "select", condition.shape(), broadcast_shape(builder, "select", a.shape(), b.shape()));
  return builder.emit(Op::select, {broadcast_to(condition, shape), broadcast_to(a, shape), broadcast_to(b, shape)});
}

Tensor cast(Tensor x, DType dtype) { return x.dtype() == dtype ? x : x.builder->emit(Op::cast, {x}, {dtype}); }

Tensor broadcast(Tensor x, const Shape& shape, std::vector<int64_t> axes) {
  if (x.shape() == shape) return x;
  return x.builder->emit(Op::broadcast, {x}, {shape, std::move(axes)});
}

Tensor reshape(Tensor x, const Shape& shape) { return x.shape() == shape ? x : x.builder->emit(Op::reshape, {x}, {shape}); }

Tensor transpose(Tensor x, std::vector<int64_t> permutation) {
  bool is_identity = int(permutation.size()) == x.rank();
  for (int a = 0; is_identity && a < x.rank(); a++) is_identity = permutation[size_t(a)] == a;
  return is_identity ? x : x.builder->emit(Op::transpose, {x}, {std::move(permutation)});
}

Tensor slice(Tensor x, int axis, int64_t start, int64_t size, int64_t step) {
  return x.builder->emit(Op::slice, {x}, {int64_t(axis < 0 ? axis + x.rank() : axis), start, size, step});
}

Tensor pad(Tensor x, int axis, int64_t before, int64_t after, double value) {
  return x.builder->emit(Op::pad, {x}, {int64_t(axis < 0 ? axis + x.rank() : axis), before, after, value});
}

Tensor concat(const std::vector<Tensor>& parts, int axis) {
  return parts.at(0).builder->emit(Op::concat, parts, {int64_t(axis < 0 ? axis + parts[0].rank() : axis)});
}

Tensor contract(Tensor a, Tensor b, bool transpose_a, bool transpose_b) {
  return a.builder->emit(Op::contract, {a, b}, {int64_t(transpose_a), int64_t(transpose_b)});
}

Tensor gather(Tensor table, Tensor indices) { return table.builder->emit(Op::gather, {table, indices}); }

Tensor scatter_add(Tensor indices, Tensor updates, int64_t n) { return indices.builder->emit(Op::scatter_add, {indices, updates}, {n}); }

Tensor random_bits(Tensor seed_lo, Tensor seed_hi, Tensor step, int64_t stream, const Shape& shape) {
  Tensor number = seed_lo.builder->constant(double(stream), DType::i32);
  return seed_lo.builder->emit(Op::random_bits, {seed_lo, seed_hi, step, number}, {Type{DType::i32, shape}});
}

Tensor hash_bits(Tensor key_lo, Tensor key_hi, const Shape& shape) {
  return key_lo.builder->emit(Op::hash_bits, {key_lo, key_hi}, {Type{DType::i32, shape}});
}

Tensor reduce_sum(Tensor x, std::vector<int64_t> axes) {
  std::sort(axes.begin(), axes.end());
  for (size_t i = axes.size(); i-- > 0;) x = reduce_sum(x, int(axes[i]));
  return x;
}

Tensor sum(Tensor x) {
  while (x.rank() > 0) x = reduce_sum(x, x.rank() - 1);
  return x;
}

Tensor count_of(Tensor x) {
  Dim count = x.shape().count();
  if (!count.is_batch) return x.builder->constant(double(count.size));
  Tensor rows = cast(x.builder->rows(), DType::f32);
  return count.size == 1 ? rows : rows * double(count.size);
}

Tensor mean(Tensor x) {
  Tensor total = sum(x);
  return total / count_of(x);
}

Tensor zeros_like(Tensor x) { return like(x, 0); }

Tensor logical_and(Tensor a, Tensor b) { return bit_and(a, b); }

}  // namespace graphc
