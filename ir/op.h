// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op is one record (DESIGN 4): one line in op_list.def and one OpDef in ops/<family>.cpp. Everything that passes,
// evaluators, text forms, tests and documentation know about an op they read here; they ask `op_class`, never a name.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ir/error.h"
#include "ir/scalar.h"
#include "ir/type.h"

namespace graphc {

enum class Op : uint8_t {
#define GRAPHC_OP(name) name,
#include "ir/op_list.def"
};

enum class OpClass : uint8_t { source, elementwise, movement, reduction, contraction, index, control };
const char* name(OpClass op_class);

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>, Type, DType, Shape>;
struct AttributeDef {
  const char* name;
  enum Kind : uint8_t { integer, number, text, integers, numbers, type, dtype, shape } kind;  // = index in the variant
};

using ValueId = uint32_t;
struct Node;
class Graph;
struct Tensor;  // ir/tensor.h

// What `infer` sees. Its failure names op, shapes and remedy.
struct InferContext {
  const std::vector<Attribute>& attributes;
  std::vector<Type> operands;
  std::string op_name;

  template <class T> const T& attribute(int i) const { return std::get<T>(attributes[i]); }
  // Throws CompileError without a place ("op: message"); the builder adds the place.
  [[noreturn]] void fail(const std::string& message, std::vector<std::string> notes = {}) const;
};

struct VjpContext {
  const Node& node;
  std::vector<Tensor> operands;
  const Tensor& result;
  const Tensor& cotangent;
  std::vector<bool> needed;  // which operands' cotangents are wanted; others may be skipped

  template <class T> const T& attribute(int i) const;
};
// One entry an operand; nullopt where no gradient flows.
using Cotangents = std::vector<std::optional<Tensor>>;

// An evaluator's tensor: every element as a double, which holds f32, i32 and u8 exactly.
struct Array {
  DType dtype = DType::f32;
  std::vector<int64_t> dims;
  std::vector<double> data;
  int64_t count() const;
};

struct EvaluateContext {
  const Node& node;
  std::vector<const Array*> operands;
  Array& result;      // dims are set, data is zeros
  int64_t rows;
  bool f32;           // round as the compiled code does, in the order of sums that the node names; else plain f64
  bool fused;         // f32: the class of targets with FMA
};

// Where an operand's element comes from, per axis of the operand: offset + sum of stride * index over the result's axes.
struct AxisMap {
  int64_t offset = 0;
  std::vector<int64_t> stride;  // one a result axis
};

// The order in which a node adds up (DESIGN 6), chosen from static shapes only, printed, and obeyed by everyone.
//   lanes   element k goes to lane k % 16; then the tree l[i] += l[i + 8], 4, 2, 1
//   blocks  index order in blocks of 1,024 from 0, whose results are combined in order
//   index   index order, one after the other
enum class SumOrder : uint8_t { lanes, blocks, index };
const char* name(SumOrder order);

// A reduction combines with `combine`, whose identity is `identity`.
struct ReductionDef {
  double identity_f32, identity_i32;
  scalar::Value (*combine)(scalar::Value accumulated, scalar::Value next);
  double (*reference)(double accumulated, double next);
};

// Shapes and ranges that all generated tests of an op use.
struct Case {
  std::vector<Type> operands;
  std::vector<Attribute> attributes = {};
  double low = -2, high = 2;           // of f32 operands
  std::vector<double> kinks = {};      // gradients are not checked within 1e-3 of these
  int64_t int_high = 4;                // i32 operands lie in [0, int_high)
  bool smooth = true;                  // second order is checked too
  std::map<std::string, double> numbers = {};  // of a composite
};

struct OpDef {
  const char* name;
  const char* doc;  // one sentence with the formula
  OpClass op_class;
  int arity;        // -1: any number
  double cost = 1;  // operations an element, about: decides what is recomputed, how tasks are cut, where an epilogue is shared
  std::vector<AttributeDef> attributes = {};
  Type (*infer)(const InferContext&);
  // Exactly one of the two. `not_differentiable` says why; such an op passes no gradient.
  Cotangents (*vjp)(const VjpContext&) = nullptr;
  const char* not_differentiable = nullptr;

  // How it is computed; exactly one, but for class source and control and for contraction and index, which codegen knows:
  scalar::Value (*lower)(scalar::Builder&, std::span<const scalar::Value>, const Node&) = nullptr;  // elementwise
  std::vector<AxisMap> (*index_map)(const Node&, const Shape& operand) = nullptr;  // movement: where each element comes from
  // movement that lays operands into the result: where `operand` begins, per axis; what none of them covers is `fill`.
  std::vector<int64_t> (*region)(const Node&, const std::vector<Shape>& operands, int operand) = nullptr;
  double (*fill)(const Node&) = nullptr;
  std::optional<ReductionDef> reduction = {};
  SumOrder (*sum_order)(const Node&) = nullptr;  // of every op that combines several elements into one
  Tensor (*expand)(const Node&, const std::vector<Tensor>& operands) = nullptr;  // into other ops, before simplify

  double (*reference)(std::span<const double>) = nullptr;  // elementwise: the f64 evaluator
  void (*evaluate)(EvaluateContext&) = nullptr;            // others
  std::vector<Case> cases = {};
};

const OpDef& def(Op op);
std::span<const OpDef* const> all_ops();
std::optional<Op> find_op(const std::string& name);

}  // namespace graphc
