// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions to build-time numbers and tensors.
#include <cmath>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/operators.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

Elaborator::Level::Level(Elaborator& e, Spot spot) : elaborator(e) {
  if (e.depth_ >= 500) refuse(e.place(spot), "expressions and blocks are nested more than 500 deep");
  e.depth_++;
}

void Elaborator::spend(size_t amount, Spot spot) {
  spent_ += amount;
  if (spent_ > max_cost)
    refuse(place(spot),
           "the model is too large: more than " + std::to_string(max_cost) + " operations after blocks and repeats are expanded");
}

Value Elaborator::evaluate(ExprId id, Context& c) {
  const Expr& e = file_[id];
  Level level(*this, e.spot);
  spend(1, e.spot);
  switch (e.kind) {
    case ExprKind::number:
      return e.number;
    case ExprKind::flag:
      return e.number != 0;
    case ExprKind::name:
      return evaluate_name(e, c);
    case ExprKind::negate: {
      Value x = evaluate(e.operands[0], c);
      if (auto n = std::get_if<double>(&x)) return -*n;
      if (!std::holds_alternative<Tensor>(x))
        refuse(place(e.spot), "the operand of - must be a number or a tensor, but is " + shown(x));
      at(e.spot);
      return -std::get<Tensor>(x);
    }
    case ExprKind::binary:
      return evaluate_binary(e, c);
    case ExprKind::conditional:
      return evaluate(e.operands[condition(e.operands[0], c) ? 1 : 2], c);
    case ExprKind::list:
      refuse(place(e.spot), "a list is no value here", {"lists are shapes, axes and the values of constants"});
    case ExprKind::call:
      return call(e, c);
    case ExprKind::repeat:
      return repeat(e, c);
  }
  throw InternalError("frontend: unknown expression");
}

std::string Elaborator::resolve(const Name& name, Context& c) {
  std::string text = name.texts[0];
  for (size_t i = 0; i < name.holes.size(); i++) {
    text += std::to_string(whole(name.holes[i], c, "the number in a name", 0, 2147483647));
    text += name.texts[i + 1];
  }
  return text;
}

Binding* Elaborator::find(const std::string& name, Frame& frame) {
  for (Frame* f : {&frame, &top_})
    if (auto it = f->names.find(name); it != f->names.end()) return &it->second;
  return nullptr;
}

Value Elaborator::evaluate_name(const Expr& e, Context& c) {
  std::string name = resolve(e.name, c);
  auto read = [&](InstanceId instance) {
    if (!last_ && instance != no_instance && reader_ != no_instance) trace_.instances[reader_].reads.push_back(instance);
  };
  if (Binding* binding = find(name, c.frame)) {
    if (std::holds_alternative<Unknown>(binding->value)) throw Stop();
    read(binding->instance);
    return binding->value;
  }
  if (auto it = variables_.find(name); it != variables_.end()) {
    read(it->second.instance);
    at(e.spot);
    return b_.emit(Op::variable, {}, {name, it->second.type});
  }
  std::vector<std::string> candidates;
  for (Frame* frame : {&c.frame, &top_})
    for (const auto& [known, binding] : frame->names) candidates.push_back(known);
  refuse_name(name, e.spot, std::move(candidates));
}

void Elaborator::refuse_name(const std::string& name, Spot spot, std::vector<std::string> candidates) const {
  if (name == "batch")
    refuse(place(spot), "batch is not known when the model is built", {"rows() is the number of rows of a call"});
  if (is_function(name)) refuse(place(spot), name + " is a function", {"call it: " + name + "(...)"});
  for (const auto& [known, variable] : variables_) candidates.push_back(known);
  refuse(place(spot), "nothing above is named " + name, did_you_mean(name, std::move(candidates)));
}

Tensor Elaborator::want_tensor(const Value& value, Spot spot, const std::string& what) {
  if (auto t = std::get_if<Tensor>(&value)) return *t;
  refuse(place(spot), what + " must be a tensor, but is " + shown(value));
}

Tensor Elaborator::tensor(ExprId id, Context& c, const std::string& what) {
  return want_tensor(evaluate(id, c), file_[id].spot, what);
}

double Elaborator::number(ExprId id, Context& c, const std::string& what) {
  Value value = evaluate(id, c);
  if (auto n = std::get_if<double>(&value)) return *n;
  refuse(place(file_[id].spot), what + " must be a number that is known when the model is built, but is " + shown(value));
}

int64_t Elaborator::whole(ExprId id, Context& c, const std::string& what, double low, double high) {
  double n = number(id, c, what);
  if (n != std::floor(n) || n < low || n > high)
    refuse(place(file_[id].spot),
           what + " must be a whole number from " + shown(low) + " to " + shown(high) + ", got " + shown(n));
  return int64_t(n);
}

bool Elaborator::condition(ExprId id, Context& c) {
  Value value = evaluate(id, c);
  if (auto f = std::get_if<bool>(&value)) return *f;
  Place p = place(file_[id].spot);
  if (std::holds_alternative<Tensor>(value))
    refuse(p, "a condition must be known when the model is built, but is " + shown(value),
           {"choose element by element: select(condition, a, b)"});
  refuse(p, "a condition must be true or false, but is " + shown(value), {"compare it: n > 0"});
}

Tensor Elaborator::matmul(Tensor a, Tensor b, Spot spot) {
  at(spot);
  if (a.rank() <= 2 || b.rank() != 2) return contract(a, b);
  // [.., k] @ [k, n]: the leading axes become rows, as dense does it.
  Shape rows{Dim(1)}, result = a.shape().without(a.rank() - 1);
  for (Dim d : result) rows[0] = {rows[0].size * d.size, rows[0].is_batch || d.is_batch};
  rows.push_back(a.shape().back());
  result.push_back(b.shape()[1]);
  return reshape(contract(reshape(a, rows), b), result);
}

Value Elaborator::evaluate_binary(const Expr& e, Context& c) {
  Value x = evaluate(e.operands[0], c), y = evaluate(e.operands[1], c);
  auto check = [&](const Value& v, ExprId id) {
    if (!std::holds_alternative<double>(v) && !std::holds_alternative<Tensor>(v))
      refuse(place(file_[id].spot), "an operand of '" + symbol(e.text) + "' must be a number or a tensor, but is " + shown(v));
  };
  bool compares = e.text != "add" && e.text != "sub" && e.text != "mul" && e.text != "div" && e.text != "matmul";
  if (compares && std::holds_alternative<bool>(x) && std::holds_alternative<bool>(y) &&
      (e.text == "equal" || e.text == "not_equal"))
    return (std::get<bool>(x) == std::get<bool>(y)) == (e.text == "equal");
  check(x, e.operands[0]);
  check(y, e.operands[1]);
  if (e.text == "matmul")
    return matmul(want_tensor(x, file_[e.operands[0]].spot, "the left side of @"),
                  want_tensor(y, file_[e.operands[1]].spot, "the right side of @"), e.spot);
  auto a = std::get_if<double>(&x), b = std::get_if<double>(&y);
  if (a && b) {
    if (e.text == "div" && *b == 0) refuse(place(e.spot), "division by zero");
    const double operands[] = {*a, *b};
    double result = def(*find_op(e.text)).reference(std::span<const double>(operands));
    if (compares) return result != 0;
    if (!std::isfinite(result)) refuse(place(e.spot), "the result of '" + symbol(e.text) + "' is too large");
    return result;
  }
  at(e.spot);
  return apply_binary(e.text, x, y);
}

Dim Elaborator::dim(ExprId id, Context& c) {
  const Expr& e = file_[id];
  auto is_batch = [&](ExprId i) {
    return file_[i].kind == ExprKind::name && file_[i].name.holes.empty() && file_[i].name.texts[0] == "batch";
  };
  if (is_batch(id)) return batch;
  const std::string what = "a size";
  if (e.kind == ExprKind::binary && e.text == "mul")
    for (int side : {0, 1})
      if (is_batch(e.operands[side])) {
        if (is_batch(e.operands[1 - side])) refuse(place(e.spot), "batch * batch is no size");
        return {whole(e.operands[1 - side], c, what, 1, 2147483647), true};
      }
  return whole(id, c, what, 1, 2147483647);
}

Shape Elaborator::shape(const std::vector<ExprId>& dims, Spot spot, Context& c) {
  if (dims.size() > size_t(max_rank))
    refuse(place(spot), "a tensor has at most 8 axes, these are " + std::to_string(dims.size()));
  Shape shape;
  double count = 1;
  int batches = 0;
  for (ExprId id : dims) {
    shape.push_back(dim(id, c));
    count *= double(shape.back().size);
    batches += shape.back().is_batch;
  }
  if (batches > 1) refuse(place(spot), to_string(shape) + " has batch more than once");
  if (count >= 2147483648.0) refuse(place(spot), to_string(shape) + " has 2^31 elements or more");
  return shape;
}

Type Elaborator::type(const TypeExpr& t, Context& c) {
  std::optional<DType> dtype = find_dtype(t.dtype);
  if (t.dtype == "class") refuse(place(t.spot), "only a target holds classes", {"write: target y: class[batch] of 10"});
  if (!dtype) refuse(place(t.spot), "no element type is named " + t.dtype, {"the types are f32, i32 and u8"});
  return {*dtype, shape(t.dims, t.spot, c)};
}

}  // namespace graphc::frontend
