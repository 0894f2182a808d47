// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the train section: their arguments are numbers, lists of numbers, true or false, or words that the trainer knows.
#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

SettingCall::Value Elaborator::setting_value(ExprId id, Context& c) {
  const Expr& e = file_[id];
  if (e.kind == ExprKind::list) {
    std::vector<double> numbers;
    for (ExprId item : e.operands) numbers.push_back(number(item, c, "an element of the list"));
    return numbers;
  }
  if (e.kind == ExprKind::name && e.name.holes.empty() && !lets_.contains(e.name.texts[0])) return e.name.texts[0];
  Value value = evaluate(id, c);
  if (auto* flag = std::get_if<bool>(&value)) return *flag;
  if (auto* number = std::get_if<double>(&value)) return *number;
  refuse(place(e.spot), "this must be a number, a list of numbers, true, false or a word, but is " + shown(value));
}

SettingCall Elaborator::setting_call(const SettingExpr& setting, Context& c) {
  if (!setting.word.empty()) return {setting.word, {}};
  const Expr* e = setting.value == no_expr ? nullptr : &file_[setting.value];
  if (e && e->kind == ExprKind::name && e->name.holes.empty()) return {e->name.texts[0], {}};
  if (!e || e->kind != ExprKind::call)
    refuse(place(setting.value_spot), setting.key + " must be a call such as " +
                                          (setting.key == "schedule" ? "cosine(warmup: 2)" : "early_stopping(patience: 5)"));
  SettingCall call{e->text, {}};
  for (const Argument& a : e->arguments)
    call.arguments.push_back({a.name, place(a.spot), place(file_[a.value].spot), setting_value(a.value, c)});
  return call;
}

}  // namespace graphc::frontend
