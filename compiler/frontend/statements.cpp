// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

std::vector<bool> Trace::needed() const {
  std::vector<bool> result(instances.size(), false);
  std::vector<InstanceId> work;
  for (InstanceId i = 0; i < instances.size(); i++)
    if (instances[i].is_root) result[i] = true, work.push_back(i);
  while (!work.empty()) {
    InstanceId i = work.back();
    work.pop_back();
    for (InstanceId r : instances[i].reads)
      if (!result[r]) result[r] = true, work.push_back(r);
  }
  return result;
}

static std::string model_name(const File& file) {
  for (const Statement& s : file.statements)
    if (s.kind == StatementKind::model) return s.name.texts[0];
  return "";
}

Elaborator::Elaborator(const Source& source, const File& file, Overrides& overrides, std::vector<Diagnostic>& errors,
                       const Trace* last)
    : source_(source), file_(file), overrides_(overrides), errors_(errors), last_(last), b_(model_name(file)) {
  if (last) needed_ = last->needed();
  collect_lets(file.statements);
}

void Elaborator::collect_lets(const std::vector<Statement>& statements) {
  for (const Statement& s : statements) {
    if (s.kind == StatementKind::let) lets_.insert(s.name.texts[0]);
    if (s.kind == StatementKind::branch) collect_lets(s.body), collect_lets(s.otherwise);
  }
}

Model Elaborator::run() {
  Spot first{1, 1};
  if (file_.statements.empty() || file_.statements[0].kind != StatementKind::model)
    refuse(place(file_.statements.empty() ? first : file_.statements[0].spot), "the file does not begin with its model's name",
           {"write: model NAME"});
  for (const Statement& s : file_.statements) execute_guarded(s);
  try {
    finish_patterns();
    if (errors_.empty() && !last_) check_unused_blocks();
    if (errors_.empty()) check_overrides();
    at(file_.statements[0].spot);
    if (errors_.empty()) return b_.finish();
  } catch (const CompileError& error) {
    errors_.push_back(error.diagnostics()[0]);
  }
  return Model();
}

void Elaborator::execute_guarded(const Statement& s) {
  if (errors_.size() >= max_errors) return;
  try {
    execute(s, top_, nullptr);
    return;
  } catch (const CompileError& error) {
    errors_.push_back(error.diagnostics()[0]);
  } catch (const Stop&) {
  }
  reader_ = no_instance;
  active_.clear();
  forget(s);
}

// What a statement in error would have defined is unknown, so that its readers stay silent.
void Elaborator::forget(const Statement& s) {
  if (s.name.holes.empty() && s.kind != StatementKind::block)
    top_.names.insert({s.name.texts[0], Binding{Unknown{}, no_instance, s.spot}});
  for (const auto* part : {&s.body, &s.otherwise})
    if (s.kind == StatementKind::branch)
      for (const Statement& inner : *part) forget(inner);
}

bool Elaborator::execute_all(const std::vector<Statement>& statements, Frame& frame, Value* result) {
  for (const Statement& s : statements) {
    if (!result)
      execute_guarded(s);
    else if (execute(s, frame, result))
      return true;
  }
  return false;
}

static const char* word(StatementKind kind) {
  switch (kind) {
    case StatementKind::model:
      return "model";
    case StatementKind::input:
      return "input";
    case StatementKind::target:
      return "target";
    case StatementKind::block:
      return "block";
    case StatementKind::output:
      return "output";
    case StatementKind::metric:
      return "metric";
    case StatementKind::minimize:
      return "minimize";
    case StatementKind::freeze:
      return "freeze";
    case StatementKind::train:
      return "train";
    default:
      return "this";
  }
}

bool Elaborator::execute(const Statement& s, Frame& frame, Value* result) {
  bool anywhere = s.kind == StatementKind::let || s.kind == StatementKind::bind || s.kind == StatementKind::parameter ||
                  s.kind == StatementKind::constant || s.kind == StatementKind::result || s.kind == StatementKind::branch;
  if (result && !anywhere) refuse(place(s.spot), std::string(word(s.kind)) + " belongs to the top level, not into a block");
  switch (s.kind) {
    case StatementKind::model:
      if (&s != &file_.statements[0]) refuse(place(s.spot), "a file describes one model, and names it in its first statement");
      break;
    case StatementKind::input:
    case StatementKind::target:
      input(s);
      break;
    case StatementKind::let:
      let(s, frame);
      break;
    case StatementKind::bind:
      bind(s, frame, false, [&](Context& c) {
        Value value = evaluate(s.value, c);
        if (std::holds_alternative<double>(value) || std::holds_alternative<bool>(value))
          refuse(place(s.name.spot), s.name.texts[0] + " is " + shown(value) + ", not a tensor",
                 {"write: let " + s.name.texts[0] + " = ..."});
        return want_tensor(value, file_[s.value].spot, s.name.texts[0]);
      });
      break;
    case StatementKind::parameter:
      bind(s, frame, false, [&](Context& c) { return parameter(s, resolve(s.name, c), c); });
      break;
    case StatementKind::constant:
      bind(s, frame, false, [&](Context& c) { return constant(s, c); });
      break;
    case StatementKind::block:
      block(s);
      break;
    case StatementKind::result: {
      if (!result) refuse(place(s.spot), "return belongs into a block");
      // A layer in the return takes the block's own name.
      Naming naming{frame.prefix.empty() ? "" : frame.prefix.substr(0, frame.prefix.size() - 1)};
      Context c{frame, naming};
      *result = tensor(s.value, c, "a block's result");
      return true;
    }
    case StatementKind::branch:
      return branch(s, frame, result);
    case StatementKind::output:
    case StatementKind::metric:
      report(s);
      break;
    case StatementKind::minimize:
      minimize(s);
      break;
    case StatementKind::freeze:
      freezes_.push_back(&s);
      break;
    case StatementKind::train:
      settings(s);
      break;
  }
  return false;
}

bool Elaborator::branch(const Statement& s, Frame& frame, Value* result) {
  Level level(*this, s.spot);
  Naming naming;
  Context c{frame, naming};
  return execute_all(condition(s.value, c) ? s.body : s.otherwise, frame, result);
}

void Elaborator::check_new(const std::string& name, const Frame& frame, Spot spot) {
  auto it = frame.names.find(name);
  if (it == frame.names.end()) return;
  if (std::holds_alternative<Unknown>(it->second.value)) throw Stop();
  refuse(place(spot), name + " is defined twice", {"the first stands in line " + std::to_string(it->second.spot.line)});
}

void Elaborator::bind(const Statement& s, Frame& frame, bool is_root, const std::function<Tensor(Context&)>& build) {
  InstanceId id = next_instance_++;
  if (last_ && !needed_[id]) {
    next_instance_ = last_->instances[id].end;
    return;
  }
  if (!last_) trace_.instances.push_back({0, is_root});
  InstanceId reader = std::exchange(reader_, id);
  Naming naming{frame.prefix + s.name.texts[0]};
  Context c{frame, naming};
  std::string name = resolve(s.name, c);
  check_new(name, frame, s.name.spot);
  Tensor value = build(c);
  b_.label(value, frame.prefix + name);
  frame.names[name] = {value, id, s.name.spot};
  if (!last_) trace_.instances[id].end = next_instance_;
  reader_ = reader;
}

void Elaborator::report(const Statement& s) {
  const std::string& name = s.name.texts[0];
  bool is_output = s.kind == StatementKind::output;
  spend(8, s.spot);
  auto give = [&](Tensor value) {
    at(s.name.spot);
    if (is_output)
      b_.output(name, value, {});
    else
      b_.metric(name, value, {});
  };
  if (s.value != no_expr) {
    bind(s, top_, true, [&](Context& c) {
      Tensor value = tensor(s.value, c, name);
      give(value);
      return value;
    });
    return;
  }
  // The name stands for itself: output logits.
  InstanceId id = next_instance_++;
  if (!last_) trace_.instances.push_back({next_instance_, true});
  InstanceId reader = std::exchange(reader_, id);
  Naming naming;
  Context c{top_, naming};
  Expr e{ExprKind::name, s.name.spot};
  e.name = s.name;
  give(want_tensor(evaluate_name(e, c), s.name.spot, name));
  reader_ = reader;
}

// Patterns see all parameters, wherever they stand in the file.
void Elaborator::finish_patterns() {
  if (!errors_.empty()) return;  // the parameter that is missing may stand in a statement in error
  std::set<std::string> names;
  for (const Variable& v : b_.model().tables.variables)
    if (v.role == Role::parameter)
      for (size_t end = 0; end != std::string::npos;) end = v.name.find('.', end + 1), names.insert(v.name.substr(0, end));
  auto check = [&](const Pattern& p, const std::string& statement) {
    for (const Variable& v : b_.model().tables.variables)
      if (v.role == Role::parameter && matches(p.text, v.name)) return;
    refuse(place(p.spot), statement + ": no parameter matches " + p.text,
           did_you_mean(p.text, {names.begin(), names.end()}));
  };
  for (const Statement* s : minimizes_) {
    for (const Pattern& p : s->patterns) check(p, "minimize");
    for (const MinimizeOption& option : s->options)
      for (const Pattern& p : option.patterns) check(p, file_[option.call].text);
  }
  for (const Statement* s : freezes_)
    for (const Pattern& p : s->patterns) {
      check(p, "freeze");
      at(p.spot);
      b_.freeze(p.text, {});
    }
}

void Elaborator::check_overrides() {
  std::vector<std::string> known(lets_.begin(), lets_.end());
  known.insert(known.end(), optimizer_arguments_.begin(), optimizer_arguments_.end());
  for (const auto& [name, o] : overrides_)
    if (!o.used)
      refuse({}, "--set " + name + ": the model has no let and no optimizer argument of this name", did_you_mean(name, known));
}

}  // namespace graphc::frontend
