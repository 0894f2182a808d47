// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of blocks, and the names that layers get.
#include <algorithm>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

void Elaborator::take(Naming& naming, Frame& frame, Spot spot, const std::string& what) {
  if (naming.name.empty())
    refuse(place(spot), what + " has parameters and needs a name",
           {"give it a line of its own: hidden = ...", "or the argument name: hidden"});
  if (naming.taken)
    refuse(place(spot), "two calls with parameters in one expression need a name each",
           {"the first stands in line " + std::to_string(naming.first.line) + ", column " + std::to_string(naming.first.column),
            "give one of them a line of its own, or the argument name: NAME"});
  naming.taken = true;
  naming.first = spot;
  if (!frame.caller || *frame.has_taken) return;
  *frame.has_taken = true;
  take(*frame.naming, *frame.caller, frame.call, "the block called here");
}

// An explicit name is absolute; else the statement gives its own.
std::string Elaborator::layer_name(const Expr& e, Context& c) {
  for (const Argument& a : e.arguments) {
    if (a.name != "name") continue;
    const Expr& value = file_[a.value];
    if (value.kind != ExprKind::name) refuse(place(value.spot), e.text + ": the argument name wants a plain name such as hidden");
    return resolve(value.name, c);
  }
  take(c.naming, c.frame, e.spot, e.text);
  return c.naming.name;
}

const Statement& Elaborator::find_block(const Expr& e) const {
  auto it = blocks_.find(e.text);
  if (it != blocks_.end()) {
    const Statement& block = *it->second;
    if (block.spot.line > e.spot.line) refuse_below(e, block);
    if (std::find(active_.begin(), active_.end(), &block) != active_.end())
      refuse(place(e.spot), "block " + e.text + " calls itself",
             {"repeat applies a block several times: repeat 3 " + e.text + "(x)"});
    return block;
  }
  std::vector<std::string> names;
  for (const auto& [name, block] : blocks_) names.push_back(name);
  refuse(place(e.spot), "repeat: no block above is named " + e.text, did_you_mean(e.text, names));
}

Value Elaborator::call_block(const Expr& e, const Statement& block, Context& c) {
  bool has_taken = false;
  return run_block(e, block, c, "", &has_taken, nullptr);
}

Value Elaborator::repeat(const Expr& e, Context& c) {
  const Statement& block = find_block(e);
  int64_t count = whole(e.operands[0], c, "the count of a repeat", 1, double(max_cost));
  if (block.parameters.empty())
    refuse(place(e.spot), "repeat: block " + e.text + " takes no argument that its result could be fed to");
  if (!e.index.empty() && find(e.index, c.frame))
    refuse(place(e.spot), "repeat: the index " + e.index + " is already the name of something else", {"choose another name"});
  bool has_taken = false;
  Value value;
  for (int64_t turn = 0; turn < count; turn++) {
    spend(1, e.spot);
    if (!e.index.empty()) c.frame.names[e.index] = {double(turn), no_instance, e.spot};
    const Tensor* fed = turn ? &std::get<Tensor>(value) : nullptr;
    try {
      value = run_block(e, block, c, std::to_string(turn) + ".", &has_taken, fed);
    } catch (...) {
      c.frame.names.erase(e.index);
      throw;
    }
  }
  c.frame.names.erase(e.index);
  return value;
}

Value Elaborator::run_block(const Expr& e, const Statement& block, Context& c, const std::string& turn, bool* has_taken,
                            const Tensor* fed) {
  const std::string& name = block.name.texts[0];
  Frame frame;
  std::string layer = c.naming.name;
  bool is_named = false;
  std::vector<const Argument*> given(block.parameters.size(), nullptr);
  size_t position = 0;
  for (const Argument& a : e.arguments) {
    if (a.name == "name") {
      layer = layer_name(e, c);
      is_named = true;
      continue;
    }
    size_t i = position;
    if (a.name.empty()) {
      if (position++ >= given.size()) refuse(place(a.spot), "block " + name + " takes " + counted(given.size(), "argument"));
    } else {
      std::vector<std::string> names;
      for (const BlockParameter& p : block.parameters) names.push_back(p.name);
      for (i = 0; i < names.size() && names[i] != a.name;) i++;
      if (i == names.size())
        refuse(place(a.spot), "block " + name + " has no argument named " + a.name, did_you_mean(a.name, names));
      if (given[i]) refuse(place(a.spot), "block " + name + ": the argument " + a.name + " is given twice");
    }
    given[i] = &a;
  }
  frame.prefix = layer.empty() ? "" : layer + "." + turn;
  if (!is_named) frame.caller = &c.frame, frame.naming = &c.naming, frame.has_taken = has_taken, frame.call = e.spot;
  for (size_t i = 0; i < given.size(); i++) {
    const BlockParameter& p = block.parameters[i];
    bool is_fed = i == 0 && fed;
    if (!is_fed && !given[i]) {
      if (p.value == no_expr) refuse(place(e.spot), "block " + name + ": the argument " + p.name + " is missing");
      continue;
    }
    Value value = is_fed ? Value(*fed) : evaluate(given[i]->value, c);
    if (i == 0 && !turn.empty()) want_tensor(value, e.spot, "the first argument of a repeated block");
    frame.names[p.name] = {std::move(value), no_instance, p.spot};
  }
  Value result;
  called_.insert(&block);
  active_.push_back(&block);
  try {
    Naming naming;
    Context inner{frame, naming};
    for (const BlockParameter& p : block.parameters)  // defaults may read the arguments
      if (!frame.names.contains(p.name)) {
        Value value = evaluate(p.value, inner);
        frame.names[p.name] = {std::move(value), no_instance, p.spot};
      }
    if (!execute_all(block.body, frame, &result))
      refuse(place(block.spot), "block " + name + " does not return anything", {"end it with: return ..."});
    active_.pop_back();
  } catch (const CompileError& error) {
    Diagnostic d = error.diagnostics()[0];
    if (d.notes.size() < 6)
      d.notes.push_back("in block " + name + ", called in line " + std::to_string(e.spot.line) + ", column " +
                        std::to_string(e.spot.column));
    throw CompileError(std::move(d));
  }
  return result;
}

}  // namespace graphc::frontend
