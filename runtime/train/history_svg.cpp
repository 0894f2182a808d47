// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The picture of a run: a panel for the loss, one for the first metric, and a low one for a learning rate that changes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

#include "runtime/train/chart.h"
#include "runtime/train/history.h"

namespace graphc {
namespace {

constexpr const char *soft = "#6b7280", *blue = "#2563eb", *orange = "#ea580c", *green = "#059669", *violet = "#7c3aed";

struct Curve {
  const char *name, *color;
  std::vector<Point> points;  // epoch, value
  bool mark_only = false;
};

double last_finite(const Curve& curve) {
  for (size_t i = curve.points.size(); i-- > 0;)
    if (std::isfinite(curve.points[i].y)) return curve.points[i].y;
  return NAN;
}

Panel panel_of(const std::string& title, const std::vector<Curve>& curves) {
  Panel panel;
  panel.title = title, panel.x.title = "epoch", panel.x.whole = true;
  for (const Curve& curve : curves)
    panel.series.push_back({fmt::format("{} {:.4g}", curve.name, last_finite(curve)), curve.points,
                            curve.mark_only             ? Mark::circles
                            : curve.points.size() <= 30 ? Mark::line_with_points
                                                        : Mark::line,
                            curve.color});
  return panel;
}

std::vector<Curve> curves_of(const TrainResult& result, const std::function<double(const Score&)>& value) {
  Curve train{"training", blue, {}}, validation{"validation", orange, {}}, test{"test", green, {}, true};
  for (const EpochRecord& record : result.history) {
    double epoch = static_cast<double>(record.epoch);
    train.points.push_back({epoch, value(record.train)});
    if (record.validation) validation.points.push_back({epoch, value(*record.validation)});
  }
  std::vector<Curve> curves{train};
  if (!validation.points.empty()) curves.push_back(validation);
  if (result.test && !result.history.empty()) {
    test.points.push_back({static_cast<double>(result.history.back().epoch), value(*result.test)});
    curves.push_back(test);
  }
  return curves;
}

// The learning rate at the end of each epoch; no point where it never changes.
Curve rate_curve(const TrainResult& result) {
  Curve curve{"learning rate", violet, {}};
  bool changes = false;
  for (const EpochRecord& record : result.history) {
    if (!record.learning_rate) continue;
    curve.points.push_back({static_cast<double>(record.epoch), *record.learning_rate});
    changes = changes || curve.points.back().y != curve.points.front().y;
  }
  if (!changes) curve.points.clear();
  return curve;
}

}  // namespace

std::string history_svg(const TrainResult& result, const RunInfo& info) {
  bool metric = !result.metric_names.empty();
  Curve rate = rate_curve(result);
  double width = metric ? 980 : 520, height = rate.points.empty() ? 400 : 580;
  std::string title = info.model.empty() ? "Training" : info.model;
  Svg svg(width, height, title + ": training history");
  std::string line = fmt::format("{} epochs, {} steps, seed {}", result.epochs, result.steps, result.seed);
  if (!info.data.empty()) line = info.data + "; " + line;
  for (const auto& [name, value] : info.set) line += fmt::format(", {} = {}", name, value);
  draw_title(svg, title, line);
  if (result.history.empty()) {
    svg.text({width / 2, height / 2}, "no epoch was run", 14, soft, Anchor::middle);
    return svg.finish();
  }
  auto metric_value = [](const Score& score) { return score.metrics.empty() ? NAN : score.metrics[0]; };
  draw_panel(svg, {10, 78, 490, 320}, panel_of("Loss", curves_of(result, [](const Score& score) { return score.loss; })), 1);
  if (metric) {
    std::string name = result.metric_names[0];
    std::replace(name.begin(), name.end(), '_', ' ');
    if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    Panel panel = panel_of(name, curves_of(result, metric_value));
    if (name == "Accuracy") panel.y.high = 1;  // a share of the rows
    draw_panel(svg, {490, 78, 480, 320}, panel, 1);
  }
  if (!rate.points.empty()) draw_panel(svg, {10, 410, width - 20, 160}, panel_of("Learning rate", {rate}), 1);
  return svg.finish();
}

}  // namespace graphc
