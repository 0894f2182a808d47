// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Charts: panels with axes, drawn as SVG. What a panel has is drawn in the order of its members. Values that are
// not finite, and those that a logarithmic axis has no place for, leave a gap.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/svg.h"

namespace graphc {

struct Axis {
  std::string title;
  bool log = false;
  bool whole = false;               // ticks at whole numbers only
  std::optional<double> low, high;  // without: what the values need, from 0 where they come near it
  std::vector<std::string> names;   // labels of 0, 1, 2, ... instead of numbers
};

enum class Mark { line, dashed, points, line_with_points, circles };

struct Series {
  std::string name;  // in the legend; none without
  std::vector<Point> points;
  Mark mark = Mark::line;
  std::string color;  // without: the palette's, by the series' place in the panel
};

struct Band {  // the area between two values, such as two quantiles
  struct Slice {
    double x, low, high;
  };
  std::string name;
  std::vector<Slice> slices;
  std::string color;
  double opacity = 0.2;
};

struct Bars {  // bars or a histogram, from 0; on a logarithmic axis from its bottom
  struct Bar {
    double left, right, value;
  };
  std::string name;
  std::vector<Bar> bars;
  std::string color;
  double opacity = 1;
};

// Values at the points of a grid, row after row from the lowest y; lines through equal values at `levels`.
struct HeatMap {
  double left, right, bottom, top;
  size_t columns, rows;
  std::vector<double> values;
  std::vector<double> levels;
  bool log = false;  // of the colours
};
HeatMap sample_surface(const std::function<double(double, double)>& f, Point lowest, Point highest, size_t columns = 81,
                       size_t rows = 81);

struct Panel {
  std::string title;
  Axis x, y;
  std::optional<HeatMap> heat;
  std::vector<Bars> bars;
  std::vector<Band> bands;
  std::vector<Series> series;
};

struct Chart {
  std::string title, subtitle;
  std::vector<Panel> panels;
  size_t columns = 2;
  double panel_width = 490, panel_height = 330;  // with title, legend and axes
};
std::string chart_svg(const Chart& chart);

// The parts, for pictures that are arranged otherwise. The frame holds the panel with its title, legend and axes.
struct Frame {
  double left, top, width, height;
};
size_t legend_rows(const Panel& panel, double width);
void draw_title(Svg& svg, std::string_view title, std::string_view subtitle);
void draw_panel(Svg& svg, const Frame& frame, const Panel& panel, size_t rows_of_legend);

std::string palette_color(size_t index);  // for series without an order
std::string ramp_color(double share);     // for series in an order: 0 is the first, 1 the last

}  // namespace graphc
