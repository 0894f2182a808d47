// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of ops, from their records: operands by position, then attributes by position or name.
#include <cmath>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/operators.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

static std::string attribute_list(const OpDef& def) {
  std::string all;
  for (const AttributeDef& a : def.attributes) all += (all.empty() ? "" : ", ") + std::string(a.name);
  return all.empty() ? "none" : all;
}

// Elementwise ops: numbers among the operands take the type of the tensors, and numbers alone are computed at once.
Value Elaborator::call_elementwise(const Expr& e, const OpDef& def, Context& c) {
  if (e.arguments.size() != size_t(def.arity))
    refuse(place(e.spot),
           e.text + ": takes " + counted(size_t(def.arity), "operand") + ", got " + std::to_string(e.arguments.size()));
  std::vector<Value> values;
  std::vector<double> numbers;
  for (const Argument& a : e.arguments) {
    if (!a.name.empty()) refuse(place(a.spot), e.text + ": an operand has no name", {"give it by position"});
    values.push_back(evaluate(a.value, c));
    if (auto n = std::get_if<double>(&values.back()))
      numbers.push_back(*n);
    else
      want_tensor(values.back(), file_[a.value].spot, e.text + ": an operand");
  }
  if (numbers.size() == values.size() && def.reference) {
    double result = def.reference(numbers);
    if (!std::isfinite(result)) refuse(place(e.spot), e.text + ": the result of these numbers is not finite");
    return result;
  }
  at(e.spot);
  if (is_binary(e.text)) return apply_binary(e.text, values[0], values[1]);
  DType dtype = DType::f32;
  for (const Value& v : values)
    if (auto t = std::get_if<Tensor>(&v)) dtype = t->dtype();  // of a select: the choices stand after the condition
  std::vector<Tensor> operands;
  for (const Value& v : values)
    if (auto n = std::get_if<double>(&v))
      operands.push_back(b_.constant(*n, def.arity > 2 && dtype == DType::u8 ? DType::f32 : dtype));
    else
      operands.push_back(std::get<Tensor>(v));
  return emit_op(b_, *find_op(def.name), operands, {});
}

Attribute Elaborator::attribute(const AttributeDef& def, ExprId id, const std::vector<Tensor>& operands, const std::string& op,
                                Context& c) {
  const Expr& e = file_[id];
  std::string what = op + ": " + def.name;
  auto integer = [&](ExprId i) {
    if (std::string_view(def.name).starts_with("transpose")) return int64_t(condition(i, c));
    return whole(i, c, what, -2147483648.0, 2147483647.0);
  };
  auto want_list = [&] {
    if (e.kind != ExprKind::list) refuse(place(e.spot), what + " must be a list such as [0, 1]");
  };
  switch (def.kind) {
    case AttributeDef::integer: {
      int64_t value = integer(id);
      bool from_end = std::string_view(def.name) == "axis" && value < 0 && !operands.empty() && value + operands[0].rank() >= 0;
      return from_end ? value + operands[0].rank() : value;
    }
    case AttributeDef::number:
      return number(id, c, what);
    case AttributeDef::integers: {
      want_list();
      std::vector<int64_t> values;
      for (ExprId item : e.operands) values.push_back(integer(item));
      return values;
    }
    case AttributeDef::dtype: {
      std::optional<DType> dtype;
      if (e.kind == ExprKind::name && e.name.holes.empty()) dtype = find_dtype(e.name.texts[0]);
      if (!dtype) refuse(place(e.spot), what + " must be f32, i32 or u8");
      return *dtype;
    }
    case AttributeDef::shape:
      want_list();
      return shape(e.operands, e.spot, c);
    default:
      throw InternalError("frontend: attribute " + what);
  }
}

Value Elaborator::call_op(const Expr& e, Op op, Context& c) {
  const OpDef& record = def(op);
  spend(4, e.spot);
  if (record.op_class == OpClass::elementwise && record.attributes.empty()) return call_elementwise(e, record, c);
  std::vector<Tensor> operands;
  std::vector<ExprId> given(record.attributes.size(), no_expr);
  size_t position = 0;
  for (const Argument& a : e.arguments) {
    size_t i = 0;
    if (a.name.empty() && (record.arity < 0 || operands.size() < size_t(record.arity))) {
      operands.push_back(tensor(a.value, c, e.text + ": an operand"));
      continue;
    }
    if (a.name.empty()) {
      i = position++;
      if (i >= given.size())
        refuse(place(a.spot),
               e.text + ": takes " + counted(size_t(record.arity), "tensor") + " and " + counted(given.size(), "argument"),
               {"the arguments are " + attribute_list(record)});
    } else {
      std::vector<std::string> names;
      for (const AttributeDef& d : record.attributes) names.push_back(d.name);
      while (i < names.size() && names[i] != a.name) i++;
      if (i == names.size()) {
        auto notes = did_you_mean(a.name, names);
        if (notes.empty()) notes = {"the arguments are " + attribute_list(record)};
        refuse(place(a.spot), e.text + ": no argument named " + a.name, std::move(notes));
      }
      if (given[i] != no_expr) refuse(place(a.spot), e.text + ": the argument " + a.name + " is given twice");
    }
    given[i] = a.value;
  }
  if (record.arity >= 0 ? operands.size() < size_t(record.arity) : operands.empty())
    refuse(place(e.spot), e.text + ": takes " + counted(size_t(std::max(record.arity, 1)), "tensor") + ", got " +
                              std::to_string(operands.size()));
  std::vector<Attribute> attributes;
  for (size_t i = 0; i < given.size(); i++) {
    const AttributeDef& d = record.attributes[i];
    auto otherwise = default_of(d);
    if (given[i] != no_expr)
      attributes.push_back(attribute(d, given[i], operands, e.text, c));
    else if (!otherwise)
      refuse(place(e.spot), e.text + ": the argument " + d.name + " is missing", {"the arguments are " + attribute_list(record)});
    else if (d.kind == AttributeDef::number)
      attributes.emplace_back(*otherwise);
    else
      attributes.emplace_back(int64_t(*otherwise));
  }
  at(e.spot);
  Tensor result = emit_op(b_, op, operands, std::move(attributes));
  for (Dim d : result.shape())
    if (d.size == 0) refuse(place(e.spot), e.text + ": the result " + to_string(result.type()) + " has no elements");
  return result;
}

// sum(x), mean(x): over all axes; with `axis`, along one.
Value Elaborator::call_total(const Expr& e, Context& c) {
  ExprId axis = no_expr, operand = no_expr;
  for (const Argument& a : e.arguments) {
    if (a.name.empty() && operand == no_expr)
      operand = a.value;
    else if ((a.name.empty() || a.name == "axis") && axis == no_expr)
      axis = a.value;
    else
      refuse(place(a.spot), e.text + ": takes a tensor and an axis", {"write " + e.text + "(x) or " + e.text + "(x, axis: 0)"});
  }
  if (operand == no_expr)
    refuse(place(e.spot), e.text + ": the tensor is missing", {"write " + e.text + "(x) or " + e.text + "(x, axis: 0)"});
  Tensor x = tensor(operand, c, e.text + ": the operand");
  bool is_mean = e.text == "mean";
  if (axis == no_expr) {
    at(e.spot);
    return is_mean ? mean(x) : sum(x);
  }
  int64_t a = whole(axis, c, e.text + ": axis", -max_rank, max_rank - 1);
  if (a < 0) a += x.rank();
  at(e.spot);
  Tensor total = b_.emit(Op::reduce_sum, {x}, {a});
  if (!is_mean) return total;
  Dim size = x.shape()[int(a)];
  return size.is_batch ? total / (cast(b_.rows(), DType::f32) * double(size.size)) : total / double(size.size);
}

}  // namespace graphc::frontend
