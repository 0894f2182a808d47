// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/early_stopping.h"

#include <doctest/doctest.h>

#include <cmath>

#include "runtime/train/evaluate.h"
#include "runtime/train/observer.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::linear_module;
using graphc_test::plane;

TEST_CASE("early stopping: patience, min_delta, not a number") {
  EarlyStopping stopping({{"patience", 2.0}, {"min_delta", 0.1}});
  MonitorState state;
  std::string seen;
  uint64_t epoch = 0;
  for (double loss : {std::nan(""), 1.0, 0.95, 0.8, std::nan(""), 0.75}) {
    seen += stopping.end_epoch(state, "validation_loss", ++epoch, loss) ? 'b' : '.';
    if (stopping.is_over(state)) seen += '!';
  }
  CHECK(seen == ".b.b..!");
  CHECK(state.best_epoch == 4);
  CHECK(state.best == 0.8);
}

TEST_CASE("early stopping: which values are better") {
  auto better = [](const std::string& name, const std::string& mode, double first, double second) {
    EarlyStopping stopping({{"mode", mode}});
    MonitorState state;
    stopping.end_epoch(state, name, 1, first);
    return stopping.end_epoch(state, name, 2, second);
  };
  CHECK(better("validation_loss", "auto", 2, 1));
  CHECK(better("validation_accuracy", "auto", 1, 2));
  CHECK(better("train_top_3_accuracy", "auto", 1, 2));
  CHECK_FALSE(better("train_mae", "auto", 1, 2));
  CHECK(better("train_loss", "max", 1, 2));
  CHECK(better("train_accuracy", "min", 2, 1));
}

TEST_CASE("early stopping: names of the history") {
  std::vector<std::string> metrics = {"accuracy"};
  const std::optional<std::vector<std::string>> none, all = metrics;
  CHECK(monitored_name("", metrics, all) == "validation_loss");
  CHECK(monitored_name("", metrics, none) == "train_loss");
  CHECK(monitored_name("train_accuracy", metrics, none) == "train_accuracy");
  CHECK_ERROR("the history has no \"validation_acuracy\" (did you mean \"validation_accuracy\"?)",
              monitored_name("validation_acuracy", metrics, all));
  CHECK_ERROR("validation_loss needs validation rows, and there are none; give some, or monitor train_loss",
              monitored_name("validation_loss", metrics, none));
  const std::vector<std::string> clipped = {"accuracy", "gradient_norm"};
  CHECK(monitored_name("train_gradient_norm", clipped, all) == "train_gradient_norm");
  CHECK_ERROR("only training steps have gradient_norm, validation has not; monitor train_gradient_norm",
              monitored_name("validation_gradient_norm", clipped, all));
  CHECK(validated_metrics(clipped, {"loss_other", "accuracy"}) == metrics);
  CHECK_ERROR("mode \"up\" does not exist", EarlyStopping({{"mode", std::string("up")}}));
  CHECK_ERROR("patience must be a whole number from 1", EarlyStopping({{"patience", 0.0}}));
  EpochRecord record;
  record.train = {4, 0.5, {0.25}};
  CHECK(monitored_value("train_accuracy", record, metrics) == 0.25);
  CHECK(std::isnan(monitored_value("validation_accuracy", record, metrics)));
}

namespace {

// Makes the weights worse from some epoch on.
struct Spoiler : Observer {
  Instance* net = nullptr;
  uint64_t from = 0, now = 0;
  std::vector<float> at_best;
  void begin(const RunStart& start) override { net = &start.net; }
  void begin_epoch(uint64_t epoch, uint64_t, uint64_t) override { now = epoch; }
  void step(const StepReport&) override {
    if (now >= from) net->set("weight", std::vector<float>{static_cast<float>(now), 0});
  }
  void end_epoch(const EpochRecord& record, uint64_t, const std::vector<std::string>&) override {
    if (record.epoch + 1 == from) at_best = net->get("weight");
  }
};

}  // namespace

TEST_CASE("trainer: early stopping ends the run and restores the best epoch") {
  Dataset data = plane(40), held_out = plane(11);
  TrainSettings settings;
  settings.epochs = 50, settings.batch = 4;
  settings.validation = settings.test = &held_out;
  settings.early_stopping = EarlyStopping({{"patience", 3.0}});
  Spoiler spoiler;
  spoiler.from = 5;
  settings.observers = {&spoiler};
  Instance net(&linear_module());
  TrainResult result = train(net, data, settings);
  CHECK(result.stop == Stop::early);
  CHECK(result.epochs == 7);
  CHECK(result.history.size() == 7);
  CHECK(result.monitored == "validation_loss");
  CHECK(result.best_epoch == 4);
  CHECK(result.best == result.history[3].validation->loss);
  CHECK(result.restored);
  CHECK(net.get("weight") == spoiler.at_best);
  CHECK(result.test->loss == result.history[3].validation->loss);

  settings.early_stopping = EarlyStopping({{"patience", 3.0}, {"restore_best", false}});
  Instance other(&linear_module());
  result = train(other, data, settings);
  CHECK(result.best_epoch == 4);
  CHECK_FALSE(result.restored);
  CHECK(other.get("weight")[0] == 7);

  settings.validation = nullptr;
  settings.early_stopping = EarlyStopping({{"monitor", std::string("validation_loss")}});
  CHECK_ERROR("needs validation rows", train(other, data, settings));
}
