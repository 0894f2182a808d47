// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/run_state.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

namespace graphc {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinities and no NaN; finite numbers are written so that they come back exactly.
Json number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
double number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  auto text = value.get<std::string>();
  return text == "inf" ? infinity : text == "-inf" ? -infinity : std::numeric_limits<double>::quiet_NaN();
}

Json score(const Score& score) {
  Json metrics = Json::array();
  for (double metric : score.metrics) metrics.push_back(number(metric));
  return {{"rows", score.rows}, {"loss", number(score.loss)}, {"metrics", metrics}};
}
Score score(const Json& object) {
  Score score{object.at("rows"), number(object.at("loss")), {}};
  for (const Json& metric : object.at("metrics")) score.metrics.push_back(number(metric));
  return score;
}

void set_rate(Json& object, const std::optional<double>& rate) {
  if (rate) object["learning_rate"] = number(*rate);
}
std::optional<double> rate(const Json& object) {
  if (!object.contains("learning_rate")) return {};
  return number(object.at("learning_rate"));
}

Json monitor(const MonitorState& state) {
  return {{"of", state.of}, {"best", number(state.best)}, {"best_epoch", state.best_epoch}, {"waited", state.waited}};
}
MonitorState monitor(const Json& object) {
  return {object.at("of"), number(object.at("best")), object.at("best_epoch"), object.at("waited")};
}

}  // namespace

std::string format_run_state(const RunState& state) {
  const TrainResult& result = state.result;
  Json object = {{"steps", result.steps},
                 {"seed", result.seed},
                 {"seconds", result.seconds},
                 {"not_finite_steps", result.not_finite_steps},
                 {"not_finite_at", result.not_finite_at},
                 {"not_finite_loss", number(static_cast<double>(result.not_finite_loss))},
                 {"metric_names", result.metric_names},
                 {"early_stopping", monitor(state.early_stopping)},
                 {"plateau", monitor(state.plateau)},
                 {"drops", state.drops},
                 {"cooldown", state.cooldown},
                 {"best_checkpoint", monitor(state.best_checkpoint)}};
  Json running = {{"index", state.index}, {"seconds", state.seconds}, {"sums", score(state.sums)}};
  set_rate(running, state.learning_rate);
  object["epoch"] = running;
  object["history"] = Json::array();
  for (const EpochRecord& record : result.history) {
    Json epoch = {
        {"epoch", record.epoch}, {"steps", record.steps}, {"seconds", record.seconds}, {"train", score(record.train)}};
    if (record.validation) epoch["validation"] = score(*record.validation);
    set_rate(epoch, record.learning_rate);
    object["history"].push_back(epoch);
  }
  return object.dump();
}

RunState parse_run_state(std::string_view text) {
  Json object = Json::parse(text);
  RunState state;
  TrainResult& result = state.result;
  result.steps = object.at("steps");
  result.seed = object.at("seed");
  result.seconds = object.at("seconds");
  result.not_finite_steps = object.at("not_finite_steps");
  result.not_finite_at = object.at("not_finite_at");
  result.not_finite_loss = static_cast<float>(number(object.at("not_finite_loss")));
  result.metric_names = object.at("metric_names").get<std::vector<std::string>>();
  state.early_stopping = monitor(object.at("early_stopping"));
  state.plateau = monitor(object.at("plateau"));
  state.drops = object.at("drops");
  state.cooldown = object.at("cooldown");
  state.best_checkpoint = monitor(object.at("best_checkpoint"));
  const Json& running = object.at("epoch");
  state.index = running.at("index");
  state.seconds = running.at("seconds");
  state.sums = score(running.at("sums"));
  state.learning_rate = rate(running);
  for (const Json& epoch : object.at("history")) {
    EpochRecord record{epoch.at("epoch"), epoch.at("steps"), epoch.at("seconds"), score(epoch.at("train")), {}, rate(epoch)};
    if (epoch.contains("validation")) record.validation = score(epoch.at("validation"));
    result.history.push_back(std::move(record));
  }
  return state;
}

}  // namespace graphc
