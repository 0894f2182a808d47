// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The picture of a run: a panel for the loss, one for the first metric, and a low one for a learning rate that changes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

#include "runtime/train/history.h"
#include "runtime/train/svg.h"

namespace graphc {
namespace {

constexpr const char *ink = "#1f2937", *soft = "#6b7280", *grid = "#e5e7eb", *axis = "#9ca3af";
constexpr const char *blue = "#2563eb", *orange = "#ea580c", *green = "#059669", *violet = "#7c3aed";

struct Curve {
  const char *name, *color;
  std::vector<Point> points;  // epoch, value
  bool mark_only = false;
};

struct Frame {
  double left, top, width, height;
};

double last_finite(const Curve& curve) {
  for (size_t i = curve.points.size(); i-- > 0;)
    if (std::isfinite(curve.points[i].y)) return curve.points[i].y;
  return NAN;
}

void draw_panel(Svg& svg, const Frame& frame, const std::string& title, const std::vector<Curve>& curves, bool share) {
  double low = INFINITY, high = -INFINITY, first = INFINITY, last = -INFINITY;
  for (const Curve& curve : curves)
    for (const Point& point : curve.points) {
      first = std::min(first, point.x), last = std::max(last, point.x);
      if (std::isfinite(point.y)) low = std::min(low, point.y), high = std::max(high, point.y);
    }
  if (!(low <= high)) low = 0, high = 1;
  bool small_part = low >= 0 && low < 0.35 * high;
  if (small_part && !share) low = 0;  // a loss that falls far is seen against 0
  std::vector<double> ticks = round_ticks(low, high, frame.height < 150 ? 2 : 5), epochs = round_ticks(first, last, 8, true);
  if (share && ticks.back() > 1 && high <= 1) {  // a share of the rows never passes 1
    while (ticks.size() > 1 && ticks.back() > 1 + 1e-9) ticks.pop_back();
  }
  double bottom = ticks.front(), top = std::max(ticks.back(), high), step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  double span = last > first ? last - first : 1, pad = last > first ? 0 : 0.5;
  auto at = [&](const Point& point) {
    return Point{frame.left + frame.width * (point.x - first + pad) / span,
                 frame.top + frame.height * (1 - (point.y - bottom) / (top - bottom))};
  };
  svg.text({frame.left, frame.top - 38}, title, 14, ink, Anchor::start, true);
  for (double tick : ticks) {
    double y = at({first, tick}).y;
    svg.line({frame.left, y}, {frame.left + frame.width, y}, grid);
    svg.text({frame.left - 8, y + 4}, tick_label(tick, step), 11, soft, Anchor::end);
  }
  for (double tick : epochs) {
    if (tick < first || tick > last) continue;
    double x = at({tick, bottom}).x;
    svg.line({x, frame.top + frame.height}, {x, frame.top + frame.height + 5}, axis);
    svg.text({x, frame.top + frame.height + 19}, tick_label(tick, 1), 11, soft, Anchor::middle);
  }
  svg.line({frame.left, frame.top + frame.height}, {frame.left + frame.width, frame.top + frame.height}, axis, 1.2);
  svg.text({frame.left + frame.width / 2, frame.top + frame.height + 38}, "epoch", 12, soft, Anchor::middle);

  double legend = frame.left;  // from the left, below the title
  for (const Curve& curve : curves) {
    std::string text = fmt::format("{} {:.4g}", curve.name, last_finite(curve));
    if (curve.mark_only)
      svg.circle({legend + 8, frame.top - 18}, 4, "#ffffff", curve.color);
    else
      svg.line({legend, frame.top - 18}, {legend + 16, frame.top - 18}, curve.color, 2.5);
    svg.text({legend + 22, frame.top - 14}, text, 11.5, soft);
    legend += 40 + 6.8 * static_cast<double>(text.size());  // about the width of the text in any sans-serif
  }
  for (const Curve& curve : curves) {
    std::vector<Point> points;
    for (const Point& point : curve.points) points.push_back(at(point));
    if (curve.mark_only) {
      for (const Point& point : points) svg.circle(point, 4.5, "#ffffff", curve.color);
      continue;
    }
    svg.path(points, curve.color, 2);
    if (points.size() <= 30)
      for (const Point& point : points) svg.circle(point, 2.6, curve.color, "#ffffff");
  }
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
  svg.text({28, 34}, title, 18, ink, Anchor::start, true);
  std::string line = fmt::format("{} epochs, {} steps, seed {}", result.epochs, result.steps, result.seed);
  if (!info.data.empty()) line = info.data + "; " + line;
  for (const auto& [name, value] : info.set) line += fmt::format(", {} = {}", name, value);
  svg.text({28, 54}, line, 12, soft);
  if (result.history.empty()) {
    svg.text({width / 2, height / 2}, "no epoch was run", 14, soft, Anchor::middle);
    return svg.finish();
  }
  auto metric_value = [](const Score& score) { return score.metrics.empty() ? NAN : score.metrics[0]; };
  draw_panel(svg, {68, 130, 410, 212}, "Loss", curves_of(result, [](const Score& score) { return score.loss; }), false);
  if (metric) {
    std::string name = result.metric_names[0];
    bool share = name == "accuracy";
    std::replace(name.begin(), name.end(), '_', ' ');
    if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    draw_panel(svg, {550, 130, 400, 212}, name, curves_of(result, metric_value), share);
  }
  if (!rate.points.empty()) draw_panel(svg, {68, 450, width - 98, 80}, "Learning rate", {rate}, false);
  return svg.finish();
}

}  // namespace graphc
