// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Minibatches of 1, 32, 100, 128, 512 and all rows: loss by epochs and by time, test accuracy, time of a row, and the noise of
// the gradient (the course's slides "Why we minibatch").
//   example_minibatch_size [PICTURE.svg] [--data TRAIN_IMAGES,TRAIN_LABELS] [--short]
// --short: the digits of the repository, one seed, no times.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "examples/minibatch_size/noise.h"
#include "examples/minibatch_size/plan.h"

namespace {

using Times = std::map<uint32_t, double>;  // microseconds a row, by the minibatch's rows

struct Trained {
  std::string name;
  double seconds_per_epoch;  // of its steps; NaN where not measured
  std::vector<Run> seeds;    // with the rate that was best with the first one
};

double mean_accuracy(const Trained& one) {
  double sum = 0;
  for (const Run& run : one.seeds) sum += run.result.test->metrics[0] / double(one.seeds.size());
  return sum;
}

void print(const Trained& one, const std::vector<Run>& tried) {
  const graphc::TrainResult& first = one.seeds[0].result;
  std::printf("  %-5s %6g %7d %5d %14.9g %14.9g ", one.name.c_str(), one.seeds[0].learning_rate, int(first.steps),
              int(first.epochs), first.history.back().train.loss, one.seeds[0].validation_loss());
  if (!std::isnan(one.seconds_per_epoch)) std::printf("%7.3f ", one.seconds_per_epoch);
  for (const Run& run : one.seeds) std::printf(" %.4f", run.result.test->metrics[0]);
  std::printf("  tried:");
  for (const Run& run : tried) std::printf(" %g (%.4f)", run.learning_rate, run.validation_loss());
  std::printf("\n");
  std::fflush(stdout);
}

std::vector<Trained> train_all(const Plan& plan, const Rows& rows, const Times& times) {
  std::printf(
      "size, learning rate, steps, epochs, training loss (mean of the last epoch), validation loss%s, test accuracy of each "
      "seed, rates tried (validation loss)\n",
      times.empty() ? "" : ", seconds of an epoch's steps");
  std::vector<Trained> all;
  std::vector<uint32_t> minibatches = plan.minibatches;
  minibatches.push_back(uint32_t(rows.train.rows));
  double rate = 0.01;
  for (uint32_t minibatch : minibatches) {
    bool full = minibatch == rows.train.rows;
    uint64_t epochs = full ? plan.full_epochs : plan.epochs;
    graphc::Program program = compile_network(rows, plan.units, minibatch);
    std::vector<Run> tried = try_rates(program, rows, rate, epochs);
    rate = best(tried).learning_rate;
    auto time = times.find(minibatch);
    double seconds = time == times.end() ? NAN : time->second * 1e-6 * double(rows.train.rows);
    Trained one{full ? "full" : std::to_string(minibatch), seconds, {best(tried)}};
    for (uint64_t seed = 2; seed <= plan.seeds; ++seed) one.seeds.push_back(train(program, rows, rate, epochs, seed));
    print(one, tried);
    all.push_back(std::move(one));
  }
  return all;
}

// The validation loss of the first seed, by epochs or by seconds of training.
graphc::Panel loss_panel(const std::vector<Trained>& all, bool by_time) {
  graphc::Panel panel;
  panel.title = by_time ? "Validation loss by time" : "Validation loss by epochs";
  panel.x.title = by_time ? "seconds of training" : "epoch", panel.x.log = true, panel.y.log = true;
  for (size_t i = 0; i < all.size(); ++i) {
    graphc::Series series{all[i].name, {}, graphc::Mark::line, graphc::ramp_color(double(i) / double(all.size() - 1))};
    for (const graphc::EpochRecord& epoch : all[i].seeds[0].result.history)
      series.points.push_back({double(epoch.epoch) * (by_time ? all[i].seconds_per_epoch : 1), epoch.validation->loss});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel accuracy_panel(const std::vector<Trained>& all) {
  graphc::Panel panel;
  panel.title = "Test error at the end", panel.x.title = "rows of a minibatch", panel.y.title = "share";
  graphc::Series each{"a seed", {}, graphc::Mark::circles}, mean{"mean", {}, graphc::Mark::line_with_points};
  for (size_t i = 0; i < all.size(); ++i) {
    panel.x.names.push_back(all[i].name);
    for (const Run& run : all[i].seeds) each.points.push_back({double(i), 1 - run.result.test->metrics[0]});
    mean.points.push_back({double(i), 1 - mean_accuracy(all[i])});
  }
  panel.series = {each, mean};
  return panel;
}

Times measure_times(const Plan& plan, const Rows& rows) {
  std::vector<uint32_t> minibatches = plan.timed;
  minibatches.push_back(uint32_t(rows.train.rows));
  Times times = microseconds_per_row(rows, plan.units, minibatches, 40);
  std::printf("\nMicroseconds of a step by the row, the shortest of 40 interleaved rounds\n");
  for (const auto& [minibatch, time] : times) std::printf("  %5u %8.4f\n", minibatch, time);
  return times;
}

graphc::Panel time_panel(const Times& times) {
  graphc::Panel panel;
  panel.title = "Time of a step, by the row", panel.x.title = "rows of a minibatch", panel.x.log = true,
  panel.y.title = "microseconds", panel.y.log = true;
  graphc::Series series{"", {}, graphc::Mark::line_with_points};
  for (const auto& [minibatch, time] : times) series.points.push_back({double(minibatch), time});
  panel.series = {series};
  return panel;
}

// Until the training loss is as low as said; without a rate each size has its own. Small minibatches do not bear every rate.
void train_until_known(const Plan& plan, const Rows& rows, const std::vector<Trained>& all, std::optional<double> rate,
                       graphc::Panel& panel) {
  std::string name = rate ? "learning rate " + std::to_string(*rate).substr(0, 3) : "each its learning rate",
              color = graphc::palette_color(rate ? 1 : 0);
  graphc::Series each{"", {}, graphc::Mark::points, color}, mean{name, {}, graphc::Mark::line_with_points, color};
  std::printf("  %s\n", name.c_str());
  for (size_t i = rate ? 1 : 0; i < all.size(); ++i) {
    bool full = i + 1 == all.size();
    graphc::Program program = compile_network(rows, plan.units, full ? uint32_t(rows.train.rows) : plan.minibatches[i]);
    double sum = 0;
    for (uint64_t seed = 1; seed <= plan.known_seeds; ++seed) {
      double own = all[i].seeds[0].learning_rate;
      graphc::TrainResult result = train_until(program, rows, rate.value_or(own), plan.known_loss, seed);
      if (seed == 1) std::printf("  %-5s %5d", all[i].name.c_str(), int(result.epochs));
      double accuracy = result.test ? result.test->metrics[0] : NAN;
      std::printf(" %.4f%s", accuracy, result.stop == graphc::Stop::by_observer ? "" : " (not reached)");
      each.points.push_back({double(i), 1 - accuracy});
      sum += accuracy;
    }
    mean.points.push_back({double(i), 1 - sum / double(plan.known_seeds)});
    std::printf("  mean %.4f\n", sum / double(plan.known_seeds));
    std::fflush(stdout);
  }
  panel.series.insert(panel.series.end(), {each, mean});
}

// Test errors at the same training loss, on fewer rows so that every size comes there.
graphc::Panel known_panel(const Plan& plan, const Rows& rows, const std::vector<Trained>& all) {
  Rows fewer = with_fewer_rows(rows, plan.known_rows);
  graphc::Panel panel;
  panel.title = "Test error at the same training loss", panel.x.title = "rows of a minibatch", panel.y.title = "share";
  for (const Trained& one : all) panel.x.names.push_back(one.name);
  std::printf(
      "\nUntil the training loss of an epoch is below %g, %d rows, %d seeds: epochs of the first, test accuracy of each\n",
      plan.known_loss, int(fewer.train.rows), int(plan.known_seeds));
  train_until_known(plan, fewer, all, std::nullopt, panel);
  train_until_known(plan, fewer, all, plan.common_rate, panel);
  return panel;
}

void run(const examples::Arguments& arguments) {
  const Plan& plan = arguments.is_short ? short_plan : long_plan;
  Rows rows = load_rows(arguments.is_short ? "" : arguments.data);
  examples::print_class_of_numbers(compile_network(rows, plan.units, 32));
  std::printf("%d training rows, %d of validation, %d of test, %d ReLUs\n", int(rows.train.rows), int(rows.validation.rows),
              int(rows.test.rows), int(plan.units));
  graphc::Chart chart{"Rows of a minibatch",
                      "One hidden layer of ReLUs, SGD; each size with the learning rate that is best for it"};
  Times times;
  if (!plan.timed.empty()) times = measure_times(plan, rows);
  std::printf("\n");
  std::vector<Trained> all = train_all(plan, rows, times);
  chart.panels = {loss_panel(all, false), accuracy_panel(all)};
  if (!times.empty()) chart.panels.insert(chart.panels.begin() + 1, {loss_panel(all, true), time_panel(times)});
  std::vector<graphc::Panel> noise = noise_panels(rows, plan.units, plan.minibatches, plan.draws);
  chart.panels.push_back(known_panel(plan, rows, all));
  chart.panels.insert(chart.panels.end(), noise.begin(), noise.end());
  chart.columns = times.empty() ? 3 : 4;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
