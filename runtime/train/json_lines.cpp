// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/json_lines.h"

#include <ostream>

#include "runtime/train/json_text.h"

namespace graphc {
namespace {

class JsonLines : public Observer {
 public:
  JsonLines(std::ostream& out, uint64_t every) : out_(out), every_(every) {}
  void begin(const RunStart& start) override {
    if (start.steps) write(event("resume").add("run_steps", start.steps));
  }
  void step(const StepReport& report) override {
    if (!every_ || report.run_step % every_) return;
    JsonObject line = event("step").add("epoch", report.epoch).add("run_steps", report.run_step).add("loss", report.result->loss);
    JsonObject metrics;  // apart, since a metric may have the name of a field
    for (size_t i = 0; i < report.metric_names->size(); ++i) metrics.add((*report.metric_names)[i], report.result->metrics[i]);
    if (!report.metric_names->empty()) line.add_text("metrics", metrics.text());
    if (report.learning_rate != 0) line.add("learning_rate", report.learning_rate);
    write(line);
  }
  void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& names) override {
    JsonObject line = event("epoch").add("epoch", record.epoch).add("epochs", epochs).add("steps", record.steps);
    line.add("seconds", record.seconds);
    add(line, record.train, names, "train_");
    if (record.validation) add(line, *record.validation, names, "validation_");
    if (record.learning_rate) line.add("learning_rate", *record.learning_rate);
    write(line);
  }
  void warning(const std::string& message) override { write(event("warning").add("message", message)); }
  void end(const TrainResult& result) override {
    JsonObject line = event("end").add("stop", name(result.stop)).add("epochs", result.epochs).add("steps", result.steps);
    line.add("seconds", result.seconds).add("seed", result.seed);
    if (result.best_epoch) line.add("best_epoch", result.best_epoch).add("restored", result.restored);
    if (result.test) add(line, *result.test, result.metric_names, "test_");
    write(line);
  }

 private:
  std::ostream& out_;
  uint64_t every_;
  static JsonObject event(const char* name) { return JsonObject().add("event", name); }
  void write(const JsonObject& line) { out_ << line.text() << std::endl; }
  static void add(JsonObject& line, const Score& mean, const std::vector<std::string>& names, const std::string& prefix) {
    line.add(prefix + "loss", mean.loss);
    for (size_t i = 0; i < names.size() && i < mean.metrics.size(); ++i) line.add(prefix + names[i], mean.metrics[i]);
  }
};

}  // namespace

std::unique_ptr<Observer> make_json_lines(std::ostream& out, uint64_t every) { return std::make_unique<JsonLines>(out, every); }

}  // namespace graphc
