// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements that define something: numbers, inputs, parameters, constants, blocks.
#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

void Elaborator::let(const Statement& s, Frame& frame) {
  const std::string& name = s.name.texts[0];
  check_new(name, frame, s.name.spot);
  Naming naming;
  Context c{frame, naming};
  Value value = evaluate(s.value, c);
  bool is_number = std::holds_alternative<double>(value), is_flag = std::holds_alternative<bool>(value);
  if (!is_number && !is_flag)
    refuse(place(file_[s.value].spot), "let " + name + " must be a number, but is " + shown(value),
           {"tensors are named without let: " + name + " = ..."});
  if (auto it = overrides_.find(name); &frame == &top_ && it != overrides_.end()) {
    Override& o = it->second;
    o.used = true;
    if (is_flag != std::holds_alternative<bool>(o.value))
      refuse(place(s.name.spot), "--set " + name + ": wants " + (is_flag ? "true or false" : "a number"));
    if (is_flag)
      value = std::get<bool>(o.value);
    else
      value = std::get<double>(o.value);
  }
  frame.names[name] = {std::move(value), no_instance, s.name.spot};
}

void Elaborator::input(const Statement& s) {
  const std::string& name = s.name.texts[0];
  check_new(name, top_, s.name.spot);
  spend(8, s.spot);
  Naming naming;
  Context c{top_, naming};
  Tensor t;
  if (s.kind == StatementKind::input) {
    Type declared = type(s.type, c);
    at(s.name.spot);
    t = b_.input(name, declared.shape, declared.dtype, {});
  } else if (s.type.dtype == "class") {
    Shape declared = shape(s.type.dims, s.type.spot, c);
    if (declared.rank() == 0 || declared[0] != batch || declared.without(0).has_batch())
      refuse(place(s.type.spot), "class labels are class[batch] or class[batch, N], not class" + to_string(declared));
    int64_t classes = whole(s.extra, c, "the number of classes", 1, 2147483647);
    at(s.name.spot);
    t = b_.target(name, Classes{classes, declared}, {});
  } else {
    Type declared = type(s.type, c);
    if (declared.dtype != DType::f32)
      refuse(place(s.type.spot), "a target is f32 or class, not " + s.type.dtype,
             {"class labels are written: target y: class[batch] of 10"});
    at(s.name.spot);
    t = b_.target(name, declared.shape, {});
  }
  top_.names[name] = {t, no_instance, s.name.spot};
}

void Elaborator::note_variables() {
  const auto& all = b_.model().tables.variables;
  for (; variables_seen_ < all.size(); variables_seen_++)
    variables_[all[variables_seen_].name] = {all[variables_seen_].type, reader_};
}

Tensor Elaborator::parameter(const Statement& s, const std::string& name, Context& c) {
  Type declared = type(s.type, c);
  if (declared.dtype != DType::f32)
    refuse(place(s.type.spot), "a parameter is f32, not " + s.type.dtype, {"whole numbers are written: constant"});
  Initializer initial = want_initializer(evaluate(s.value, c), file_[s.value].spot, "a parameter's initial value");
  // A name with a dot is absolute; one without is the block's own, like every other name there.
  bool is_absolute = name.find('.') != std::string::npos;
  if (!is_absolute) take(c.naming, c.frame, s.name.spot, "the parameter " + name);
  spend(8, s.spot);
  at(s.name.spot);
  Tensor t = b_.parameter(is_absolute ? name : c.frame.prefix + name, declared.shape, initial, {});
  note_variables();
  return t;
}

Tensor Elaborator::constant(const Statement& s, Context& c) {
  Type declared = type(s.type, c);
  const Expr& e = file_[s.value];
  std::vector<double> values;
  if (e.kind != ExprKind::list)
    values.push_back(number(s.value, c, "a constant's value"));
  else
    for (ExprId id : e.operands) values.push_back(number(id, c, "a constant's value"));
  Dim count = declared.shape.count();
  if (e.kind == ExprKind::list && (count.is_batch || count.size != int64_t(values.size())))
    refuse(place(e.spot), std::to_string(values.size()) + " values do not fill " + to_string(declared),
           {"give all elements in row-major order, or one number without brackets for all of them"});
  at(e.spot);
  return b_.constant(std::move(values), declared);
}

void Elaborator::block(const Statement& s) {
  const std::string& name = s.name.texts[0];
  if (find_composite(name) || find_op(name) || name == "sum" || name == "mean")
    refuse(place(s.name.spot), "block " + name + ": there is a function of this name", {"choose another name"});
  auto [it, is_new] = blocks_.insert({name, &s});
  if (!is_new)
    refuse(place(s.name.spot), "block " + name + " is defined twice",
           {"the first stands in line " + std::to_string(it->second->spot.line)});
}

}  // namespace graphc::frontend
