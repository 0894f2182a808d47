// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of composites, from their records.
#include <algorithm>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/operators.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

std::vector<std::string> Elaborator::functions() const {
  std::vector<std::string> names = {"sum", "mean"};
  for (const auto& [name, block] : blocks_) names.push_back(name);
  for (const CompositeDef* def : all_composites()) names.push_back(def->name);
  for (const OpDef* def : all_ops())
    if (is_callable(*def)) names.push_back(def->name);
  return names;
}

Value Elaborator::call(const Expr& e, Context& c) {
  if (blocks_.contains(e.text)) return call_block(e, find_block(e), c);
  if (const CompositeDef* def = find_composite(e.text)) return call_composite(e, *def, c);
  if (e.text == "sum" || e.text == "mean") return call_total(e, c);
  if (auto op = find_op(e.text); op && is_callable(def(*op))) return call_op(e, *op, c);
  refuse_function(e, find(e.text, c.frame) != nullptr);
}

void Elaborator::refuse_function(const Expr& e, bool is_tensor) const {
  for (const Statement& s : file_.statements)
    if (s.kind == StatementKind::block && s.name.texts[0] == e.text) refuse_below(e, s);
  if (is_tensor) refuse(place(e.spot), e.text + " is no function");
  refuse(place(e.spot), "no function is named " + e.text, did_you_mean(e.text, functions()));
}

void Elaborator::refuse_below(const Expr& e, const Statement& block) const {
  refuse(place(e.spot), "block " + e.text + " stands below this call, in line " + std::to_string(block.spot.line),
         {"move it above"});
}

bool Elaborator::is_function(const std::string& name) const {
  auto op = find_op(name);
  return blocks_.contains(name) || find_composite(name) || name == "sum" || name == "mean" || (op && is_callable(def(*op)));
}

static std::string argument_list(const CompositeDef& def) {
  std::string all;
  for (const ArgumentDef& a : def.arguments) all += (all.empty() ? "" : ", ") + std::string(a.name);
  return all;
}

double Elaborator::argument_number(const ArgumentDef& argument, ExprId id, const std::string& function, Context& c) {
  Value value = evaluate(id, c);
  if (auto f = std::get_if<bool>(&value); f && argument.kind == ArgumentDef::flag) return *f;
  if (auto n = std::get_if<double>(&value); n && argument.kind != ArgumentDef::flag) return *n;
  const char* wanted = argument.kind == ArgumentDef::flag      ? "true or false"
                       : argument.kind == ArgumentDef::integer ? "a whole number"
                                                               : "a number";
  refuse(place(file_[id].spot), function + ": " + argument.name + " must be " + wanted + ", but is " + shown(value));
}

Initializer Elaborator::want_initializer(const Value& value, Spot spot, const std::string& what) {
  if (auto i = std::get_if<Initializer>(&value)) return *i;
  if (auto n = std::get_if<double>(&value)) return {"constant_value", {{"value", *n}}};
  refuse(place(spot), what + " must be a number or an initializer, but is " + shown(value),
         {"for example he_uniform() or zeros()"});
}

Arguments Elaborator::bind_arguments(const Expr& e, const CompositeDef& def, Context& c) {
  std::vector<std::optional<Tensor>> tensors(def.arguments.size());
  std::vector<bool> given(def.arguments.size(), false);
  std::vector<std::string> names;
  for (const ArgumentDef& a : def.arguments) names.push_back(a.name);
  Arguments result;
  size_t position = 0;
  for (const Argument& a : e.arguments) {
    if (a.name == "name" && def.kind == CompositeKind::layer) continue;
    size_t i = position;
    if (a.name.empty()) {
      if (position++ >= names.size())
        refuse(place(a.spot), e.text + ": takes " + counted(names.size(), "argument"),
               names.empty() ? std::vector<std::string>{} : std::vector{"they are " + argument_list(def)});
    } else {
      i = size_t(std::find(names.begin(), names.end(), a.name) - names.begin());
      if (i == names.size()) {
        auto notes = did_you_mean(a.name, names);
        if (notes.empty()) notes = {names.empty() ? "it takes none" : "it takes " + argument_list(def)};
        refuse(place(a.spot), e.text + ": no argument named " + a.name, std::move(notes));
      }
      if (given[i]) refuse(place(a.spot), e.text + ": the argument " + a.name + " is given twice");
    }
    given[i] = true;
    const ArgumentDef& argument = def.arguments[i];
    std::string what = e.text + ": " + argument.name;
    if (argument.kind == ArgumentDef::tensor)
      tensors[i] = tensor(a.value, c, what);
    else if (argument.kind == ArgumentDef::initializer)
      result.initializers[argument.name] = want_initializer(evaluate(a.value, c), file_[a.value].spot, what);
    else
      result.numbers[argument.name] = argument_number(argument, a.value, e.text, c);
  }
  for (size_t i = 0; i < names.size(); i++) {
    if (tensors[i])
      result.tensors.push_back(*tensors[i]);
    else if (def.arguments[i].optional)
      result.tensors.emplace_back();
    else if (def.arguments[i].kind == ArgumentDef::tensor)
      refuse(place(e.spot), e.text + ": the argument " + names[i] + " is missing", {names[i] + ": " + def.arguments[i].doc});
  }
  return result;
}

Value Elaborator::call_composite(const Expr& e, const CompositeDef& def, Context& c) {
  if (def.kind == CompositeKind::optimizer)
    refuse(place(e.spot), e.text + " is an optimizer and no function of tensors",
           {"write: minimize LOSS with " + e.text + "(...)"});
  Arguments arguments = bind_arguments(e, def, c);
  spend(16, e.spot);
  at(e.spot);
  if (def.kind == CompositeKind::initializer) return Initializer{def.name, complete_numbers(b_, def, arguments.numbers)};
  if (def.kind != CompositeKind::layer) return apply(b_, def, arguments);
  std::string name = layer_name(e, c);
  spend(24, e.spot);
  at(e.spot);
  Tensor result = apply(b_, def, arguments, &b_, name);
  note_variables();
  return result;
}

}  // namespace graphc::frontend
