// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc {
namespace {

using Json = nlohmann::ordered_json;

void add(Json& object, const Score& score, const std::vector<std::string>& names, const std::string& prefix) {
  object[prefix + "loss"] = score.loss;
  for (size_t i = 0; i < names.size() && i < score.metrics.size(); ++i) object[prefix + names[i]] = score.metrics[i];
}

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

// How many of the metrics validation has; what only training reports stands behind them.
std::optional<size_t> validation_metrics(const TrainResult& result) {
  std::optional<size_t> count;
  for (const EpochRecord& record : result.history)
    if (record.validation) count = std::max(count.value_or(0), record.validation->metrics.size());
  return count;
}

bool any_rate(const TrainResult& result) {
  return std::any_of(result.history.begin(), result.history.end(),
                     [](const EpochRecord& record) { return record.learning_rate.has_value(); });
}

std::string dump(const Json& object, int indent) {
  return object.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Why the run ended, where it did not finish; what early stopping found.
void add_stop(Json& object, const TrainResult& result) {
  if (result.stop != Stop::finished) object["stop"] = name(result.stop);
  if (result.best_epoch) object["best_epoch"] = result.best_epoch, object["best_" + result.monitored] = result.best;
  if (result.best_epoch) object["restored"] = result.restored;
}

}  // namespace

std::string history_csv(const TrainResult& result, const RunInfo& info) {
  std::optional<size_t> validation = validation_metrics(result);
  std::string text = "epoch,steps,seconds";
  for (const char* prefix : {"train_", "validation_"}) {
    if (prefix[0] == 'v' && !validation) continue;
    text += fmt::format(",{}loss", prefix);
    size_t count = prefix[0] == 'v' ? std::min(*validation, result.metric_names.size()) : result.metric_names.size();
    for (size_t i = 0; i < count; ++i) text.append(",").append(cell(prefix + result.metric_names[i]));
  }
  bool rate = any_rate(result);
  if (rate) text += ",learning_rate";
  for (const auto& [name, value] : info.set) text.append(",").append(cell("set." + name));
  text += "\n";
  auto scores = [&](const Score* score, size_t count) {
    text += score ? fmt::format(",{}", score->loss) : ",";
    for (size_t i = 0; i < count; ++i)
      text += score && i < score->metrics.size() ? fmt::format(",{}", score->metrics[i]) : ",";
  };
  for (const EpochRecord& record : result.history) {
    text += fmt::format("{},{},{}", record.epoch, record.steps, record.seconds);
    scores(&record.train, result.metric_names.size());
    if (validation) scores(record.validation ? &*record.validation : nullptr, std::min(*validation, result.metric_names.size()));
    if (rate) text += record.learning_rate ? fmt::format(",{}", *record.learning_rate) : ",";
    for (const auto& [name, value] : info.set) text.append(",").append(cell(value));
    text += "\n";
  }
  return text;
}

std::string result_json(const TrainResult& result) {
  Json object = Json::object();
  if (!result.history.empty()) {
    const EpochRecord& last = result.history.back();
    add(object, last.train, result.metric_names, "train_");
    if (last.validation) add(object, *last.validation, result.metric_names, "validation_");
  }
  if (result.test) add(object, *result.test, result.metric_names, "test_");
  object["epochs"] = result.epochs;
  object["steps"] = result.steps;
  object["seconds"] = result.seconds;
  object["seed"] = result.seed;
  add_stop(object, result);
  return dump(object, -1);
}

std::string history_json(const TrainResult& result, const RunInfo& info) {
  Json object = {{"model", info.model}, {"data", info.data}, {"seed", result.seed}, {"set", Json::object()}};
  for (const auto& [name, value] : info.set) object["set"][name] = value;
  object["epochs"] = Json::array();
  for (const EpochRecord& record : result.history) {
    Json epoch = {{"epoch", record.epoch}, {"steps", record.steps}, {"seconds", record.seconds}};
    add(epoch, record.train, result.metric_names, "train_");
    if (record.validation) add(epoch, *record.validation, result.metric_names, "validation_");
    if (record.learning_rate) epoch["learning_rate"] = *record.learning_rate;
    object["epochs"].push_back(epoch);
  }
  if (result.test) add(object, *result.test, result.metric_names, "test_");
  object["steps"] = result.steps;
  object["seconds"] = result.seconds;
  add_stop(object, result);
  return dump(object, 2);
}

void write_history(const std::string& path, const TrainResult& result, const RunInfo& info) {
  if (path.ends_with(".csv")) return write_file(path, history_csv(result, info));
  if (path.ends_with(".json")) return write_file(path, history_json(result, info));
  if (path.ends_with(".svg")) return write_file(path, history_svg(result, info));
  throw Error(path + ": error: a history is written as .csv, .json or .svg; choose one of these endings");
}

}  // namespace graphc
