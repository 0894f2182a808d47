// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/random_labels/pictures.h"

#include "runtime/train/chart.h"
#include "runtime/train/file.h"

namespace {

graphc::Panel panel(const std::string& title, const std::string& x, const std::string& y) {
  graphc::Panel result;
  result.title = title, result.x.title = x, result.y.title = y;
  return result;
}

std::string color_of(const Run& run, size_t index) {
  return run.pixels == Pixels::original ? graphc::ramp_color(run.corruption) : graphc::palette_color(index % 4 * 2);
}

std::string curves_svg(const std::vector<Run>& runs) {
  graphc::Panel loss = panel("Loss on the training rows", "epoch", "cross-entropy"),
                error = panel("Error on the training rows", "epoch", "share");
  loss.y.log = true;
  for (size_t i = 0; i < runs.size(); ++i) {
    graphc::Mark mark = runs[i].pixels == Pixels::original ? graphc::Mark::line : graphc::Mark::dashed;
    graphc::Series losses{runs[i].name, {}, mark, color_of(runs[i], i)}, errors = losses;
    for (const graphc::EpochRecord& epoch : runs[i].history) {
      losses.points.push_back({double(epoch.epoch), epoch.train.loss});
      errors.points.push_back({double(epoch.epoch), 1 - epoch.train.metrics[0]});
    }
    loss.series.push_back(losses), error.series.push_back(errors);
  }
  graphc::Chart chart{"Training on true, corrupted and random data",
                      "each row before its step; a curve ends with the first epoch without a mistake, else with the run",
                      {loss, error}};
  chart.panel_width = 560, chart.panel_height = 400;
  return graphc::chart_svg(chart);
}

std::string errors_svg(const std::vector<Run>& runs) {
  graphc::Panel error = panel("Error at the end", "share of training labels that were replaced", "share"),
                epochs = panel("Epochs until the training set is known", "share of training labels that were replaced", "epochs");
  constexpr graphc::Mark mark = graphc::Mark::line_with_points;
  graphc::Series test{"test rows, true labels", {}, mark, ""}, train{"training rows, their own labels", {}, mark, ""}, until{"", {}, mark, ""};
  graphc::Series chance{"chance", {{0, 0.9}, {1, 0.9}}, graphc::Mark::dashed, "#94a3b8"};
  for (const Run& run : runs) {
    if (run.pixels != Pixels::original) continue;
    test.points.push_back({run.corruption, run.test_error});
    train.points.push_back({run.corruption, run.train_error});
    until.points.push_back({run.corruption, double(run.history.size())});
  }
  epochs.y.low = 0;
  error.series = {test, train, chance};
  epochs.series = {until};
  return graphc::chart_svg({"Test error against corruption", "one network and one optimizer for every share", {error, epochs}});
}

}  // namespace

void draw(const std::vector<Run>& runs, const std::string& curves, const std::string& errors) {
  graphc::write_file(curves, curves_svg(runs));
  graphc::write_file(errors, errors_svg(runs));
}
