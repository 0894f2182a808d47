// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/landscape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "runtime/train/chart.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/file.h"
#include "runtime/train/random.h"

namespace graphc {
namespace {

// Box and Muller: two uniform numbers give two normal ones.
class Normal {
 public:
  explicit Normal(uint32_t seed) : twister_(seed) {}
  double operator()() {
    if (has_spare_) return has_spare_ = false, spare_;
    double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle), has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  double uniform() { return (static_cast<double>(twister_()) + 0.5) / 4294967296.0; }
  Twister twister_;
  double spare_ = 0;
  bool has_spare_ = false;
};

struct Parameter {
  std::string name;
  std::vector<float> values, along[2];
};

std::vector<Parameter> parameters_of(const Instance& net, const LandscapeSettings& settings) {
  std::vector<Parameter> parameters;
  for (uint32_t i = 0; i < net.module().variables; ++i) {
    const graphc_tensor& variable = net.module().variable[i];
    if (variable.role != GRAPHC_ROLE_PARAMETER || variable.rank < 2) continue;
    Parameter p{variable.name, net.get(variable.name), {}};
    for (uint32_t d = 0; d < (settings.one ? 1u : 2u); ++d) p.along[d] = direction(variable, p.values, settings.seed, 2 * i + d);
    parameters.push_back(std::move(p));
  }
  return parameters;
}

// A curve, or a map with contour lines; logarithmic where `may_be_log` and the values ask for it.
Panel panel_of(const Landscape& l, const std::string& name, const std::vector<double>& values, bool may_be_log) {
  double low = INFINITY, high = -INFINITY;
  for (double x : values)
    if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
  bool log = may_be_log && low > 0 && high > 20 * low;
  Panel panel;
  panel.title = name, panel.x.title = "first direction", panel.y.title = name;
  if (values.size() == l.at.size()) {
    Series curve{.name = "", .points = {}, .mark = Mark::line_with_points, .color = ""};
    for (size_t i = 0; i < l.at.size(); ++i) curve.points.push_back({l.at[i], values[i]});
    panel.series.push_back(std::move(curve));
    panel.y.log = log;
    return panel;
  }
  HeatMap heat{l.at.front(), l.at.back(), l.at.front(), l.at.back(), l.at.size(), l.at.size(), values, {}, log};
  constexpr int lines = 12;
  for (int i = 1; i < lines && low < high; ++i) {
    double share = static_cast<double>(i) / lines;
    heat.levels.push_back(log ? low * std::pow(high / low, share) : low + (high - low) * share);
  }
  panel.title = fmt::format("{}, from {:.3g} to {:.3g}{}", name, low, high, log ? ", logarithmic" : "");
  panel.y.title = "second direction";
  panel.heat = std::move(heat);
  panel.series.push_back({.name = "the weights", .points = {{0, 0}}, .mark = Mark::circles, .color = ""});
  return panel;
}

}  // namespace

std::vector<float> direction(const graphc_tensor& parameter, const std::vector<float>& values, uint64_t seed, uint32_t number) {
  std::vector<double> drawn(values.size());
  if (parameter.rank < 2) return std::vector<float>(values.size(), 0.f);
  Normal normal(stream_seed(seed, number));
  for (double& x : drawn) x = normal();
  bool is_dense = parameter.rank == 2;
  auto filters = static_cast<size_t>(parameter.shape[is_dense ? 1 : 0]);
  auto filter_of = [&](size_t i) { return is_dense ? i % filters : i / (values.size() / filters); };
  std::vector<double> own(filters), of_drawn(filters);
  for (size_t i = 0; i < values.size(); ++i) {
    own[filter_of(i)] += static_cast<double>(values[i]) * values[i];
    of_drawn[filter_of(i)] += drawn[i] * drawn[i];
  }
  std::vector<float> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    size_t f = filter_of(i);
    result[i] = static_cast<float>(drawn[i] * std::sqrt(own[f] / of_drawn[f]));
  }
  return result;
}

Landscape landscape(const Instance& net, const Dataset& rows, const LandscapeSettings& settings) {
  if (settings.points < 3 || settings.points % 2 == 0 || settings.points > 1001)
    throw Error("landscape: points must be an odd number from 3 to 1001, so that one is the weights themselves; got " + std::to_string(settings.points));
  if (!(settings.range > 0) || !std::isfinite(settings.range)) throw Error("landscape: the range must be positive");
  Instance moved = net.clone();
  std::vector<Parameter> parameters = parameters_of(net, settings);
  if (parameters.empty()) throw Error("landscape: the model has no parameter with two axes, and so no direction to go in");
  Landscape result;
  result.rows = rows.rows;
  result.metric_names = moved.metric_names("eval");
  result.metrics.resize(result.metric_names.size());
  int64_t half = settings.points / 2;
  for (int64_t i = -half; i <= half; ++i) result.at.push_back(settings.range * static_cast<double>(i) / static_cast<double>(half));
  for (double b : settings.one ? std::vector<double>{0} : result.at)
    for (double a : result.at) {
      for (const Parameter& p : parameters) {
        std::vector<float> values = p.values;
        for (size_t i = 0; i < values.size(); ++i) {
          double step = a * p.along[0][i] + (settings.one ? 0 : b * p.along[1][i]);
          values[i] = static_cast<float>(values[i] + step);
        }
        moved.set(p.name, values);
      }
      Score score = evaluate(moved, rows);
      result.loss.push_back(score.loss);
      for (size_t m = 0; m < result.metrics.size(); ++m) result.metrics[m].push_back(score.metrics[m]);
    }
  return result;
}

std::string landscape_csv(const Landscape& l) {
  bool one = l.loss.size() == l.at.size();
  std::string text = one ? "a,loss" : "a,b,loss";
  for (const std::string& name : l.metric_names) text += "," + name;
  text += "\n";
  for (size_t i = 0; i < l.loss.size(); ++i) {
    text += fmt::format("{},", l.at[i % l.at.size()]);
    if (!one) text += fmt::format("{},", l.at[i / l.at.size()]);
    text += fmt::format("{}", l.loss[i]);
    for (const std::vector<double>& metric : l.metrics) text += fmt::format(",{}", metric[i]);
    text += "\n";
  }
  return text;
}

std::string landscape_svg(const Landscape& l, const std::string& title) {
  Chart chart{
      .title = title.empty() ? "Loss landscape" : title,
      .subtitle = fmt::format("{} rows; loss {:.6g} at the weights; directions normalised filter by filter", l.rows, l.centre()),
      .panels = {panel_of(l, "loss", l.loss, true)},
      .columns = l.metrics.empty() ? 1u : 2u,
      .panel_width = 620,
      .panel_height = 520};
  for (size_t m = 0; m < l.metrics.size(); ++m) chart.panels.push_back(panel_of(l, l.metric_names[m], l.metrics[m], false));
  return chart_svg(chart);
}

void write_landscape(const std::string& path, const Landscape& landscape, const std::string& title) {
  if (path.ends_with(".csv")) return write_file(path, landscape_csv(landscape));
  if (path.ends_with(".svg")) return write_file(path, landscape_svg(landscape, title));
  throw Error(path + ": error: a landscape is written as .csv or .svg; choose one of these endings");
}

}  // namespace graphc
