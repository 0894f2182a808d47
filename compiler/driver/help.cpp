// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc help: from the table of commands and the records of ops and composites.
#include <fmt/format.h>

#include <iostream>

#include "compiler/driver/commands.h"
#include "ir/columns.h"
#include "ir/composite.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/error.h"
#include "runtime/train/schedule.h"

namespace graphc::driver {

namespace {

constexpr CompositeKind kinds[] = {CompositeKind::layer,  CompositeKind::function,  CompositeKind::loss,       CompositeKind::penalty,
                                   CompositeKind::metric, CompositeKind::optimizer, CompositeKind::initializer};
constexpr OpClass op_classes[] = {OpClass::source,      OpClass::elementwise, OpClass::movement, OpClass::reduction,
                                  OpClass::contraction, OpClass::index,       OpClass::control};

void help_all() {
  std::cout << "graphc compiles the training of a neural network: a model file becomes one native step.\n\nCommands\n";
  for (const Command& command : commands()) std::cout << fmt::format("  {:<9} {}\n", command.name, command.doc);
  std::cout << "\ngraphc COMMAND --help lists its options; graphc help NAME explains one of these:\n";
  for (CompositeKind kind : kinds) {
    std::string names;
    for (const CompositeDef* def : all_composites())
      if (def->kind == kind) names += std::string(" ") + def->name;
    std::cout << wrap(fmt::format("  {:<17}", name(kind)), names.substr(!names.empty()));
  }
  std::string schedule_names;
  for (const ScheduleRecord& record : schedules()) schedule_names += std::string(schedule_names.empty() ? "" : " ") + record.name;
  std::cout << wrap(fmt::format("  {:<17}", "schedule"), schedule_names);
  std::cout << wrap(fmt::format("  {:<17}", "train section"), early_stopping_record().name);
  for (OpClass op_class : op_classes) {
    std::string names;
    for (const OpDef* def : all_ops())
      if (def->op_class == op_class) names += std::string(" ") + def->name;
    std::cout << wrap(fmt::format("  {:<17}", fmt::format("{} ops", name(op_class))), names.substr(!names.empty()));
  }
  std::cout << "\nThe model language: compiler/frontend/README.md\n";
}

std::string default_of(const ArgumentDef& a) {
  if (a.optional) return ", may be left out";
  if (a.kind == ArgumentDef::initializer) return fmt::format(" = {}()", a.initializer_name);
  if (!a.value) return "";
  return a.kind == ArgumentDef::flag ? (*a.value != 0 ? " = true" : " = false") : fmt::format(" = {}", *a.value);
}

void help_composite(const CompositeDef& def) {
  constexpr const char* kind_names[] = {"tensor", "number", "whole number", "true or false", "initializer"};
  std::string arguments;
  for (const ArgumentDef& a : def.arguments) arguments += fmt::format("{}{}", arguments.empty() ? "" : ", ", a.name);
  std::cout << fmt::format("{}({}): {}\n", def.name, arguments, name(def.kind)) << wrap("  ", def.doc);
  for (const ArgumentDef& a : def.arguments)
    std::cout << wrap(fmt::format("  {:<16} ", a.name), fmt::format("{}{}; {}", kind_names[a.kind], default_of(a), a.doc));
  if (def.vjp) std::cout << "  It has a derivative of its own, better in numbers than its formula's.\n";
}

// A call of the train section.
void help_call(const CallRecord& record, const char* kind_of_call) {
  constexpr const char* kind_names[] = {"number", "true or false", "name", "list of numbers"};  // in CallValue's order
  std::string arguments;
  for (const CallArgument& a : record.arguments) arguments += fmt::format("{}{}", arguments.empty() ? "" : ", ", a.name);
  std::cout << fmt::format("{}({}): {} of the train section\n", record.name, arguments, kind_of_call) << wrap("  ", record.doc);
  for (const CallArgument& a : record.arguments) {
    const char* kind = a.whole ? "whole number" : kind_names[a.value.index()];
    std::string value;
    if (const auto* number = std::get_if<double>(&a.value)) value = fmt::format(" = {}", *number);
    if (const auto* flag = std::get_if<bool>(&a.value)) value = *flag ? " = true" : " = false";
    if (const auto* word = std::get_if<std::string>(&a.value); word && !word->empty()) value = " = " + *word;
    std::cout << wrap(fmt::format("  {:<16} ", a.name), fmt::format("{}{}; {}", kind, value, a.doc));
  }
}

void help_op(const OpDef& def) {
  constexpr const char* kind_names[] = {"whole number", "number", "text",         "whole numbers",
                                        "numbers",      "type",   "element type", "shape"};
  std::string operands =
      def.arity < 0 ? "any number of tensors" : fmt::format("{} tensor{}", def.arity, def.arity == 1 ? "" : "s");
  std::cout << fmt::format("{}: {} op, {}\n", def.name, name(def.op_class), operands) << wrap("  ", def.doc);
  for (const AttributeDef& a : def.attributes) std::cout << fmt::format("  {:<16} {}\n", a.name, kind_names[a.kind]);
  if (def.not_differentiable) std::cout << wrap("  ", std::string("No gradient: ") + def.not_differentiable);
}

int help_one(const std::string& wanted) {
  std::vector<std::string> names;
  bool found = false;
  auto matches = [&](const char* candidate) {
    names.emplace_back(candidate);
    if (wanted != candidate) return false;
    if (found) std::cout << '\n';
    return found = true;
  };
  for (const Command& command : commands()) {
    if (!matches(command.name)) continue;
    std::cout << fmt::format("graphc {} {}\n  {}\n\n", command.name, command.usage, command.doc);
    Options options(command.name);
    Action action = command.declare(options);
    options.parse({"--help"});
  }
  for (const CompositeDef* def : all_composites())
    if (matches(def->name)) help_composite(*def);
  for (const ScheduleRecord& record : schedules())
    if (matches(record.name)) help_call(record, "schedule");
  if (matches(early_stopping_record().name)) help_call(early_stopping_record(), "setting");
  for (const OpDef* def : all_ops())
    if (matches(def->name)) help_op(*def);
  if (!found)
    throw Error("help: nothing is named '" + wanted + "'" + hint(wanted, names) + "\nnote: graphc help lists the names");
  return 0;
}

}  // namespace

Action declare_help(Options& options) {
  auto name = std::make_shared<std::string>();
  options.argument(*name, "NAME", "a command, an op, or a function of the model language", false);
  return [name] {
    if (!name->empty()) return help_one(*name);
    help_all();
    return 0;
  };
}

}  // namespace graphc::driver
