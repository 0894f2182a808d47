// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor: a handle on a value of a graph under construction, and the functions that build nodes. Derivative rules,
// composites, passes and users all write graphs with these. Errors are CompileErrors at the builder's current place.
#pragma once

#include <map>
#include <memory>

#include "ir/graph.h"

namespace graphc {

class GraphBuilder;

struct Tensor {
  GraphBuilder* builder = nullptr;
  uint32_t scope = 0;
  ValueId id = no_value;

  const Type& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }
};

// Builds one graph. Inside `call`, nodes go to the call's body; outer values that the body uses become its operands.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::string name = "");
  virtual ~GraphBuilder() = default;

  Tensor emit(Op op, const std::vector<Tensor>& operands, std::vector<Attribute> attributes = {});
  // A composite stays one `call` node until after differentiation. `build` gets the operands as the body's arguments.
  std::vector<Tensor> call(const std::string& composite, std::vector<std::pair<std::string, double>> arguments,
                           const std::vector<Tensor>& operands,
                           const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& build);
  std::vector<Tensor> call(Body body, const std::vector<Tensor>& operands);

  Tensor constant(double value, DType dtype = DType::f32) { return constant(value, Type{dtype, {}}); }
  Tensor constant(double value, const Type& type);  // every element
  Tensor constant(std::vector<double> values, const Type& type);
  Tensor rows();  // i32[], the rows of this call
  Tensor iota(const Type& type, int axis);

  Graph& graph() { return scopes_.front()->graph; }         // the outermost
  Graph& current_graph() { return scopes_.back()->graph; }
  Tensor tensor(ValueId id) { return {this, scopes_.back()->serial, id}; }  // of the innermost graph
  const Type& type(const Tensor& tensor) const;

  const Place& place() const { return place_; }
  void set_place(const Place& place) { place_ = place; }
  [[noreturn]] void fail(const std::string& message, std::vector<std::string> notes = {}) const;

  // The value of an outer graph as one of the innermost: itself, or the argument that stands for it.
  ValueId captured(const Tensor& tensor);

 private:
  struct Scope {
    Graph graph;
    uint32_t serial;
    std::map<ValueId, ValueId> arguments;  // value of the enclosing scope -> argument
    std::vector<ValueId> operands;         // by argument number, values of the enclosing scope
  };
  ValueId capture(size_t depth, const Tensor& tensor);

  std::vector<std::unique_ptr<Scope>> scopes_;
  uint32_t next_serial_ = 1;
  Place place_;
};

// Where two operands of one C++ expression both make nodes, their order is the C++ compiler's choice, and with it the ids:
// rules and composites name such operands before they combine them, so that every build of graphc gives the same graph.

// ---- ops by name; elementwise binary ops broadcast as NumPy does, a plain number takes the other operand's type
#define GRAPHC_OP(name)
#define GRAPHC_UNARY(name) Tensor name(Tensor x);
#define GRAPHC_BINARY(name) \
  Tensor name(Tensor a, Tensor b); \
  Tensor name(Tensor a, double b); \
  Tensor name(double a, Tensor b);
#define GRAPHC_REDUCTION(name) Tensor name(Tensor x, int axis);  // removes the axis; a negative one counts from the end
#include "ir/op_list.def"

inline Tensor operator+(Tensor a, Tensor b) { return add(a, b); }
inline Tensor operator-(Tensor a, Tensor b) { return sub(a, b); }
inline Tensor operator*(Tensor a, Tensor b) { return mul(a, b); }
inline Tensor operator/(Tensor a, Tensor b) { return div(a, b); }
inline Tensor operator+(Tensor a, double b) { return add(a, b); }
inline Tensor operator-(Tensor a, double b) { return sub(a, b); }
inline Tensor operator*(Tensor a, double b) { return mul(a, b); }
inline Tensor operator/(Tensor a, double b) { return div(a, b); }
inline Tensor operator+(double a, Tensor b) { return add(a, b); }
inline Tensor operator-(double a, Tensor b) { return sub(a, b); }
inline Tensor operator*(double a, Tensor b) { return mul(a, b); }
inline Tensor operator/(double a, Tensor b) { return div(a, b); }
inline Tensor operator-(Tensor a) { return neg(a); }

Tensor select(Tensor condition, Tensor a, Tensor b);
Tensor cast(Tensor x, DType dtype);
// Input axis i becomes output axis axes[i]; the other axes of `shape` repeat.
Tensor broadcast(Tensor x, const Shape& shape, std::vector<int64_t> axes);
Tensor broadcast_to(Tensor x, const Shape& shape);  // NumPy's rule: aligned at the end, size 1 repeats
Tensor reshape(Tensor x, const Shape& shape);
Tensor transpose(Tensor x, std::vector<int64_t> permutation);  // output axis i is input axis permutation[i]
Tensor slice(Tensor x, int axis, int64_t start, int64_t size, int64_t step = 1);
Tensor pad(Tensor x, int axis, int64_t before, int64_t after, double value = 0);
Tensor concat(const std::vector<Tensor>& parts, int axis);
// a [B.., M, K] (transposed: [B.., K, M]), b [B.., K, N] (transposed: [B.., N, K]) -> [B.., M, N]
Tensor contract(Tensor a, Tensor b, bool transpose_a = false, bool transpose_b = false);
// table [n, ...], indices i32[...] -> indices' shape + table's rest; indices clamp to [0, n)
Tensor gather(Tensor table, Tensor indices);
// zeros [n, ...] with updates added at indices in index order; indices outside [0, n) are dropped
Tensor scatter_add(Tensor indices, Tensor updates, int64_t n);
// 32 random bits an element: Philox4x32-10, key (seed_lo, seed_hi), counter (element / 4, step, stream, 0), word element % 4
Tensor random_bits(Tensor seed_lo, Tensor seed_hi, Tensor step, int64_t stream, const Shape& shape);
// 32 random bits an element from a key of two words, i32[] each; cheaper than random_bits, good for masks
Tensor hash_bits(Tensor key_lo, Tensor key_hi, const Shape& shape);

// ---- short forms
Tensor reduce_sum(Tensor x, std::vector<int64_t> axes);  // innermost first
Tensor sum(Tensor x);                                    // over all axes
Tensor mean(Tensor x);                                   // over all axes: sum / count
Tensor count_of(Tensor x);                               // f32[], the number of elements at this call's rows
Tensor zeros_like(Tensor x);
Tensor logical_and(Tensor a, Tensor b);

}  // namespace graphc
