// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc check: the gradients of the compiled graph against central differences of its loss, both in the f64 evaluator, on a
// small random minibatch. Where the differences from both sides disagree there is a kink, and no gradient to compare.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "compiler/driver/batches.h"
#include "compiler/driver/bindings.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/flops.h"
#include "compiler/driver/session.h"
#include "compiler/measure.h"
#include "ir/columns.h"
#include "runtime/train/entry.h"

namespace graphc::driver {

namespace {

constexpr double step = 1e-6, absolute = 1e-5, relative = 1e-3;
constexpr int64_t rows = 4;
constexpr int64_t most_elements = 48;  // checked of one parameter, spread evenly; fewer in large models
constexpr double most_flops = 4e9;     // about ten seconds of the evaluator

struct CheckOptions {
  ModelOptions model;
  std::optional<uint64_t> seed;
  bool json = false;
};

struct Row {
  std::string entry, parameter;
  Type type;
  int64_t checked = 0, kinks = 0, failures = 0;
  double worst = 0;    // error over what is allowed: above 1 is a failure
  double largest = 0;  // gradient
  std::string first_failure;
};

Array array_of(const StoredTensor& tensor) {
  Array array{DType::f32, tensor.shape, {}};
  if (tensor.dtype == GRAPHC_F32)
    array.data.assign(tensor.as<float>().begin(), tensor.as<float>().end());
  else if (tensor.dtype == GRAPHC_I32)
    array.data.assign(tensor.as<int32_t>().begin(), tensor.as<int32_t>().end());
  else
    array.data.assign(tensor.as<uint8_t>().begin(), tensor.as<uint8_t>().end());
  return array;
}

Row check_parameter(const Graph& loss, Bindings& bindings, const std::string& name, const Array& gradient, int64_t elements) {
  Row row;
  row.parameter = name;
  std::vector<double>& values = bindings.variables[name].data;
  auto value = [&] { return evaluate(loss, bindings, Precision::f64)[*loss.loss].data[0]; };
  double here = value();
  int64_t count = int64_t(values.size()), stride = std::max<int64_t>(1, (count + elements - 1) / elements);
  for (double g : gradient.data) row.largest = std::max(row.largest, std::fabs(g));
  for (int64_t i = 0; i < count; i += stride) {
    double kept = values[size_t(i)], g = gradient.data[size_t(i)];
    values[size_t(i)] = kept + step;
    double above = value();
    values[size_t(i)] = kept - step;
    double below = value();
    values[size_t(i)] = kept;
    double central = (above - below) / (2 * step), allowed = absolute + relative * std::fabs(central);
    double error = std::fabs(g - central) / allowed;
    row.checked++;
    if (!(error > 1)) {
      row.worst = std::max(row.worst, error);
    } else if (std::fabs((above - here) - (here - below)) / step > allowed) {
      row.kinks++;
    } else {
      row.worst = std::max(row.worst, error);
      if (row.failures++ == 0)
        row.first_failure = fmt::format("element {}: gradient {:.9g}, central difference {:.9g}", i, g, central);
    }
    if (!std::isfinite(g) && row.failures++ == 0) row.first_failure = fmt::format("element {}: gradient {}", i, g);
  }
  return row;
}

std::vector<Row> check_entry(const PlanModule& plan, const Graph& grad, Instance& net, uint64_t seed) {
  Bindings bindings = bind(plan, grad.name, net, rows);
  const graphc_entry_info& entry = net.entry(grad.name).info();
  for (uint32_t i = 0; i < entry.inputs; i++)
    bindings.inputs[entry.input[i].name] = array_of(random_input(entry.input[i], rows, seed + i));
  // Biases begin at 0, where many functions have kinks or symmetries.
  uint64_t stream = seed + 100;
  for (const Variable& v : plan.module.variables) {
    Array& array = bindings.variables[v.name];
    bool flat = std::all_of(array.data.begin(), array.data.end(), [](double x) { return x == 0; });
    if (v.role != Role::parameter || !flat) continue;
    for (size_t i = 0; i < array.data.size(); i++) array.data[i] = 0.1 * std::sin(double(++stream) * 1.7);
  }
  auto values = evaluate(grad, bindings, Precision::f64);
  Graph loss = loss_only(grad);
  double evaluations = 2.0 * double(grad.outputs.size()) * std::max(1.0, matmul_flops(loss, rows));
  int64_t elements = std::clamp<int64_t>(int64_t(most_flops / evaluations), 2, most_elements);
  std::vector<Row> result;
  for (const Output& output : grad.outputs) {
    if (output.name.rfind("grad.", 0) != 0) continue;
    Row row = check_parameter(loss, bindings, output.name.substr(5), values[output.value], elements);
    row.entry = grad.name;
    row.type = grad[output.value].type;
    result.push_back(std::move(row));
  }
  return result;
}

int run(const CheckOptions& o) {
  ModelFile file = o.model.read();
  if (file.model.losses.empty()) only_loss(file);
  Compiled compiled = compile_model(file, o.model.compile_options(rows));
  Instance net = compiled.program.instance(o.seed.value_or(1));
  std::vector<Row> all;
  for (const Graph& entry : compiled.program.plan().module.entries)
    if (entry.name.rfind("grad", 0) == 0 && entry.loss)
      for (Row& row : check_entry(compiled.program.plan(), entry, net, o.seed.value_or(1))) all.push_back(std::move(row));

  bool any_gradient = false, failed = false;
  std::vector<std::vector<std::string>> lines{
      {"parameter", "type", "checked", "kinks", "largest gradient", "worst error / allowed", ""}};
  nlohmann::ordered_json list = nlohmann::json::array();
  for (const Row& row : all) {
    any_gradient |= row.largest > 0;
    failed |= row.failures > 0;
    std::string verdict = row.failures ? "FAILED, " + row.first_failure : row.largest == 0 ? "all zeros" : "ok";
    lines.push_back({row.parameter, to_string(row.type), std::to_string(row.checked), std::to_string(row.kinks),
                     fmt::format("{:.3g}", row.largest), fmt::format("{:.2g}", row.worst), verdict});
    list.push_back({{"entry", row.entry},
                    {"parameter", row.parameter},
                    {"checked", row.checked},
                    {"kinks", row.kinks},
                    {"largest_gradient", row.largest},
                    {"worst", row.worst},
                    {"failures", row.failures}});
  }
  failed |= !any_gradient;
  if (o.json) {
    std::cout << nlohmann::ordered_json{{"passed", !failed},    {"rows", rows},         {"step", step},
                                        {"absolute", absolute}, {"relative", relative}, {"parameters", list}}
                     .dump()
              << std::endl;
  } else {
    std::cout << table(lines, "llrrrr");
    std::cout << fmt::format("central differences in f64: {} rows, step {}, allowed {} + {} |difference|\n", rows, step, absolute,
                             relative);
    std::cout << (failed ? any_gradient ? "FAILED\n" : "FAILED: every gradient is zero\n" : "every gradient agrees\n")
              << std::flush;
  }
  return failed ? 1 : 0;
}

}  // namespace

Action declare_check(Options& options) {
  auto o = std::make_shared<CheckOptions>();
  o->model.declare(options, true);
  options.whole("--seed", o->seed, 0, uint64_t{1} << 53, "of initial values and the random minibatch (1)");
  options.flag("--json", o->json, "one JSON object");
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
