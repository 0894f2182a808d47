// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/chart_heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace graphc {
namespace {

constexpr int shades = 40;  // neighbours of one shade become one rectangle

double value_at(const HeatMap& heat, size_t row, size_t column) { return heat.values[row * heat.columns + column]; }

Point place(const HeatMap& heat, double row, double column) {
  return {heat.left + (heat.right - heat.left) * column / static_cast<double>(heat.columns - 1),
          heat.bottom + (heat.top - heat.bottom) * row / static_cast<double>(heat.rows - 1)};
}

}  // namespace

HeatMap sample_surface(const std::function<double(double, double)>& f, Point lowest, Point highest, size_t columns, size_t rows) {
  HeatMap heat{lowest.x, highest.x, lowest.y, highest.y, columns, rows, {}, {}};
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column) {
      Point point = place(heat, static_cast<double>(row), static_cast<double>(column));
      heat.values.push_back(f(point.x, point.y));
    }
  return heat;
}

std::string heat_color(double share) {  // from nearly white to a deep blue
  share = std::clamp(share, 0.0, 1.0);
  auto mix = [&](double from, double to) { return static_cast<int>(std::lround(from + (to - from) * share)); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(248, 59), mix(250, 110), mix(252, 181));
}

std::vector<Point> contour(const HeatMap& heat, double level) {
  // Marching squares: each cell's edges are crossed 0, 2 or 4 times; four crossings are joined in the order of the edges.
  std::vector<Point> lines;
  for (size_t row = 0; row + 1 < heat.rows; ++row)
    for (size_t column = 0; column + 1 < heat.columns; ++column) {
      const size_t corners[5][2] = {{row, column}, {row, column + 1}, {row + 1, column + 1}, {row + 1, column}, {row, column}};
      std::vector<Point> crossings;
      for (int edge = 0; edge < 4; ++edge) {
        auto [r0, c0] = corners[edge];
        auto [r1, c1] = corners[edge + 1];
        double a = value_at(heat, r0, c0), b = value_at(heat, r1, c1);
        if (!std::isfinite(a) || !std::isfinite(b) || (a < level) == (b < level)) continue;
        double t = (level - a) / (b - a), from_r = static_cast<double>(r0), from_c = static_cast<double>(c0);
        crossings.push_back(
            place(heat, from_r + t * (static_cast<double>(r1) - from_r), from_c + t * (static_cast<double>(c1) - from_c)));
      }
      for (size_t i = 0; i + 1 < crossings.size(); i += 2)
        lines.insert(lines.end(), {crossings[i], crossings[i + 1], Point{NAN, NAN}});
    }
  return lines;
}

void draw_heat(Svg& svg, const HeatMap& heat, const Scale& x, const Scale& y) {
  Range range(heat.log);
  for (double value : heat.values) range.add(value);
  if (range.empty()) return;
  auto height = [&](double value) { return heat.log ? std::log(std::max(value, range.low)) : value; };
  double low = height(range.low), span = std::max(height(range.high) - low, 1e-300);
  // A value colours the square around its point.
  auto edge_x = [&](size_t column) {
    return x.at(place(heat, 0, std::clamp(static_cast<double>(column) - 0.5, 0.0, heat.columns - 1.0)).x);
  };
  auto edge_y = [&](size_t row) {
    return y.at(place(heat, std::clamp(static_cast<double>(row) - 0.5, 0.0, heat.rows - 1.0), 0).y);
  };
  auto shade = [&](size_t row, size_t column) {
    double value = value_at(heat, row, column);
    return std::isfinite(value) ? static_cast<int>(std::lround((height(value) - low) / span * shades)) : -1;
  };
  for (size_t row = 0; row < heat.rows; ++row)
    for (size_t column = 0, end; column < heat.columns; column = end) {
      int own = shade(row, column);
      for (end = column + 1; end < heat.columns && shade(row, end) == own; ++end) continue;
      if (own < 0) continue;
      // It goes on under its neighbours to the right and above, which are drawn later: no gap is seen between rounded edges.
      constexpr double under = 1;
      double left = edge_x(column), right = std::min(edge_x(end) + under, edge_x(heat.columns));
      double bottom = edge_y(row), top = std::max(edge_y(row + 1) - under, edge_y(heat.rows));
      svg.rect({left, top}, right - left, bottom - top, heat_color(static_cast<double>(own) / shades),
               "shape-rendering=\"crispEdges\"");
    }
  for (double level : heat.levels) {
    std::vector<Point> points = contour(heat, level);
    for (Point& point : points) point = {x.at(point.x), y.at(point.y)};
    svg.path(points, "#94a3b8", 0.8);
  }
}

}  // namespace graphc
