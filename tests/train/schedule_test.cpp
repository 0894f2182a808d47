// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "runtime/train/trainer.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::linear_module;
using graphc_test::plane;

namespace {

// In a run of 10 epochs of 4 steps.
double factor(const Schedule& schedule, double epoch, uint64_t drops = 0) { return schedule.factor({epoch, 0.25, 10, drops}); }
Schedule schedule(const std::string& name, const std::vector<GivenArgument>& arguments = {}) { return Schedule(name, arguments); }
doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-12); }

}  // namespace

TEST_CASE("schedules: the formulas") {
  CHECK(factor(Schedule(), 7) == 1);

  Schedule step = schedule("step", {{"every", 5.0}, {"factor", 0.5}});
  CHECK(factor(step, 4.75) == 1);
  CHECK(factor(step, 5) == 0.5);
  CHECK(factor(step, 5 - 1e-12) == 0.5);  // a sum of steps may be a little less
  CHECK(factor(step, 10) == 0.25);

  CHECK(factor(schedule("exponential", {{"factor", 0.9}}), 2.5) == about(std::pow(0.9, 2.5)));
  CHECK(factor(schedule("exponential", {{"", 0.9}, {"", 2.0}}), 4) == about(0.81));
  CHECK(factor(schedule("inverse_time", {{"rate", 0.5}}), 4) == about(1.0 / 3));

  CHECK(factor(schedule("inverse_sqrt"), 0) == 1);  // the first step
  CHECK(factor(schedule("inverse_sqrt"), 2) == about(1.0 / 3));  // the ninth

  Schedule piecewise = schedule("piecewise", {{"at", std::vector<double>{3, 6}}, {"factor", std::vector<double>{0.1, 0.01}}});
  CHECK(factor(piecewise, 2.75) == 1);
  CHECK(factor(piecewise, 3) == 0.1);
  CHECK(factor(piecewise, 100) == 0.01);

  Schedule linear = schedule("linear", {{"to", 0.2}, {"warmup", 2.0}});
  CHECK(factor(linear, 0) == about(0.125));  // one of eight steps
  CHECK(factor(linear, 1.75) == about(1));
  CHECK(factor(linear, 2) == 1);
  CHECK(factor(linear, 6) == about(0.6));
  CHECK(factor(schedule("linear", {{"epochs", 4.0}}), 5) == 0);

  CHECK(factor(schedule("cosine"), 0) == 1);
  CHECK(factor(schedule("cosine"), 5) == about(0.5));
  CHECK(factor(schedule("cosine", {{"to", 0.5}}), 10) == about(0.5));
  CHECK(factor(schedule("cosine", {{"warmup", 2.0}}), 0.75) == about(0.5));
  CHECK(factor(schedule("cosine", {{"warmup", 2.0}}), 6) == about(0.5));
}

TEST_CASE("schedules: warm restarts") {
  // 7 epochs behind 3 of warm-up: periods of 1, 2 and 4.
  Schedule restarts = schedule("cosine", {{"warmup", 3.0}, {"restarts", 2.0}, {"growth", 2.0}});
  CHECK(factor(restarts, 3) == 1);
  CHECK(factor(restarts, 3.5) == about(0.5));
  CHECK(factor(restarts, 4) == 1);
  CHECK(factor(restarts, 5) == about(0.5));
  CHECK(factor(restarts, 6) == 1);
  CHECK(factor(restarts, 8) == about(0.5));
  CHECK(factor(restarts, 10) == about(0).epsilon(1e-12));
  CHECK(factor(restarts, 20) == about(0).epsilon(1e-12));
}

TEST_CASE("schedules: each has a factor that is finite, in a run of any length") {
  for (const ScheduleRecord& record : schedules()) {
    std::vector<GivenArgument> arguments;
    if (std::string(record.name) == "piecewise")
      arguments = {{"at", std::vector<double>{3}}, {"factor", std::vector<double>{0.1}}};
    Schedule s(record.name, arguments);
    for (double epochs : {0.25, 1.0, 1e6})
      for (double epoch : {0.0, 0.25, 0.999, 1.0, 12345.75}) CHECK(std::isfinite(s.factor({epoch, 0.25, epochs, 3})));
  }
  CHECK(std::isfinite(schedule("cosine", {{"warmup", 20.0}}).factor({25, 0.25, 10, 0})));
}

TEST_CASE("schedules: reduce_on_plateau") {
  Schedule s = schedule("reduce_on_plateau", {{"factor", 0.5},
                                              {"patience", 2.0},
                                              {"min_delta", 0.1},
                                              {"cooldown", 2.0},
                                              {"min_factor", 0.2}});
  CHECK(s.watches());
  RunState state;
  std::vector<uint64_t> drops;
  for (double loss : {1.0, 0.95, 0.5, 0.45, 0.45, 0.45, 0.45, 0.45, 0.45, std::nan(""), 0.4})
    s.end_epoch(state, "train_loss", drops.size() + 1, loss), drops.push_back(state.drops);
  //                                      falls     two epochs of rest   falls
  CHECK(drops == std::vector<uint64_t>{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2});
  CHECK(factor(s, 3, 2) == 0.25);
  CHECK(factor(s, 3, 3) == 0.2);
}

TEST_CASE("schedules: what is refused") {
  CHECK_ERROR("no schedule is named \"cosin\" (did you mean \"cosine\"?)", Schedule("cosin"));
  CHECK_ERROR("cosine has no argument \"warm_up\" (did you mean \"warmup\"?)", schedule("cosine", {{"warm_up", 1.0}}));
  CHECK_ERROR("cosine: warmup must be a number from 0 to 1000000, got -1", schedule("cosine", {{"warmup", -1.0}}));
  CHECK_ERROR("cosine: restarts must be a whole number from 0 to 1000, got 1.5", schedule("cosine", {{"restarts", 1.5}}));
  CHECK_ERROR("cosine: warmup must be a number, got [1, 2]", schedule("cosine", {{"warmup", std::vector<double>{1, 2}}}));
  CHECK_ERROR("cosine: warmup must be a number, got long", schedule("cosine", {{"warmup", std::string("long")}}));
  CHECK_ERROR("cosine: warmup must be a number, got true", schedule("cosine", {{"warmup", true}}));
  CHECK_ERROR("step: factor must be a number from 0 to 1, got inf",
              schedule("step", {{"factor", std::numeric_limits<double>::infinity()}}));
  CHECK_ERROR("constant takes 0 arguments", schedule("constant", {{"", 1.0}}));
  CHECK_ERROR("step: every is given twice", schedule("step", {{"", 1.0}, {"every", 2.0}}));
  CHECK_ERROR("piecewise: at must be given", schedule("piecewise"));
  CHECK_ERROR("piecewise: 2 epochs in at, but 1 in factor",
              schedule("piecewise", {{"at", std::vector<double>{1, 2}}, {"factor", std::vector<double>{1}}}));
  CHECK_ERROR("the epochs in at must grow",
              schedule("piecewise", {{"at", std::vector<double>{2, 2}}, {"factor", std::vector<double>{1, 1}}}));
  CHECK_ERROR("mode \"least\" does not exist", schedule("reduce_on_plateau", {{"mode", std::string("least")}}));
  // A period of less than a step would never be seen.
  Schedule many = schedule("cosine", {{"restarts", 9.0}}), growing = schedule("cosine", {{"restarts", 1000.0}, {"growth", 100.0}});
  many.check_run({0, 0.25, 2.5, 0});
  CHECK_ERROR("the shortest of its 10 periods is 0.24 epochs, less than a step (0.25)", many.check_run({0, 0.25, 2.4, 0}));
  CHECK_ERROR("the shortest of its 1001 periods is 0 epochs", growing.check_run({0, 0.25, 100, 0}));
  CHECK_ERROR("the shortest of its 4 periods", schedule("cosine", {{"restarts", 3.0}, {"growth", 0.1}}).check_run({0, 0.25, 10, 0}));
  CHECK(schedule("cosine", {{"", 2.0}, {"growth", 2.0}}).call().text() == "cosine(warmup: 2, growth: 2)");
}

TEST_CASE("trainer: a schedule changes the learning rate before each step, and gives it back") {
  Dataset data = plane(12);
  Instance net(&linear_module()), by_hand(&linear_module());
  TrainSettings settings;
  settings.epochs = 2, settings.batch = 4, settings.sampling = Sampling::order;
  settings.hyper = {{"learning_rate", 0.2}};
  settings.schedule = Schedule("linear");
  TrainResult result = train(net, data, settings);
  CHECK(*result.history[0].learning_rate == doctest::Approx(0.2 * 4 / 6));
  CHECK(*result.history[1].learning_rate == doctest::Approx(0.2 * 1 / 6));
  CHECK(net.hyper("learning_rate") == doctest::Approx(0.2));

  by_hand.set("scaled.mean", net.get("scaled.mean"));
  by_hand.set("scaled.scale", net.get("scaled.scale"));
  for (int i = 0; i < 6; ++i) {
    by_hand.set_hyper("learning_rate", static_cast<double>(0.2f) * (1 - i / 6.0));
    int row = i % 3 * 4;
    by_hand.step({{"x", data.columns[0].as<float>().data() + size_t(2 * row)}, {"y", data.columns[1].as<float>().data() + row}}, 4);
  }
  CHECK(net.get("weight")[0] == doctest::Approx(by_hand.get("weight")[0]).epsilon(1e-6));

  settings.schedule = Schedule();
  Instance plain(&linear_module());
  CHECK(train(plain, data, settings).history[1].learning_rate == 0.2);
}
