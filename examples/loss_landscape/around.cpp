// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/loss_landscape/around.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace {

constexpr uint32_t points = 33;  // a step is 1/16
constexpr double map_range = 0.5;

template <class Values>
double mean_at(const std::vector<graphc::Landscape>& lines, double distance, Values values) {
  size_t off = size_t(std::lround(distance * (points / 2)));
  double sum = 0;
  for (const graphc::Landscape& line : lines) sum += values(line)[points / 2 - off] + values(line)[points / 2 + off];
  return sum / (2 * double(lines.size()));
}

}  // namespace

double Lines::loss(double distance) const {
  return mean_at(lines, distance, [](const graphc::Landscape& line) { return line.loss; });
}

double Lines::accuracy(double distance) const {
  return mean_at(lines, distance, [](const graphc::Landscape& line) { return line.metrics[0]; });
}

double Lines::concave() const {
  double bent = 0;
  for (const graphc::Landscape& line : lines)
    for (size_t i = 1; i + 1 < points; ++i) bent += line.loss[i - 1] + line.loss[i + 1] < 2 * line.loss[i];
  return bent / (double(lines.size()) * (points - 2));
}

Lines lines_around(const graphc::Instance& net, const graphc::Dataset& rows, int directions) {
  Lines result;
  for (int seed = 1; seed <= directions; ++seed)
    result.lines.push_back(graphc::landscape(net, rows, {.points = points, .range = 1, .seed = uint64_t(seed), .one = true}));
  return result;
}

graphc::Landscape map_around(const graphc::Instance& net, const graphc::Dataset& rows, uint32_t points) {
  return graphc::landscape(net, rows, {.points = points, .range = map_range});
}

graphc::Panel map_panel(const graphc::Landscape& map, const std::string& title) {
  auto [low, high] = std::minmax_element(map.loss.begin(), map.loss.end());
  graphc::Panel panel;
  panel.title = fmt::format("Loss, {}: {:.2g} to {:.2g}", title, *low, *high);
  panel.x.title = "first direction", panel.y.title = "second direction";
  panel.heat = graphc::HeatMap{-map_range,    map_range,     -map_range, map_range,
                               map.at.size(), map.at.size(), map.loss,   {0.01, 0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30},
                               /*log=*/true};
  panel.series.push_back({"", {{0, 0}}, graphc::Mark::circles});
  return panel;
}
