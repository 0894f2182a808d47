// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/monitor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/train/error.h"

namespace graphc {
namespace {

constexpr std::string_view train_prefix = "train_", validation_prefix = "validation_";

// Metrics that grow as a model becomes better, by words of their names.
bool grows(std::string_view name) {
  constexpr std::string_view words[] = {"accuracy", "precision", "recall", "f1", "auc", "r2", "iou"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

}  // namespace

std::vector<std::string> validated_metrics(const std::vector<std::string>& of_step, const std::vector<std::string>& of_eval) {
  std::vector<std::string> both;
  for (const std::string& metric : of_step) {
    if (std::find(of_eval.begin(), of_eval.end(), metric) == of_eval.end()) break;
    both.push_back(metric);
  }
  return both;
}

std::string monitored_name(const std::string& name, const std::vector<std::string>& of_step,
                           const std::optional<std::vector<std::string>>& of_eval) {
  if (name.empty()) return of_eval ? "validation_loss" : "train_loss";
  std::vector<std::string> in_validation = {std::string(validation_prefix) + "loss"}, in_training = {std::string(train_prefix) + "loss"};
  for (const std::string& metric : validated_metrics(of_step, of_eval.value_or(of_step)))
    in_validation.push_back(std::string(validation_prefix) + metric);
  for (const std::string& metric : of_step) in_training.push_back(std::string(train_prefix) + metric);
  auto has = [](const std::vector<std::string>& names, const std::string& of) { return std::find(names.begin(), names.end(), of) != names.end(); };
  bool is_validation = name.starts_with(validation_prefix);
  std::string other = std::string(train_prefix) + name.substr(is_validation ? validation_prefix.size() : 0);
  if (is_validation && !of_eval && has(in_validation, name))
    throw Error("monitor: " + name + " needs validation rows, and there are none; give some, or monitor " + other);
  if (has(in_validation, name) || has(in_training, name)) return name;
  if (is_validation && has(in_training, other))
    throw Error("monitor: only training steps have " + name.substr(validation_prefix.size()) + ", validation has not; monitor " + other);
  in_validation.insert(in_validation.end(), in_training.begin(), in_training.end());
  throw Error("monitor: the history has no \"" + name + "\"" + suggest(name, in_validation));
}

double monitored_value(const std::string& name, const EpochRecord& record, const std::vector<std::string>& metric_names) {
  bool is_train = name.starts_with(train_prefix);
  const Score* score = is_train ? &record.train : record.validation ? &*record.validation : nullptr;
  std::string value = name.substr((is_train ? train_prefix : validation_prefix).size());
  if (score && value == "loss") return score->loss;
  for (size_t i = 0; score && i < metric_names.size() && i < score->metrics.size(); ++i)
    if (metric_names[i] == value) return score->metrics[i];
  return std::numeric_limits<double>::quiet_NaN();
}

Monitor::Monitor(std::string name, const std::string& mode, double min_delta)
    : name_(std::move(name)), larger_is_better_(mode == "max" || (mode == "auto" && grows(name_))), min_delta_(min_delta) {
  if (mode != "auto" && mode != "min" && mode != "max")
    throw Error("mode \"" + mode + "\" does not exist" + suggest(mode, {"auto", "min", "max"}));
}

bool Monitor::update(MonitorState& state, uint64_t epoch, double value) const {
  if (state.of != name_) state = MonitorState{name_};
  double gain = larger_is_better_ ? value - state.best : state.best - value;
  bool is_better = state.best_epoch ? gain > min_delta_ : !std::isnan(value);
  if (is_better)
    state.best = value, state.best_epoch = epoch, state.waited = 0;
  else
    ++state.waited;
  return is_better;
}

}  // namespace graphc
