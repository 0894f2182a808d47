// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/overfitting/regularisation.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace {

double last_validation(const Run& run) { return run.validation.back(); }

graphc::Panel panel_of(const std::string& title, const std::string& x, const std::string& y) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = x, panel.y.title = y;
  return panel;
}

// Shares of the weights of one run.
graphc::Bars histogram(const std::string& name, const Run& run, size_t color) {
  constexpr double limit = 0.2, bin = 0.01;
  graphc::Bars bars{name, {}, graphc::palette_color(color), 0.45};
  for (int i = 0; i < std::lround(2 * limit / bin); ++i) bars.bars.push_back({i * bin - limit, (i + 1) * bin - limit, 0});
  for (float weight : run.weights) {
    double bin_of = std::floor((double(weight) + limit) / bin);
    if (bin_of >= 0 && bin_of < double(bars.bars.size())) bars.bars[size_t(bin_of)].value += 1 / double(run.weights.size());
  }
  return bars;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

std::vector<graphc::Panel> compare_penalties(const Data& data, const Length& length, bool is_short) {
  struct Penalty {
    const char *name, *record;
    std::vector<double> factors;
  };
  std::vector<Penalty> penalties{{"L1", "l1", {1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3}},
                                 {"L2, squared", "l2", {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2}},
                                 {"L2, the length", "l2_norm", {1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1}}};
  graphc::Panel loss = panel_of("Validation loss at the end", "factor of the penalty", "cross-entropy"),
                zeros = panel_of("Hidden weights within 0.001 of 0", "factor of the penalty", "share"),
                weights = panel_of("Hidden weights, seed 1, the best factors", "weight", "share");
  loss.x.log = loss.y.log = zeros.x.log = weights.y.log = true;
  zeros.y.low = 0, zeros.y.high = 1;

  print_head("\npenalty");
  Runs none = train({}, data, length);
  print("none", none);
  weights.bars.push_back(histogram("none", none[0], 0));
  loss.series.push_back({"none", {}, graphc::Mark::dashed, graphc::palette_color(0)});
  zeros.series.push_back(loss.series[0]);
  for (double factor : {1e-5, 3e-1}) {
    loss.series[0].points.push_back({factor, mean(none, last_validation)});
    zeros.series[0].points.push_back({factor, mean(none, share_near_zero)});
  }
  for (Penalty& penalty : penalties) {
    if (is_short) penalty.factors = {penalty.factors[2]};
    size_t color = loss.series.size();
    loss.series.push_back({penalty.name, {}, graphc::Mark::line_with_points, graphc::palette_color(color)});
    zeros.series.push_back(loss.series.back());
    Runs best;
    for (double factor : penalty.factors) {
      Runs runs = train({.penalty = penalty.record, .factor = factor}, data, length);
      print(std::string(penalty.name).append(" ").append(number(factor)), runs);
      loss.series.back().points.push_back({factor, mean(runs, last_validation)});
      zeros.series.back().points.push_back({factor, mean(runs, share_near_zero)});
      if (best.empty() || mean(runs, last_validation) < mean(best, last_validation)) best = std::move(runs);
    }
    if (penalty.record != std::string("l2_norm")) weights.bars.push_back(histogram(penalty.name, best[0], color));
  }
  return {loss, zeros, weights};
}

std::vector<graphc::Panel> compare_dropout(const Data& data, const Length& length, bool is_short) {
  const std::vector<int64_t> widths = is_short ? std::vector<int64_t>{64} : std::vector<int64_t>{64, 1024};
  graphc::Panel curves = panel_of("Dropout, " + std::to_string(widths.back()) + " units", "epoch", "cross-entropy"),
                until = panel_of("Epochs of dropout", "rate", "epochs"),
                loss = panel_of("Dropout: best validation loss", "rate", "cross-entropy");
  constexpr double known = 0.05;  // training loss
  curves.y.log = until.y.log = loss.y.log = true;
  curves.y.low = 0.02;
  for (int64_t width : widths) {
    std::string units = std::to_string(width) + " units";
    print_head("\ndropout, " + units);
    size_t first = until.series.size();
    std::string color = graphc::palette_color(first / 2);
    until.series.push_back({units + ", training loss " + number(known), {}, graphc::Mark::line_with_points, color});
    until.series.push_back({units + ", best validation loss", {}, graphc::Mark::dashed, color});
    loss.series.push_back({units, {}, graphc::Mark::line_with_points, color});
    for (double rate : is_short ? std::vector{0.0, 0.5} : std::vector{0.0, 0.2, 0.5, 0.7, 0.9}) {
      Runs runs = train({.width = width, .dropout = rate}, data, length);
      print(number(rate), runs);
      double reached = mean(runs, [](const Run& run) { return epochs_until(run, known); });
      std::printf("    training loss %g in epoch %s\n", known, std::isnan(reached) ? "-" : number(reached).c_str());
      until.series[first].points.push_back({rate, reached});
      until.series[first + 1].points.push_back({rate, mean(runs, [](const Run& run) { return double(best_epoch(run)); })});
      loss.series.back().points.push_back({rate, mean(runs, best_validation)});
      if (width == widths.back() && (rate == 0 || rate == 0.5 || rate == 0.9)) add_curves(curves, "rate " + number(rate), runs);
    }
  }
  return {curves, until, loss};
}

void stop_early(const Data& data, const Length& length) {
  print_head("\nearly stopping");
  for (int patience : {1, 3, 10}) {
    Runs runs = train({.patience = patience}, data, length);
    print("patience " + std::to_string(patience), runs);
    std::printf("    stopped after epoch");
    for (const Run& run : runs) std::printf(" %d", int(run.validation.size()));
    std::printf("\n");
  }
}
