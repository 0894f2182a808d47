// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/passes/attach_optimizer.h"

#include <unordered_set>

#include "compiler/passes/differentiate.h"
#include "ir/builder.h"
#include "ir/composite.h"
#include "ir/rebuild.h"

namespace graphc {

namespace {

// A builder that starts with the model's forward graph, as far as `roots` need it.
struct Entry {
  GraphBuilder b;
  Rebuild rebuild;

  Entry(const Model& model, const std::string& name, const std::vector<ValueId>& roots) : b(name), rebuild(model.forward, b) {
    Graph wanted = model.forward;
    wanted.outputs.clear();
    for (ValueId v : roots) wanted.outputs.push_back({"", v});
    auto live = live_values(wanted);
    for (ValueId v = 0; v < wanted.size(); v++)
      if (live[v]) rebuild.copy(v);
  }

  void output(const std::string& name, Tensor value) { b.graph().outputs.push_back({name, value.id}); }
};

std::string entry_name(const std::string& verb, const std::string& step) {
  return step.rfind("step", 0) == 0 ? verb + step.substr(4) : verb + "_" + step;
}

bool trains(const Minimize& loss, const Variable& v) {
  if (v.role != Role::parameter || !v.trainable) return false;
  for (const std::string& pattern : loss.over)
    if (matches(pattern, v.name)) return true;
  return loss.over.empty();
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
      Entry eval(model_, "eval", roots);
      for (const Minimize& loss : model_.losses)
        eval.output(&loss == &model_.losses[0] ? "loss" : "loss_" + loss.step, eval.rebuild[loss.loss]);
      report_metrics(eval);
      add(eval.b);
    }
    if (!model_.forward.outputs.empty()) {
      std::vector<ValueId> outputs;
      for (const Output& o : model_.forward.outputs) outputs.push_back(o.value);
      Entry predict(model_, "predict", outputs);
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

  // New values of all trained parameters from their gradients, and of the optimizer's state.
  void update(GraphBuilder& b, const Minimize& loss, const std::vector<Variable>& trained, const std::vector<Tensor>& gradients) {
    const CompositeDef& optimizer = *find_composite(loss.optimizer.name);
    b.set_place(loss.optimizer.place);
    for (size_t p = 0; p < trained.size(); p++) {
      Tensor parameter = b.emit(Op::variable, {}, {trained[p].name, trained[p].type});
      OptimizerContext context{b, module_, optimizer, loss.optimizer.numbers, trained[p].name, parameter, gradients[p]};
      Tensor value = optimizer.build_optimizer(context);
      b.graph().updates.push_back({trained[p].name, value.id});
    }
  }

  void train(const Minimize& loss, std::vector<ValueId> roots) {
    roots.push_back(loss.loss);
    Entry step(model_, loss.step, roots), grad(model_, entry_name("grad", loss.step), roots);
    GraphBuilder apply(entry_name("apply", loss.step));
    std::vector<Variable> trained;
    std::vector<Tensor> of_step, of_apply;
    for (Entry* entry : {&step, &grad}) {
      Tensor value = entry->rebuild[loss.loss];
      entry->b.graph().loss = value.id;
      entry->output("loss", value);
      report_metrics(*entry);
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
    std::unordered_set<std::string> inputs;
    for (const InputSpec& i : module_.inputs) inputs.insert(i.name);
    for (const Variable& v : trained) {
      std::string name = "grad." + v.name;
      of_apply.push_back(apply.emit(Op::input, {}, {name, v.type}));
      if (inputs.insert(name).second) module_.inputs.push_back({name, v.type});
    }
    update(step.b, loss, trained, of_step);
    update(apply, loss, trained, of_apply);
    add(step.b);
    add(grad.b);
    add(apply);
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
