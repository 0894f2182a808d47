// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "compiler/driver/bindings.h"
#include "runtime/train/minibatch.h"

namespace graphc::driver {

namespace {

Array rows_of(const Column& column, std::span<const uint32_t> rows) {
  StoredTensor minibatch = load(column, rows);
  Array array;
  auto take = [&](auto values) { array.data.assign(values.begin(), values.end()); };
  if (minibatch.dtype == GRAPHC_F32)
    take(minibatch.as<float>());
  else if (minibatch.dtype == GRAPHC_I32)
    take(minibatch.as<int32_t>());
  else
    take(minibatch.as<uint8_t>());
  return array;
}

std::string at(const Array& array, size_t i) {
  std::string text;
  for (size_t axis = array.dims.size(); axis-- > 0;) {
    text = fmt::format("{}{}{}", i % size_t(array.dims[axis]), text.empty() ? "" : ", ", text);
    i /= size_t(array.dims[axis]);
  }
  return array.dims.empty() ? "" : " at [" + text + "]";
}

std::string describe_value(const Graph& graph, ValueId v, uint64_t step) {
  const Node& node = graph[v];
  std::string place = to_string(graph.place(v)), text;
  if (node.op == Op::input) return "input " + node.attribute<std::string>(0);
  if (node.op == Op::variable) {
    text = "variable " + node.attribute<std::string>(0);
    return step > 1 ? text + fmt::format(" (written by the update of step {})", step - 1) : text;
  }
  std::string label = graph.label(v);
  text = label.empty() ? fmt::format("a result of {}", node.def().name) : label + " (" + node.def().name + ")";
  text += ", " + to_string(node.type);
  return place.empty() ? text : text + ", " + place;
}

// The line of the model file that made v, below the message.
std::string source_line(const ModelFile& file, const Place& place) {
  if (!place.file || file.path != place.file) return "";
  std::istringstream lines(file.text);
  std::string line;
  for (uint32_t n = 0; n < place.line; n++) std::getline(lines, line);
  return "  " + line + "\n";
}

// Ops that are not finite at arguments that are.
bool has_a_pole(const Node& node) {
  std::string_view name = node.def().name;
  return name == "log" || name == "log1p" || name == "div" || name == "rsqrt" || name == "sqrt";
}

std::string remedy(const ModelFile& file, Instance& net, const Node* first, bool is_penalty) {
  if (first && first->op == Op::input) return "what to try: take the rows of the data away that are not finite";
  std::vector<std::string> advice;
  auto names = net.hyper_names();
  if (std::find(names.begin(), names.end(), "learning_rate") != names.end()) {
    double rate = net.hyper("learning_rate");
    advice.push_back(fmt::format("--set learning_rate={:.3g} or less (it is {:.3g})", rate > 1 ? 0.1 : rate / 10, rate));
  }
  if (is_penalty) advice.emplace_back("a smaller factor of the penalty");
  auto is_fitted = [](const Variable& v) { return v.role == Role::fitted; };
  const auto& variables = file.model.tables.variables;
  if (std::none_of(variables.begin(), variables.end(), is_fitted)) advice.emplace_back("inputs of about 1, by standardize");
  if (first && has_a_pole(*first))
    advice.push_back(
        fmt::format("an argument that {} can take: a small number added to it, or cross_entropy of logits", first->def().name));
  std::string text = "what to try: ";
  for (size_t i = 0; i < advice.size(); i++) text += (i ? "; " : "") + advice[i];
  return text;
}

}  // namespace

std::string explain_divergence(const ModelFile& file, const Program& program, Instance& net, const Dataset& data,
                               const TrainSettings& settings, const TrainResult& result) {
  const PlanModule& plan = program.plan();
  Graph graph = loss_only(*plan.module.entries.find(settings.step_entry));
  Minibatches minibatches(data.rows, settings.batch, settings.seed, settings.sampling);
  uint64_t index = result.not_finite_at - 1, per_epoch = minibatches.per_epoch();
  auto rows = minibatches.get(index / per_epoch, index % per_epoch);
  Bindings bindings = bind(plan, settings.step_entry, net, int64_t(rows.size()));
  for (const Column& column : data.columns) bindings.inputs[column.name] = rows_of(column, rows);
  auto values = evaluate(graph, bindings, plan.target.fma ? Precision::f32_fused : Precision::f32_unfused);

  // What is minimised is the loss with its penalty, which may overflow alone.
  std::string when = fmt::format("stopped being finite at step {} (epoch {})", result.not_finite_at, index / per_epoch + 1), text;
  bool is_penalty = std::isfinite(result.not_finite_loss);
  if (is_penalty)
    text = fmt::format("the penalty {}: the loss is {}, with the penalty {}\n", when, result.not_finite_loss, values[*graph.loss].data[0]);
  else
    text = fmt::format("the loss {}: it is {}\n", when, result.not_finite_loss);
  const Node* first = nullptr;
  for (ValueId v = 0; v < graph.size() && !first; v++) {
    if (graph[v].op == Op::constant || graph[v].type.dtype != DType::f32) continue;
    auto bad = std::find_if(values[v].data.begin(), values[v].data.end(), [](double x) { return !std::isfinite(x); });
    if (bad == values[v].data.end()) continue;
    first = &graph[v];
    text +=
        fmt::format("the first value of the graph that is not finite: {}: {}{}\n", describe_value(graph, v, result.not_finite_at),
                    *bad, at(values[v], size_t(bad - values[v].data.begin())));
    text += source_line(file, graph.place(v));
  }
  return text + remedy(file, net, first, is_penalty);
}

}  // namespace graphc::driver
