// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/builder.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace graphc {

OptimizerCall sgd(const SgdOptions& o) {
  return {"sgd", {{"learning_rate", o.learning_rate}, {"momentum", o.momentum}, {"weight_decay", o.weight_decay}}};
}
OptimizerCall adam(const AdamOptions& o) {
  return {"adam", {{"learning_rate", o.learning_rate}, {"beta1", o.beta1}, {"beta2", o.beta2}, {"epsilon", o.epsilon}, {"weight_decay", o.weight_decay}}};
}
OptimizerCall optimizer(const std::string& name, const std::map<std::string, double>& numbers) { return {name, numbers}; }

Builder::Builder(std::string name) : GraphBuilder("forward") { model_.tables.name = std::move(name); }

void Builder::claim(const std::string& name) {
  if (name.empty()) fail("a name is empty");
  auto clash = [&](const std::string& what, const Place& at) {
    fail(name + ": there is already " + what + " of this name" + (at.file ? " (" + to_string(at) + ")" : ""));
  };
  if (!names_.count(name)) return;
  if (auto v = model_.tables.variables.find(name)) clash("a variable", v->place);
  if (auto i = model_.tables.inputs.find(name)) clash("an input", i->place);
}

Tensor Builder::input(const std::string& name, const Shape& shape, DType dtype, Location at) {
  if (at.line()) set_place(at);
  claim(name);
  Type type{dtype, shape};
  Tensor t = emit(Op::input, {}, {name, type});
  model_.tables.inputs.push_back({name, type, 0, false, place()});
  names_.insert(name);
  label(t, name);
  return t;
}

Tensor Builder::target(const std::string& name, Classes classes, Location at) {
  if (at.line()) set_place(at);
  if (classes.count < 1) fail("target " + name + ": the number of classes must be at least 1");
  Tensor t = input(name, classes.shape, DType::i32, at);
  model_.tables.inputs.edit().back().classes = classes.count;
  model_.tables.inputs.edit().back().is_target = true;
  return t;
}

Tensor Builder::target(const std::string& name, const Shape& shape, Location at) {
  Tensor t = input(name, shape, DType::f32, at);
  model_.tables.inputs.edit().back().is_target = true;
  return t;
}

Tensor Builder::variable(Variable v) {
  claim(v.name);
  if (v.type.shape.has_batch()) fail(v.name + ": a variable's shape must be constant, got " + to_string(v.type));
  v.place = place();
  Tensor t = emit(Op::variable, {}, {v.name, v.type});
  current_graph().set_label(t.id, v.name);
  names_.insert(v.name);
  model_.tables.variables.push_back(std::move(v));
  return t;
}

Tensor Builder::parameter(const std::string& name, const Shape& shape, const Initializer& initializer, Location at) {
  if (at.line()) set_place(at);
  return variable({.name = name, .type = {DType::f32, shape}, .initializer = initializer});
}

Tensor Builder::layer(const std::string& composite, const std::string& name, const Arguments& arguments, Location at) {
  if (at.line()) set_place(at);
  const CompositeDef* def = find_composite(composite);
  if (!def) fail("no composite named " + composite);
  return apply(*this, *def, arguments, this, name);
}

Tensor Builder::dense(const std::string& name, Tensor x, int64_t units, Location at) {
  return layer("dense", name, {{x}, {{"units", double(units)}}}, at);
}
Tensor Builder::standardize(const std::string& name, Tensor x, Location at) { return layer("standardize", name, {{x}}, at); }
Tensor Builder::dropout(const std::string& name, Tensor x, double rate, Location at) { return layer("dropout", name, {{x}, {{"rate", rate}}}, at); }
Tensor Builder::batch_norm(const std::string& name, Tensor x, Location at) { return layer("batch_norm", name, {{x}}, at); }

Tensor Builder::in_training(Tensor training, Tensor inference) {
  ValueId v = captured(training), other = captured(inference);
  if (other == v) return training;
  if (other > v || training.type() != inference.type()) throw InternalError("in_training: the value for inference must come first and have the same type");
  model_.inference[v] = other;
  return training;
}

void Builder::update(Tensor variable, Tensor value, Tensor because) {
  model_.updates.push_back({graph()[captured(variable)].attribute<std::string>(0), captured(value), captured(because)});
}

Tensor Builder::training_bits(const std::string& name, const Shape& shape) {
  auto state = [&](const char* what, const Initializer& initializer) {
    Type type{DType::i32, {}};
    std::string full = std::string("random.") + what;
    const Variable* known = model_.tables.variables.find(full);
    if (known && known->role == Role::optimizer) return emit(Op::variable, {}, {full, type});  // else `variable` refuses the name
    return variable({.name = full, .type = type, .role = Role::optimizer, .initializer = initializer});
  };
  bool is_first = !model_.tables.variables.find("random.step");
  Tensor lo = state("seed_lo", {"seed_word", {{"word", 0}}}), hi = state("seed_hi", {"seed_word", {{"word", 1}}}), step = state("step", {"zeros"});
  if (is_first) update(step, step + 1, step);
  Tensor keys = random_bits(lo, hi, step, stream_of(name), {2});
  Tensor first = reshape(slice(keys, 0, 0, 1), {}), second = reshape(slice(keys, 0, 1, 1), {});
  return hash_bits(first, second, shape);
}

void Builder::output(const std::string& name, Tensor value, Location at) {
  if (at.line()) set_place(at);
  for (const Output& o : graph().outputs)
    if (o.name == name) fail("output " + name + ": there is already an output of this name");
  graph().outputs.push_back({name, captured(value)});
  label(value, name);
}

// Entries report under one name each: `metric` beside what the entries of `loss`, and `eval`, report of it.
static void check_metric(Builder& b, const std::string& metric, const Minimize& loss, bool is_first) {
  const OptimizerCall& call = loss.optimizer;
  std::string taken;
  if (metric == "penalty" && !call.penalties.empty()) taken = "the penalty";
  if (metric == "gradient_norm" && (call.clip != Clip::none || call.report)) taken = "the length of the gradient";
  if (!is_first && metric == "loss_" + loss.step) taken = "the loss of " + loss.step + ", in eval,";
  if (!taken.empty()) b.fail("metric " + metric + ": " + taken + " is reported under this name", {"give the metric another name"});
}

void Builder::metric(const std::string& name, Tensor value, Location at) {
  if (at.line()) set_place(at);
  if (value.type() != Type{DType::f32, {}}) fail("metric " + name + " must be a f32 scalar, got " + to_string(value.type()), {"take its mean"});
  for (const Output& o : model_.metrics)
    if (o.name == name) fail("metric " + name + ": there is already a metric of this name");
  if (name == "loss") fail("metric loss: the minimised value has this name already");
  for (const char* prefix : {"grad.", "new.", "gradient_norm.", "update_ratio."})
    if (name.starts_with(prefix)) fail("metric " + name + ": names that begin with " + prefix + " are for what training reports of a variable");
  for (const Minimize& m : model_.losses) check_metric(*this, name, m, &m == &model_.losses[0]);
  model_.metrics.push_back({name, captured(value)});
}

static void check_options(Builder& b, const OptimizerCall& call, const CompositeDef& def) {
  auto whole_share = [&](double x, const char* what) {
    if (!(x >= 0 && x < 1)) b.fail(std::string("minimize: ") + what + " must lie in [0, 1), got " + std::to_string(x));
  };
  whole_share(call.average, "the decay of the average");
  if (call.accumulate < 1) b.fail("minimize: gradients are accumulated over at least 1 minibatch, got " + std::to_string(call.accumulate));
  if (call.clip != Clip::none && !(call.clip_limit > 0 && std::isfinite(call.clip_limit)))
    b.fail("minimize: gradients are clipped at a positive number, got " + std::to_string(call.clip_limit));
  for (const Penalty& p : call.penalties) {
    const CompositeDef* kind = find_composite(p.composite);
    if (!kind || kind->kind != CompositeKind::penalty) {
      std::string names;
      for (const CompositeDef* d : all_composites())
        if (d->kind == CompositeKind::penalty) names += (names.empty() ? "" : ", ") + std::string(d->name);
      b.fail("minimize: no penalty is named " + p.composite, {"the penalties are " + names});
    }
    if (!(p.scale >= 0 && p.scale <= std::numeric_limits<float>::max()))
      b.fail("minimize: the factor of " + p.composite + " must be finite in f32 and not negative");
  }
  for (const ParameterGroup& g : call.groups) {
    std::map<std::string, double> numbers = call.numbers;
    for (const auto& [name, value] : g.numbers) numbers[name] = value;
    numbers = complete_numbers(b, def, numbers);
    if (g.numbers.contains("learning_rate") && complete_numbers(b, def, call.numbers).at("learning_rate") == 0)
      b.fail("minimize: a group has a learning rate of its own, which is kept in proportion to the optimizer's, but that is 0");
  }
}

// The entries of a loss, beside those of the others.
static void check_step(Builder& b, const std::string& step, const std::vector<Minimize>& others) {
  if (entry_verb(step) != EntryVerb::step || step.empty())
    b.fail("minimize: a loss cannot be named '" + step + "'", {"init, eval and predict are entries of the model, and what begins with grad or apply is a part of a step"});
  for (const Minimize& m : others) {
    if (m.step == step) b.fail("minimize: there is already a loss for the entry " + step, {"name the second one: minimize ... as NAME"});
    std::string grad = entry_name(EntryVerb::grad, step);
    if (entry_name(EntryVerb::grad, m.step) == grad) b.fail("minimize: as " + step + ": its entry " + grad + " would be that of the loss " + m.step + ", too");
  }
}

void Builder::minimize(Tensor loss, const OptimizerCall& optimizer, std::vector<std::string> over, const std::string& step, Location at) {
  if (at.line()) set_place(at);
  if (loss.type() != Type{DType::f32, {}}) fail("minimize: the loss must be a f32 scalar, got " + to_string(loss.type()), {"take its mean"});
  const Node& source = graph()[captured(loss)];
  if (source.def().op_class == OpClass::source) fail("minimize: the loss is not computed from anything", {"apply a loss function, such as sum_of_squares"});
  const CompositeDef* def = find_composite(optimizer.name);
  if (!def || def->kind != CompositeKind::optimizer) fail("minimize: no optimizer named " + optimizer.name);
  check_step(*this, step, model_.losses);
  check_options(*this, optimizer, *def);
  OptimizerCall complete = optimizer;
  complete.numbers = complete_numbers(*this, *def, optimizer.numbers);
  complete.place = place();
  Minimize fresh{captured(loss), std::move(complete), step, std::move(over)};
  for (const Output& m : model_.metrics) check_metric(*this, m.name, fresh, model_.losses.empty());
  model_.losses.push_back(std::move(fresh));
}

bool matches(const std::string& pattern, const std::string& name) {
  if (pattern.find('*') == std::string::npos)
    return name == pattern || (name.size() > pattern.size() && name.compare(0, pattern.size(), pattern) == 0 && name[pattern.size()] == '.');
  // Greedy wildcard match: go back to the last star where the rest does not fit.
  size_t p = 0, n = 0, star = std::string::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') star = p++, mark = n;
    else if (p < pattern.size() && pattern[p] == name[n]) p++, n++;
    else if (star != std::string::npos) p = star + 1, n = ++mark;
    else return false;
  }
  while (p < pattern.size() && pattern[p] == '*') p++;
  return p == pattern.size();
}

void Builder::freeze(const std::string& pattern, Location at) {
  if (at.line()) set_place(at);
  bool any = false;
  for (Variable& v : model_.tables.variables.edit())
    if (v.role == Role::parameter && matches(pattern, v.name)) v.trainable = false, any = true;
  if (any) return;
  std::vector<std::string> names;
  for (const Variable& v : model_.tables.variables) names.push_back(v.name);
  std::string near = nearest(pattern, names);
  fail("freeze: no parameter matches " + pattern, near.empty() ? std::vector<std::string>{} : std::vector{"did you mean " + near + "?"});
}

const InputSpec* Builder::find_input(Tensor value) const {
  for (const InputSpec& i : model_.tables.inputs) {
    if (value.builder != this) return nullptr;
    const Node& node = const_cast<Builder*>(this)->graph()[value.id];
    if (node.op == Op::input && node.attribute<std::string>(0) == i.name) return &i;
  }
  return nullptr;
}

Model Builder::finish() const {
  Model model = model_;
  model.forward = const_cast<Builder*>(this)->graph();
  if (model.losses.empty() && model.forward.outputs.empty())
    fail("model " + model.tables.name + " has no output and nothing to minimise", {"add: minimize LOSS with sgd(learning_rate: 0.1)"});
  return model;
}

}  // namespace graphc
