// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc explain
#include "compiler/driver/explain.h"

#include <fmt/format.h>

#include <iostream>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/explain_html.h"
#include "compiler/pipeline.h"
#include "ir/columns.h"
#include "ir/composite.h"
#include "runtime/train/entry.h"
#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc::driver {

namespace {

constexpr double measured_seconds = 0.2;

struct ExplainOptions {
  ModelOptions model;
  std::string dot, html, entry;
  std::optional<uint64_t> batch;
  bool no_measure = false;
};

// "learning_rate: 0.1, momentum: 0 (default)"
std::string numbers_text(const std::string& composite, const std::map<std::string, double>& numbers) {
  std::string text;
  const CompositeDef* def = find_composite(composite);
  for (const ArgumentDef& a : def ? def->arguments : std::vector<ArgumentDef>{}) {
    auto found = numbers.find(a.name);
    if (found == numbers.end()) continue;
    text += text.empty() ? "" : ", ";
    text += a.kind == ArgumentDef::flag ? fmt::format("{}: {}", a.name, found->second != 0)
                                        : fmt::format("{}: {}", a.name, found->second);
    if (a.value && *a.value == found->second) text += " (default)";
  }
  return text;
}

template <class T>
std::string setting(const Setting<T>& value, const std::string& otherwise) {
  return value ? fmt::format("{}", *value) : otherwise + " (default)";
}

// On random minibatches, as `graphc bench` does.
Measurement measure(const ExplainOptions& o, const ModelFile& file, const EntryView& view) {
  Measurement result{count_kernels(view, view.module.max_rows), {}, ""};
  if (o.no_measure) {
    result.note = "Not measured: --no-measure was given.";
  } else if (!view.graph.loss || view.graph.updates.empty()) {
    result.note = "Not measured: only an entry that trains is timed.";
  } else {
    Program program = compile(file.model, {.max_rows = view.module.max_rows, .hook_every_kernel = true, .memory_budget = o.model.budget()});
    Instance net = program.instance();
    Batches batches(net.entry(view.plan.entry).info(), view.module.max_rows, 1);
    try {
      auto times = measure_kernels(program.plan(), net, view.plan.entry, batches, view.module.max_rows, measured_seconds);
      if (times.size() != result.kernels.size())
        throw InternalError("explain: the measured step has other kernels than its plan");
      for (size_t k = 0; k < times.size(); k++) result.kernels[k].seconds = times[k].seconds;
      result.roofline = measure_roofline();
    } catch (const Error& error) {  // a loss that is not finite
      result.note = fmt::format("Not measured: {}.", error.what());
    }
  }
  return result;
}

int run(const ExplainOptions& o) {
  ModelFile file = o.model.read();
  PlanModule plan = build_plan(file.model, describe_target(), {.max_rows = uint32_t(batch_of(file, o.batch)), .memory_budget = o.model.budget()});
  std::string entry = !o.entry.empty() ? o.entry : !file.model.losses.empty() ? file.model.losses[0].step : "predict";
  std::vector<std::string> names;
  for (const Plan& p : plan.plans) names.push_back(p.entry);
  if (!plan.plan(entry)) throw Error("--entry: the model has no entry '" + entry + "'" + hint(entry, names));
  EntryView view(plan, *plan.plan(entry));
  std::string text = fmt::format("{}: the entry {}, for up to {} rows, on {}\n\n", file.model.tables.name, entry, plan.max_rows,
                                 to_string(plan.target));
  text += explain_defaults(file) + "\n" + explain_text(view);
  std::string written;
  if (!o.dot.empty()) {
    write_file(o.dot, explain_dot(view));
    written += fmt::format("\n{}: the graph; draw it with: dot -Tsvg -O {}\n", o.dot, o.dot);
  }
  if (!o.html.empty()) {
    write_file(o.html, explain_html(view, text, measure(o, file, view)));
    written += fmt::format("\n{}: the page; open it in a browser\n", o.html);
  }
  std::cout << text << written;
  return 0;
}

}  // namespace

std::string explain_defaults(const ModelFile& file) {
  std::vector<std::vector<std::string>> rows{{"what was chosen", "as", "with"}};
  for (const Variable& v : file.model.tables.variables)
    rows.push_back({v.name + (v.trainable || v.role != Role::parameter ? "" : " (frozen)"), "starts as " + v.initializer.name,
                    numbers_text(v.initializer.name, v.initializer.numbers)});
  for (const Body& body : file.model.forward.bodies())
    if (!body.arguments.empty())
      rows.push_back({body.composite, "function", numbers_text(body.composite, {body.arguments.begin(), body.arguments.end()})});
  for (const Minimize& loss : file.model.losses)
    rows.push_back({loss.step, "optimizer " + loss.optimizer.name, numbers_text(loss.optimizer.name, loss.optimizer.numbers)});
  const TrainingSettings& t = file.train;
  rows.push_back({"train", "settings",
                  fmt::format("batch: {}, epochs: {}, shuffle: {}, sampling: {}, seed: {}", setting(t.batch, "32"),
                              setting(t.epochs, "1"), t.shuffle ? (*t.shuffle ? "on" : "off") : "on (default)",
                              setting(t.sampling, "epoch"), setting(t.seed, "1"))});
  return table(rows);
}

Action declare_explain(Options& options) {
  auto o = std::make_shared<ExplainOptions>();
  o->model.declare(options, true);
  options.text("--dot", o->dot, "F.dot", "the graph for graphviz: kernels as boxes, cached values marked");
  options.text("--html", o->html, "F.html", "a page with graph, kernels, workspace and roofline; measures the kernels");
  options.flag("--no-measure", o->no_measure, "--html without times: the same page on every machine of the same target");
  options.text("--entry", o->entry, "NAME", "another entry: predict, eval, grad, apply, init (step)");
  options.whole("--batch", o->batch, 1, 1u << 30, "rows of a minibatch (else the file's, or 32)");
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
