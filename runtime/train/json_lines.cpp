// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/json_lines.h"

#include <nlohmann/json.hpp>
#include <ostream>

namespace graphc {
namespace {

using Json = nlohmann::ordered_json;

class JsonLines : public Observer {
 public:
  JsonLines(std::ostream& out, uint64_t every) : out_(out), every_(every) {}
  void begin(const RunStart& start) override {
    if (start.steps) write({{"event", "resume"}, {"run_steps", start.steps}});
  }
  void step(const StepReport& report) override {
    if (!every_ || report.run_step % every_) return;
    Json line = {{"event", "step"}, {"epoch", report.epoch}, {"run_steps", report.run_step}, {"loss", report.result->loss}};
    for (size_t i = 0; i < report.metric_names->size(); ++i) line[(*report.metric_names)[i]] = report.result->metrics[i];
    if (report.learning_rate != 0) line["learning_rate"] = report.learning_rate;
    write(line);
  }
  void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& names) override {
    Json line = {
        {"event", "epoch"}, {"epoch", record.epoch}, {"epochs", epochs}, {"steps", record.steps}, {"seconds", record.seconds}};
    add(line, record.train, names, "train_");
    if (record.validation) add(line, *record.validation, names, "validation_");
    if (record.learning_rate) line["learning_rate"] = *record.learning_rate;
    write(line);
  }
  void warning(const std::string& message) override { write({{"event", "warning"}, {"message", message}}); }
  void end(const TrainResult& result) override {
    Json line = {{"event", "end"},          {"stop", name(result.stop)},  {"epochs", result.epochs},
                 {"steps", result.steps},   {"seconds", result.seconds}, {"seed", result.seed}};
    if (result.best_epoch) line["best_epoch"] = result.best_epoch, line["restored"] = result.restored;
    if (result.test) add(line, *result.test, result.metric_names, "test_");
    write(line);
  }

 private:
  std::ostream& out_;
  uint64_t every_;
  void write(const Json& line) { out_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl; }
  static void add(Json& line, const Score& mean, const std::vector<std::string>& names, const std::string& prefix) {
    line[prefix + "loss"] = mean.loss;
    for (size_t i = 0; i < names.size() && i < mean.metrics.size(); ++i) line[prefix + names[i]] = mean.metrics[i];
  }
};

}  // namespace

std::unique_ptr<Observer> make_json_lines(std::ostream& out, uint64_t every) { return std::make_unique<JsonLines>(out, every); }

}  // namespace graphc
