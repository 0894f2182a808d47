// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/passes/attach_optimizer.h"

#include "compiler/passes/differentiate.h"
#include "ir/builder.h"
#include "ir/composite.h"
#include "ir/library/update_parameters.h"
#include "ir/rebuild.h"

namespace graphc {

namespace {

enum class Mode : uint8_t { training, inference };

// A builder that starts with the model's forward graph, as far as `roots` need it.
struct Entry {
  GraphBuilder b;
  Rebuild rebuild;

  Entry(const Model& model, const std::string& name, const std::vector<ValueId>& roots, Mode mode) : b(name), rebuild(model.forward, b) {
    const Graph& graph = model.forward;
    // In inference, another value stands for some; it has a smaller id, so one walk back finds all that is wanted.
    std::vector<bool> wanted(graph.size(), false);
    for (ValueId v : roots) wanted[v] = true;
    auto stands_for = [&](ValueId v) {
      auto it = mode == Mode::inference ? model.inference.find(v) : model.inference.end();
      return it == model.inference.end() ? no_value : it->second;
    };
    for (ValueId v = ValueId(graph.size()); v-- > 0;) {
      if (!wanted[v]) continue;
      if (ValueId other = stands_for(v); other != no_value) wanted[other] = true;
      else
        for (ValueId o : graph[v].operands) wanted[o] = true;
    }
    for (ValueId v = 0; v < graph.size(); v++) {
      if (!wanted[v]) continue;
      if (ValueId other = stands_for(v); other != no_value) rebuild.set(v, rebuild[other]);
      else rebuild.copy(v);
    }
  }

  void output(const std::string& name, Tensor value) { b.graph().outputs.push_back({name, value.id}); }
};

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  for (const std::string& pattern : patterns)
    if (matches(pattern, name)) return true;
  return false;
}

bool trains(const Minimize& loss, const Variable& v) {
  return v.role == Role::parameter && v.trainable && (loss.over.empty() || matches_any(loss.over, v.name));
}

class Attach {
 public:
  explicit Attach(const Model& model) : model_(model), module_(model.tables) {}

  Module run() {
    std::vector<ValueId> metrics;
    for (const Output& m : model_.metrics) metrics.push_back(m.value);
    for (const Minimize& loss : model_.losses) train(loss, metrics);
    std::vector<ValueId> roots = metrics;
    for (const Minimize& loss : model_.losses) roots.push_back(loss.loss);
    if (!roots.empty()) {
      Entry eval(model_, "eval", roots, Mode::inference);
      for (const Minimize& loss : model_.losses)
        eval.output(&loss == &model_.losses[0] ? "loss" : "loss_" + loss.step, eval.rebuild[loss.loss]);
      report_metrics(eval);
      add(eval.b);
    }
    if (!model_.forward.outputs.empty()) {
      std::vector<ValueId> outputs;
      for (const Output& o : model_.forward.outputs) outputs.push_back(o.value);
      Entry predict(model_, "predict", outputs, Mode::inference);
      for (const Output& o : model_.forward.outputs) predict.output(o.name, predict.rebuild[o.value]);
      add(predict.b);
    }
    initialise();
    return std::move(module_);
  }

 private:
  void add(GraphBuilder& b) { module_.entries.push_back(std::move(b.graph())); }

  void report_metrics(Entry& entry) {
    for (const Output& m : model_.metrics) entry.output(m.name, entry.rebuild[m.value]);
  }

  // The sum of the penalties, and nothing where there are none.
  std::optional<Tensor> penalty(GraphBuilder& b, const Minimize& loss) {
    std::optional<Tensor> total;
    for (const Penalty& p : loss.optimizer.penalties) {
      b.set_place(loss.optimizer.place);
      bool any = false;
      for (const Variable& v : model_.tables.variables) {
        if (!trains(loss, v)) continue;
        if (p.patterns.empty() ? !is_weight(v) : !matches_any(p.patterns, v.name)) continue;
        any = true;
        Tensor size = apply(b, *find_composite(p.composite), {{b.emit(Op::variable, {}, {v.name, v.type})}}) * p.scale;
        total = total ? *total + size : size;
      }
      if (!any) throw CompileError(Diagnostic{p.place.file ? p.place : loss.optimizer.place, "minimize: the penalty " + p.composite + " meets no trained parameter", {"a pattern is a name, a prefix up to a dot, or has * for anything"}});
    }
    return total;
  }

  void train(const Minimize& loss, std::vector<ValueId> roots) {
    roots.push_back(loss.loss);
    std::vector<const TrainingUpdate*> states = updates_of(roots);
    for (const TrainingUpdate* u : states) roots.push_back(u->value);
    Entry step(model_, loss.step, roots, Mode::training), grad(model_, entry_name(EntryVerb::grad, loss.step), roots, Mode::training);
    GraphBuilder apply(entry_name(EntryVerb::apply, loss.step));
    std::vector<Variable> trained;
    std::vector<Tensor> of_step, of_apply;
    for (Entry* entry : {&step, &grad}) {
      Tensor value = entry->rebuild[loss.loss];
      entry->output("loss", value);
      report_metrics(*entry);  // before what only training has, so that they have the places that they have in eval
      if (auto extra = penalty(entry->b, loss)) {
        entry->output("penalty", *extra);
        value = value + *extra;
      }
      entry->b.graph().loss = value.id;
      std::vector<Variable> all;
      std::vector<Tensor> parameters;
      for (const Variable& v : model_.tables.variables)
        if (trains(loss, v)) all.push_back(v), parameters.push_back(entry->b.emit(Op::variable, {}, {v.name, v.type}));
      auto found = gradients(value, parameters);
      for (size_t p = 0; p < all.size(); p++) {
        if (!found[p]) continue;
        if (entry == &step) trained.push_back(all[p]), of_step.push_back(*found[p]);
        else entry->output("grad." + all[p].name, *found[p]);
      }
    }
    if (trained.empty())
      throw CompileError(Diagnostic{loss.optimizer.place, "minimize: the loss depends on no trainable parameter",
                                    {"use a layer such as dense, or unfreeze one"}});
    for (const Variable& v : trained) of_apply.push_back(passed(apply, "grad." + v.name, v.type));
    update_parameters(step.b, module_, loss, trained, of_step);
    update_parameters(apply, module_, loss, trained, of_apply);
    update_states(states, step, grad, apply);
    add(step.b);
    add(grad.b);
    add(apply);
  }

  // An input of `apply` that `grad` has as an output.
  Tensor passed(GraphBuilder& apply, const std::string& name, const Type& type) {
    if (!module_.inputs.find(name)) module_.inputs.push_back({name, type});
    return apply.emit(Op::input, {}, {name, type});
  }

  // Those of the model that belong to what `roots` need.
  std::vector<const TrainingUpdate*> updates_of(const std::vector<ValueId>& roots) const {
    if (model_.updates.empty()) return {};
    Graph wanted = model_.forward;
    wanted.outputs.clear();
    for (ValueId v : roots) wanted.outputs.push_back({"", v});
    auto live = live_values(wanted);
    std::vector<const TrainingUpdate*> result;
    for (const TrainingUpdate& u : model_.updates)
      if (live[u.because]) result.push_back(&u);
    return result;
  }

  // What follows from state alone `apply` computes itself; the rest, such as a minibatch's statistics, comes from `grad`.
  void update_states(const std::vector<const TrainingUpdate*>& states, Entry& step, Entry& grad, GraphBuilder& apply) {
    for (const TrainingUpdate* u : states) {
      step.b.graph().updates.push_back({u->variable, step.rebuild[u->value].id});
      Entry alone(model_, "", {u->value}, Mode::training);
      bool reads_input = false;
      for (ValueId v = 0; v < alone.b.graph().size(); v++) reads_input |= alone.b.graph()[v].op == Op::input;
      Tensor value;
      if (reads_input) {
        const Type& type = model_.tables.variables.find(u->variable)->type;
        grad.output("new." + u->variable, grad.rebuild[u->value]);
        value = passed(apply, "new." + u->variable, type);
      } else {
        Rebuild copy(alone.b.graph(), apply);
        for (ValueId v = 0; v < alone.b.graph().size(); v++) copy.copy(v);
        value = copy[alone.rebuild[u->value].id];
      }
      apply.graph().updates.push_back({u->variable, value.id});
    }
  }

  void initialise() {
    GraphBuilder b("init");
    module_.hypers.push_back({"seed_lo", DType::i32, 1});
    module_.hypers.push_back({"seed_hi", DType::i32, 0});
    Tensor lo = b.emit(Op::hyper, {}, {std::string("seed_lo"), Type{DType::i32, {}}});
    Tensor hi = b.emit(Op::hyper, {}, {std::string("seed_hi"), Type{DType::i32, {}}});
    for (const Variable& v : module_.variables) {
      b.set_place(v.place);
      const CompositeDef* record = find_composite(v.initializer.name);
      if (!record || !record->build_initializer) b.fail(v.name + ": no initializer named " + v.initializer.name);
      InitializerContext context{b, v.type, complete_numbers(b, *record, v.initializer.numbers), lo, hi, stream_of(v.name)};
      b.graph().updates.push_back({v.name, record->build_initializer(context).id});
    }
    add(b);
  }

  const Model& model_;
  Module module_;
};

}  // namespace

Module attach_optimizer(const Model& model) { return Attach(model).run(); }

}  // namespace graphc
