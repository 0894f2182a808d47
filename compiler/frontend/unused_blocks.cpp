// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A block that nothing calls is never elaborated; its names and functions are checked all the same.
#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/operators.h"

namespace graphc::frontend {

void Elaborator::check_unused_blocks() {
  for (const Statement& s : file_.statements) {
    if (s.kind != StatementKind::block || called_.contains(&s)) continue;
    std::set<std::string> locals;
    for (const BlockParameter& p : s.parameters) {
      if (p.value != no_expr) check_names(p.value, locals);
      locals.insert(p.name);
    }
    check_names(s.body, locals);
  }
}

void Elaborator::check_names(const std::vector<Statement>& statements, std::set<std::string>& locals) {
  for (const Statement& s : statements) {
    if (s.value != no_expr) check_names(s.value, locals);
    if (s.kind == StatementKind::branch)
      check_names(s.body, locals), check_names(s.otherwise, locals);
    else
      locals.insert(s.name.texts[0]);
  }
}

void Elaborator::check_names(ExprId id, const std::set<std::string>& locals) {
  const Expr& e = file_[id];
  if (e.kind == ExprKind::call && !is_function(e.text)) refuse_function(e, locals.contains(e.text));
  if (e.kind == ExprKind::repeat) find_block(e);
  std::set<std::string> inner;
  if (!e.index.empty()) inner = locals, inner.insert(e.index);
  const std::set<std::string>& known = e.index.empty() ? locals : inner;
  if (e.kind == ExprKind::name) {
    // A dotted name may be a parameter that exists only where the block is called.
    const std::string& name = e.name.texts[0];
    bool is_plain = e.name.holes.empty() && name.find('.') == std::string::npos;
    if (is_plain && name != "batch" && !find_dtype(name) && !known.contains(name) && !top_.names.contains(name))
      refuse_name(name, e.spot, {known.begin(), known.end()});
  }
  for (ExprId operand : e.operands) check_names(operand, known);
  for (const Argument& a : e.arguments)
    if (a.name != "name") check_names(a.value, known);
}

}  // namespace graphc::frontend
