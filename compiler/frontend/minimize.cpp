// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// minimize LOSS with OPTIMIZER, and the lines below it.
#include <algorithm>
#include <set>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

OptimizerCall Elaborator::optimizer(const Expr& e, Context& c) {
  const CompositeDef* def = find_composite(e.text);
  if (!def || def->kind != CompositeKind::optimizer) {
    std::vector<std::string> names;
    std::string all;
    for (const CompositeDef* d : all_composites())
      if (d->kind == CompositeKind::optimizer) names.push_back(d->name), all += (all.empty() ? "" : ", ") + std::string(d->name);
    auto notes = did_you_mean(e.text, names);
    if (notes.empty()) notes = {"the optimizers are " + all};
    refuse(place(e.spot), "no optimizer is named " + e.text, std::move(notes));
  }
  OptimizerCall call{def->name, bind_arguments(e, *def, c).numbers, place(e.spot)};
  for (const ArgumentDef& a : def->arguments) {
    optimizer_arguments_.insert(a.name);
    auto it = overrides_.find(a.name);
    if (it == overrides_.end() || lets_.contains(a.name)) continue;
    it->second.used = true;
    bool is_flag = std::holds_alternative<bool>(it->second.value);
    if (is_flag != (a.kind == ArgumentDef::flag))
      refuse(place(e.spot), "--set " + std::string(a.name) + ": wants " + (is_flag ? "a number" : "true or false"));
    call.numbers[a.name] = is_flag ? std::get<bool>(it->second.value) : std::get<double>(it->second.value);
  }
  at(e.spot);
  complete_numbers(b_, *def, call.numbers);
  return call;
}

static std::vector<std::string> texts(const std::vector<Pattern>& patterns) {
  std::vector<std::string> result;
  for (const Pattern& p : patterns) result.push_back(p.text);
  return result;
}

void Elaborator::minimize(const Statement& s) {
  InstanceId id = next_instance_++;
  if (!last_) trace_.instances.push_back({0, true});
  InstanceId reader = std::exchange(reader_, id);
  Naming naming;
  Context c{top_, naming};
  Tensor loss = tensor(s.value, c, "the loss");
  OptimizerCall call = optimizer(file_[s.extra], c);
  add_options(call, s.options, c);
  at(file_[s.value].spot);
  b_.minimize(loss, call, texts(s.patterns), s.step.empty() ? "step" : s.step, {});
  minimizes_.push_back(&s);
  if (!last_) trace_.instances[id].end = next_instance_;
  reader_ = reader;
}

// One table of the options below minimize.
struct Elaborator::OptionRow {
  const char *name, *example;
  bool takes_patterns;  // and so may be given several times
  void (Elaborator::*add)(OptimizerCall& call, const MinimizeOption& option, Context& c);
};

std::span<const Elaborator::OptionRow> Elaborator::option_rows() {
  static const OptionRow rows[] = {
      {"group", "group(weight_decay: 0) over *.bias", true, &Elaborator::add_group},
      {"penalty", "penalty(l2: 1e-4)", true, &Elaborator::add_penalty},
      {"clip", "clip(global_norm: 1)", false, &Elaborator::add_clip},
      {"accumulate", "accumulate(4)", false, &Elaborator::add_accumulate},
      {"average", "average(0.999)", false, &Elaborator::add_average},
      {"report", "report()", false, &Elaborator::add_report},
  };
  return rows;
}

void Elaborator::add_options(OptimizerCall& call, const std::vector<MinimizeOption>& options, Context& c) {
  std::set<std::string> given;
  for (const MinimizeOption& option : options) {
    const Expr& e = file_[option.call];
    std::vector<std::string> names;
    const OptionRow* row = nullptr;
    for (const OptionRow& r : option_rows()) {
      names.push_back(r.name);
      if (e.text == r.name) row = &r;
    }
    if (!row) {
      auto notes = did_you_mean(e.text, names);
      if (notes.empty()) {
        std::string all;
        for (const std::string& name : names) all += (all.empty() ? "" : name == names.back() ? " and " : ", ") + name;
        notes = {"there are " + all};
      }
      refuse(place(e.spot), "minimize: no option is named " + e.text, std::move(notes));
    }
    if (!row->takes_patterns && !option.patterns.empty()) refuse(place(option.patterns[0].spot), e.text + " is for all parameters", {"remove: over ..."});
    if (!row->takes_patterns && !given.insert(e.text).second) refuse(place(e.spot), "minimize: " + e.text + " is given twice");
    (this->*row->add)(call, option, c);
  }
}

// An option's one argument, with a name or without one.
const Argument& Elaborator::only_argument(const Expr& e, bool is_named) {
  std::string example;
  for (const OptionRow& row : option_rows())
    if (e.text == row.name) example = row.example;
  if (e.arguments.size() != 1) refuse(place(e.spot), e.text + ": takes one argument, got " + std::to_string(e.arguments.size()), {"write: " + example});
  const Argument& a = e.arguments[0];
  if (!is_named && !a.name.empty()) refuse(place(a.spot), e.text + ": its argument has no name, got '" + a.name + "'", {"write: " + example});
  return a;
}

void Elaborator::add_penalty(OptimizerCall& call, const MinimizeOption& option, Context& c) {
  const Expr& e = file_[option.call];
  if (e.arguments.empty()) refuse(place(e.spot), "penalty: takes a factor for each kind", {"write: penalty(l2: 1e-4)"});
  for (const Argument& a : e.arguments) {
    const CompositeDef* kind = find_composite(a.name);
    if (!kind || kind->kind != CompositeKind::penalty)
      refuse(place(a.spot), "penalty: no kind is named '" + a.name + "'", {"the kinds are l1 (sum |w|), l2 (sum w^2) and l2_norm (the root of it)"});
    double scale = number(a.value, c, "penalty: " + a.name);
    if (scale < 0) refuse(place(a.spot), "penalty: the factor of " + a.name + " is negative");
    call.penalties.push_back({a.name, scale, texts(option.patterns), place(a.spot)});
  }
}

void Elaborator::add_clip(OptimizerCall& call, const MinimizeOption& option, Context& c) {
  const Argument& a = only_argument(file_[option.call], true);
  call.clip = a.name == "value" ? Clip::value : a.name == "norm" ? Clip::norm : a.name == "global_norm" ? Clip::global_norm : Clip::none;
  if (call.clip == Clip::none)
    refuse(place(a.spot), a.name.empty() ? "clip: the limit of what?" : "clip: gradients are not clipped by '" + a.name + "'",
           {"write: clip(value: 1), clip(norm: 1) for each parameter, or clip(global_norm: 1) for all together"});
  call.clip_limit = number(a.value, c, "clip: " + a.name);
  if (!(call.clip_limit > 0)) refuse(place(a.spot), "clip: the limit must be positive, but is " + shown(call.clip_limit));
}

void Elaborator::add_accumulate(OptimizerCall& call, const MinimizeOption& option, Context& c) {
  const Argument& a = only_argument(file_[option.call], false);
  call.accumulate = whole(a.value, c, "accumulate: the number of minibatches", 1, 1e6);
}

void Elaborator::add_average(OptimizerCall& call, const MinimizeOption& option, Context& c) {
  const Argument& a = only_argument(file_[option.call], false);
  call.average = number(a.value, c, "average");
  if (!(call.average >= 0 && call.average < 1)) refuse(place(a.spot), "average: the decay must lie in [0, 1), but is " + shown(call.average));
}

void Elaborator::add_report(OptimizerCall& call, const MinimizeOption& option, Context&) {
  const Expr& e = file_[option.call];
  if (!e.arguments.empty()) refuse(place(e.spot), "report: takes no argument");
  call.report = true;
}

void Elaborator::add_group(OptimizerCall& call, const MinimizeOption& option, Context& c) {
  const Expr& e = file_[option.call];
  const CompositeDef& def = *find_composite(call.name);
  if (option.patterns.empty()) refuse(place(e.spot), "group: which parameters?", {"write: group(weight_decay: 0) over *.bias"});
  if (e.arguments.empty()) refuse(place(e.spot), "group: which numbers?", {"write: group(weight_decay: 0) over *.bias"});
  ParameterGroup group{texts(option.patterns), {}, place(e.spot)};
  for (const Argument& a : e.arguments) {
    auto argument = std::find_if(def.arguments.begin(), def.arguments.end(), [&](const ArgumentDef& d) { return a.name == d.name; });
    if (argument == def.arguments.end()) {
      std::vector<std::string> names;
      for (const ArgumentDef& d : def.arguments) names.push_back(d.name);
      auto notes = did_you_mean(a.name, names);
      if (notes.empty()) notes = {"graphc help " + call.name + " lists them"};
      refuse(place(a.spot), "group: " + call.name + " has no argument named '" + a.name + "'", std::move(notes));
    }
    group.numbers[a.name] = argument_number(*argument, a.value, "group", c);
  }
  at(e.spot);
  std::map<std::string, double> all = call.numbers;
  for (const auto& [name, value] : group.numbers) all[name] = value;
  complete_numbers(b_, def, all);
  call.groups.push_back(std::move(group));
}

}  // namespace graphc::frontend
