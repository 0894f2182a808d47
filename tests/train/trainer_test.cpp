// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/trainer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "runtime/train/evaluate.h"
#include "runtime/train/feeder.h"
#include "runtime/train/observer.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::linear_module;
using graphc_test::plane;

namespace {

struct Recorder : Observer {
  std::string events;
  std::atomic<bool>* interrupt = nullptr;
  uint64_t interrupt_at = 0, seen = 0;
  void begin_epoch(uint64_t, uint64_t, uint64_t) override { events += "b"; }
  void step(const StepReport&) override {
    events += "s";
    if (interrupt && ++seen == interrupt_at) *interrupt = true;
  }
  void end_epoch(const EpochRecord&, uint64_t, const std::vector<std::string>&) override { events += "e"; }
  void end(const TrainResult&) override { events += "."; }
};

}  // namespace

TEST_CASE("trainer: finds the plane that made the data") {
  Dataset data = plane(43), held_out = plane(10);
  Instance net(&linear_module(), nullptr, 5);
  TrainSettings settings;
  settings.epochs = 60;
  settings.batch = 4;
  settings.validation = settings.test = &held_out;
  TrainResult result = train(net, data, settings);
  CHECK(result.stop == Stop::finished);
  CHECK(result.epochs == 60);
  CHECK(result.steps == 60 * 11);
  CHECK(result.history.size() == 60);
  CHECK(result.history[0].train.rows == 43);
  CHECK(result.metric_names == std::vector<std::string>{"mae"});
  CHECK(result.history.back().train.loss < 1e-8);
  CHECK(result.history.back().validation->loss < 1e-8);
  CHECK(result.test->metrics[0] < 1e-4);
  CHECK(net.get("weight")[0] / net.get("scaled.scale")[0] == doctest::Approx(3));
  CHECK(net.get("weight")[1] / net.get("scaled.scale")[1] == doctest::Approx(-2));
  CHECK(net.get<int32_t>("steps")[0] == 660);
  StoredTensor values = predict(net, held_out);
  CHECK(values.shape == std::vector<int64_t>{10});
  for (int i = 0; i < 10; ++i) CHECK(values.as<float>()[i] == doctest::Approx(held_out.columns[1].as<float>()[i]).epsilon(1e-4));
  CHECK_ERROR("output \"valeu\" does not exist", predict(net, held_out, "valeu"));
}

TEST_CASE("trainer: means are weighted by rows, each taken before its update") {
  Dataset data = plane(6);
  Instance net(&linear_module(), nullptr, 5), by_hand(&linear_module(), nullptr, 5);
  TrainSettings settings;
  settings.batch = 4;
  settings.sampling = Sampling::order;
  TrainResult result = train(net, data, settings);
  fit(by_hand, data);
  std::vector<float> x(data.columns[0].as<float>().begin(), data.columns[0].as<float>().end());
  std::vector<float> y(data.columns[1].as<float>().begin(), data.columns[1].as<float>().end());
  double first = by_hand.step({{"x", x}, {"y", y}}, 4).loss;
  double second = by_hand.step({{"x", x.data() + 8}, {"y", y.data() + 4}}, 2).loss;
  CHECK(result.history[0].train.loss == (first * 4 + second * 2) / 6);
  CHECK(net.get("weight") == by_hand.get("weight"));
}

TEST_CASE("trainer: the seed decides the order, and nothing else does") {
  Dataset data = plane(43);
  auto weights = [&](uint64_t seed) {
    Instance net(&linear_module(), nullptr, 5);
    TrainSettings settings;
    settings.epochs = 2, settings.batch = 4, settings.seed = seed;
    train(net, data, settings);
    return net.get("weight");
  };
  CHECK(weights(1) == weights(1));
  CHECK(weights(1) != weights(2));
}

TEST_CASE("trainer: steps, interrupt, progress events") {
  Dataset data = plane(12);
  TrainSettings settings;
  settings.epochs = 3, settings.batch = 4;
  Recorder recorder;
  settings.observers = {&recorder};
  {
    Instance net(&linear_module());
    TrainResult result = train(net, data, settings);
    CHECK(recorder.events == "bsssebsssebssse.");
  }
  {
    Instance net(&linear_module());
    settings.steps = 4;
    recorder.events.clear();
    TrainResult result = train(net, data, settings);
    CHECK(result.stop == Stop::steps_reached);
    CHECK(result.steps == 4);
    CHECK(result.epochs == 2);
    CHECK(result.history[1].steps == 1);
    CHECK(recorder.events == "bsssebse.");
  }
  {
    Instance net(&linear_module());
    std::atomic<bool> interrupt{false};
    settings.steps.reset();
    settings.interrupt = recorder.interrupt = &interrupt;
    recorder.interrupt_at = 5;
    TrainResult result = train(net, data, settings);
    CHECK(result.stop == Stop::interrupted);
    CHECK(result.steps == 5);
  }
}

TEST_CASE("trainer: a loss that is not finite stops at its step, or is skipped") {
  Dataset data = plane(12);
  data.columns[1].as<float>()[5] = INFINITY;
  TrainSettings settings;
  settings.epochs = 2, settings.batch = 4, settings.sampling = Sampling::order;
  Instance net(&linear_module());
  TrainResult result = train(net, data, settings);
  CHECK(result.stop == Stop::not_finite);
  CHECK(result.not_finite_at == 2);
  CHECK(result.steps == 2);
  CHECK(!std::isfinite(result.not_finite_loss));
  CHECK(result.history[0].train.rows == 4);  // the mean is over the steps that counted
  settings.not_finite = NotFinite::skip;
  Instance other(&linear_module());
  result = train(other, data, settings);
  CHECK(result.stop == Stop::finished);
  CHECK(result.not_finite_steps == 2);
  CHECK(result.history[1].train.rows == 8);
  CHECK(std::isfinite(other.get("weight")[0]));
}

TEST_CASE("trainer: fitted state that was loaded stays") {
  Dataset data = plane(12);
  graphc_test::Folder folder;
  Instance first(&linear_module());
  std::vector<float> x = {0, 0, 2, 4};
  first.fit({{"x", x}}, 2);
  first.save(folder.file("w"));
  Instance net(&linear_module());
  net.load(folder.file("w"));
  TrainSettings settings;
  settings.batch = 4;
  train(net, data, settings);
  CHECK(net.get("scaled.mean") == std::vector<float>{1, 2});
}

TEST_CASE("trainer: what it refuses") {
  Dataset data = plane(12);
  Instance net(&linear_module());
  TrainSettings settings;
  auto with = [&](auto change) {
    TrainSettings changed;
    changed.batch = 4;
    change(changed);
    train(net, data, changed);
  };
  CHECK_ERROR("the minibatch is 32 rows, the step was compiled for 1..4", train(net, data, settings));
  CHECK_ERROR("the minibatch is 0 rows", with([](auto& s) { s.batch = 0; }));
  CHECK_ERROR("epochs: at least one", with([](auto& s) { s.epochs = 0; }));
  CHECK_ERROR("steps: at least one", with([](auto& s) { s.steps = 0; }));
  CHECK_ERROR("\"momentum\" does not exist", with([](auto& s) { s.hyper = {{"momentum", 1}}; }));
  CHECK_ERROR("no entry \"sleep\"", with([](auto& s) { s.step_entry = "sleep"; }));
  Dataset broken = data;
  broken.columns[1].name = "z";
  settings.batch = 4;
  CHECK_ERROR("plane: error: the data have no column \"y\" for the model's input f32[batch] (there are: x, z)",
              train(net, broken, settings));
  Dataset narrow;
  narrow.add("x", std::vector<float>(12), 12);
  narrow.add("y", std::vector<float>(12), 12);
  CHECK_ERROR("column \"x\" is f32[12], the model's input is f32[batch, 2]", train(net, narrow, settings));
}

TEST_CASE("feeder: bytes and integers become floats, labels are checked, wrong types refused") {
  graphc_tensor inputs[2] = {};
  inputs[0].name = "x", inputs[0].rank = 2, inputs[0].shape[0] = -1, inputs[0].shape[1] = 2;
  inputs[1].name = "y", inputs[1].rank = 1, inputs[1].shape[0] = -1, inputs[1].dtype = GRAPHC_I32, inputs[1].limit = 3;
  graphc_entry_info entry = {};
  entry.name = "step", entry.inputs = 2, entry.input = inputs;
  Dataset data;
  data.source = "bytes";
  data.add("x", std::vector<uint8_t>{1, 2, 3, 4, 5, 255}, 3);
  data.add("y", std::vector<int32_t>{0, 1, 2}, 3);
  Feeder feeder(data, entry, 2);
  std::vector<uint32_t> rows = {2, 0};
  const void* const* pointers = feeder.gather(rows);
  const auto* x = static_cast<const float*>(pointers[0]);
  CHECK(std::vector<float>(x, x + 4) == std::vector<float>{5, 255, 1, 2});
  CHECK(static_cast<const int32_t*>(pointers[1])[0] == 2);
  pointers = feeder.range(1, 2);
  CHECK(static_cast<const float*>(pointers[0])[3] == 255);
  CHECK(static_cast<const int32_t*>(pointers[1])[0] == 1);
  data.columns[1].as<int32_t>()[1] = 3;
  CHECK_ERROR("bytes: error: row 1: label 3 is outside 0..2, the model has 3 classes", Feeder(data, entry, 2));
  data.columns[1].dtype = GRAPHC_F32;
  CHECK_ERROR("column \"y\" is of f32, the model's input is i32[batch]", Feeder(data, entry, 2));
  inputs[0].shape[0] = 2, inputs[0].shape[1] = -1;
  CHECK_ERROR("does not begin with the batch", Feeder(data, entry, 2));
}
