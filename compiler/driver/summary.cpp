// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc summary
#include <fmt/format.h>

#include <iostream>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/entry_view.h"
#include "compiler/driver/flops.h"
#include "compiler/driver/session.h"
#include "compiler/pipeline.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

bool same(const Place& a, const Place& b) {
  return a.file && b.file && std::string_view(a.file) == b.file && a.line == b.line && a.column == b.column;
}

struct Layer {
  std::string name, output = "-", notes;
  uint64_t parameters = 0;
};

bool is_calculation(const Node& node) {
  return node.def().op_class != OpClass::source && node.def().op_class != OpClass::control;
}

// The last value that the layer's own line of the model made, or the one that it has for training only; of a lone parameter, the
// first that is calculated from it.
std::string output_of(const Model& model, const Variable& variable) {
  const Graph& graph = model.forward;
  for (const auto& [training, inference] : model.inference)
    if (same(graph.place(training), variable.place)) return to_string(graph[training].type);
  ValueId result = no_value;
  std::vector<bool> is_variable(graph.size());
  for (ValueId v = 0; v < graph.size(); v++) {
    const Node& node = graph[v];
    if (node.op == Op::variable) is_variable[v] = node.attribute<std::string>(0) == variable.name;
    bool reads = std::any_of(node.operands.begin(), node.operands.end(), [&](ValueId o) { return is_variable[o]; });
    if (reads && node.def().op_class == OpClass::movement) is_variable[v] = true;
    if (same(graph.place(v), variable.place) && is_calculation(node))
      result = v;
    else if (reads && !is_variable[v] && is_calculation(node) && result == no_value)
      result = v;
  }
  return result == no_value ? "-" : to_string(graph[result].type);
}

// Variables that share what stands before the last dot are one layer; the last of them knows its output.
std::vector<Layer> layers_of(const Model& model) {
  std::vector<Layer> layers;
  for (const Variable& v : model.tables.variables) {
    if (v.role == Role::optimizer) continue;  // the counter of random numbers
    std::string name = v.name.substr(0, v.name.rfind('.'));
    auto found = std::find_if(layers.begin(), layers.end(), [&](const Layer& l) { return l.name == name; });
    if (found == layers.end()) {
      layers.push_back({name});
      found = layers.end() - 1;
    }
    found->output = output_of(model, v);
    auto note = [&](const char* text) {
      if (found->notes.find(text) == std::string::npos) found->notes += (found->notes.empty() ? "" : ", ") + std::string(text);
    };
    if (v.role == Role::parameter) found->parameters += uint64_t(v.type.shape.count_at(1));
    if (v.role == Role::parameter && !v.trainable) note("frozen");
    if (v.role == Role::fitted) note("fitted on the training rows");
    if (v.role == Role::running) note("running statistics");
  }
  return layers;
}

uint64_t state_bytes(const PlanModule& plan, Role role) {
  uint64_t sum = 0;
  for (const PlacedVariable& v : plan.variables)
    if (v.variable->role == role) sum += v.bytes;
  return sum;
}

int run(const ModelOptions& options, const std::optional<uint64_t>& batch) {
  ModelFile file = options.read();
  PlanModule plan = build_plan(file.model, describe_target(), {.max_rows = uint32_t(batch_of(file, batch)), .memory_budget = options.budget()});
  std::vector<std::vector<std::string>> rows{{"layer", "output", "parameters", ""}};
  uint64_t all = 0, trained = 0;
  for (const Layer& layer : layers_of(file.model))
    rows.push_back({layer.name, layer.output, grouped(layer.parameters), layer.notes});
  for (const Variable& v : file.model.tables.variables) {
    if (v.role != Role::parameter) continue;
    all += uint64_t(v.type.shape.count_at(1));
    if (v.trainable) trained += uint64_t(v.type.shape.count_at(1));
  }
  std::string out = fmt::format("model {}, minibatch {}\n\n", file.model.tables.name, plan.max_rows);
  out += table(rows, "llr") + fmt::format("\n{} parameters, {} of them trained\n\n", grouped(all), grouped(trained));

  rows = {{"memory", "bytes", ""}};
  rows.push_back({"parameters", grouped(plan.params_bytes), "with a head of 64, each on a boundary of 64"});
  rows.push_back({"optimizer state", grouped(state_bytes(plan, Role::optimizer)), ""});
  rows.push_back({"fitted and running state", grouped(state_bytes(plan, Role::fitted) + state_bytes(plan, Role::running)), ""});
  rows.push_back({"state", grouped(plan.state_bytes), "both, with a head of 64, each on a boundary of 64"});
  for (const Minimize& loss : file.model.losses)
    if (const Plan* step = plan.plan(loss.step)) {
      rows.push_back({"cached for the backward", grouped(EntryView(plan, *step).cached_bytes()),
                      fmt::format("{} values of {}, in its workspace", step->cached.size(), loss.step)});
      rows.push_back({fmt::format("workspace of {}", loss.step), grouped(step->workspace_bytes), ""});
    }
  rows.push_back({"workspace", grouped(plan.workspace_bytes), "the largest of all entries"});
  out += table(rows, "lr") + "\n";

  rows = {{"entry", "operations", "of them in products", "kernels"}};
  for (const Plan& entry : plan.plans) {
    EntryView view(plan, entry);
    rows.push_back({entry.entry, rounded(view.flops()), rounded(matmul_flops(view.graph, plan.max_rows)),
                    std::to_string(view.kernels.size())});
  }
  std::cout << out << table(rows, "lrrr");
  return 0;
}

}  // namespace

Action declare_summary(Options& options) {
  auto model = std::make_shared<ModelOptions>();
  auto batch = std::make_shared<std::optional<uint64_t>>();
  model->declare(options, true);
  options.whole("--batch", *batch, 1, 1u << 30, "rows of a minibatch (else the file's, or 32)");
  return [=] { return run(*model, *batch); };
}

}  // namespace graphc::driver
