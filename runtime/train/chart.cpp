// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/train/chart_heat.h"
#include "runtime/train/chart_scale.h"

namespace graphc {
namespace {

constexpr const char *ink = "#1f2937", *soft = "#6b7280", *grid = "#e5e7eb", *axis_color = "#9ca3af";
constexpr double left_margin = 62, right_margin = 18, title_height = 22, legend_height = 20, axis_height = 46;

struct Entry {  // of the legend
  std::string name, color;
  double opacity;
  enum { line, dashed, circle, dot, box } shape;
};

std::string color_or(const std::string& color, size_t index) { return color.empty() ? palette_color(index) : color; }

std::vector<Entry> legend_entries(const Panel& panel) {
  std::vector<Entry> entries;
  auto add = [&](const Entry& entry) {
    if (!entry.name.empty()) entries.push_back(entry);
  };
  for (size_t i = 0; i < panel.bars.size(); ++i)
    add({panel.bars[i].name, color_or(panel.bars[i].color, i), panel.bars[i].opacity, Entry::box});
  for (size_t i = 0; i < panel.bands.size(); ++i)
    add({panel.bands[i].name, color_or(panel.bands[i].color, i), panel.bands[i].opacity, Entry::box});
  for (size_t i = 0; i < panel.series.size(); ++i) {
    const Series& series = panel.series[i];
    add({series.name, color_or(series.color, i), 1,
         series.mark == Mark::dashed    ? Entry::dashed
         : series.mark == Mark::points  ? Entry::dot
         : series.mark == Mark::circles ? Entry::circle
                                        : Entry::line});
  }
  return entries;
}

double entry_width(const Entry& entry) {  // about the width of the text in any sans-serif
  auto letters = std::count_if(entry.name.begin(), entry.name.end(), [](char c) { return (c & 0xc0) != 0x80; });
  return 40 + 6.8 * static_cast<double>(letters);
}

// Calls draw(entry, left, row) from left to right and top to bottom; gives the number of rows.
template <class Draw>
size_t place_legend(const std::vector<Entry>& entries, double width, Draw draw) {
  double left = 0;
  size_t row = 0;
  for (const Entry& entry : entries) {
    if (left > 0 && left + entry_width(entry) - 18 > width) left = 0, ++row;
    draw(entry, left, row);
    left += entry_width(entry);
  }
  return entries.empty() ? 0 : row + 1;
}

void draw_legend(Svg& svg, Point corner, double width, const Panel& panel) {
  place_legend(legend_entries(panel), width, [&](const Entry& entry, double left, size_t row) {
    Point at{corner.x + left, corner.y + legend_height * (static_cast<double>(row) + 0.5)};
    const std::array<Point, 2> line{at, Point{at.x + 16, at.y}};
    switch (entry.shape) {
      case Entry::line:
        svg.line(line[0], line[1], entry.color, 2.5);
        break;
      case Entry::dashed:
        svg.path(line, entry.color, 2, true);
        break;
      case Entry::circle:
        svg.circle({at.x + 8, at.y}, 4, "#ffffff", entry.color);
        break;
      case Entry::dot:
        svg.circle({at.x + 8, at.y}, 3, entry.color, entry.color);
        break;
      case Entry::box:
        svg.rect({at.x, at.y - 5}, 16, 10, entry.color, fmt::format("fill-opacity=\"{:g}\"", entry.opacity));
        break;
    }
    svg.text({at.x + 22, at.y + 4}, entry.name, 11.5, soft);
  });
}

void draw_series(Svg& svg, const Series& series, const std::string& color, const Scale& x, const Scale& y) {
  std::vector<Point> points;
  for (const Point& point : series.points) points.push_back({x.at(point.x), y.at(point.y)});
  if (series.mark == Mark::line || series.mark == Mark::line_with_points) svg.path(points, color, 2);
  if (series.mark == Mark::dashed) svg.path(points, color, 1.6, true);
  for (const Point& point : points) {
    if (series.mark == Mark::circles) svg.circle(point, 4.5, "#ffffff", color);
    if (series.mark == Mark::line_with_points) svg.circle(point, 2.6, color, "#ffffff");
    if (series.mark == Mark::points) svg.circle(point, 2, color, color);
  }
}

void draw_contents(Svg& svg, const Panel& panel, const Scale& x, const Scale& y) {
  if (panel.heat) draw_heat(svg, *panel.heat, x, y);
  for (size_t i = 0; i < panel.bars.size(); ++i)
    for (const Bars::Bar& bar : panel.bars[i].bars) {
      double left = x.at(bar.left), right = x.at(bar.right), base = y.log ? y.first : y.at(0), value = y.at(bar.value);
      if (!std::isfinite(left) || !std::isfinite(right) || !std::isfinite(value)) continue;
      svg.rect({left, std::min(base, value)}, right - left, std::fabs(base - value), color_or(panel.bars[i].color, i),
               fmt::format("fill-opacity=\"{:g}\"", panel.bars[i].opacity));
    }
  for (size_t i = 0; i < panel.bands.size(); ++i) {
    std::vector<Point> outline;  // there along the lower side, back along the upper one
    const std::vector<Band::Slice>& slices = panel.bands[i].slices;
    for (const Band::Slice& slice : slices) outline.push_back({x.at(slice.x), y.at(slice.low)});
    for (size_t k = slices.size(); k-- > 0;) outline.push_back({x.at(slices[k].x), y.at(slices[k].high)});
    svg.area(outline, color_or(panel.bands[i].color, i), panel.bands[i].opacity);
  }
  for (size_t i = 0; i < panel.series.size(); ++i) draw_series(svg, panel.series[i], color_or(panel.series[i].color, i), x, y);
}

}  // namespace

std::string palette_color(size_t index) {
  static const char* const colors[] = {"#2563eb", "#ea580c", "#059669", "#7c3aed", "#dc2626", "#0891b2", "#a16207", "#db2777"};
  return colors[index % std::size(colors)];
}

std::string ramp_color(double share) {  // violet, teal, amber: steps of lightness that also tell apart in grey
  static const double stops[3][3] = {{76, 29, 149}, {13, 148, 136}, {245, 158, 11}};
  double place = 2 * std::clamp(share, 0.0, 1.0);
  int from = place < 1 ? 0 : 1;
  std::string color = "#";
  for (int i = 0; i < 3; ++i)
    color += fmt::format("{:02x}",
                         static_cast<int>(std::lround(stops[from][i] + (stops[from + 1][i] - stops[from][i]) * (place - from))));
  return color;
}

size_t legend_rows(const Panel& panel, double width) {
  return place_legend(legend_entries(panel), width - left_margin - right_margin, [](const Entry&, double, size_t) {});
}

void draw_title(Svg& svg, std::string_view title, std::string_view subtitle) {
  svg.text({28, 34}, title, 18, ink, Anchor::start, true);
  svg.text({28, 54}, subtitle, 12, soft);
}

void draw_panel(Svg& svg, const Frame& frame, const Panel& panel, size_t rows_of_legend) {
  Range across(panel.x.log), up(panel.y.log);
  if (panel.heat) {
    for (double value : {panel.heat->left, panel.heat->right}) across.add(value);
    for (double value : {panel.heat->bottom, panel.heat->top}) up.add(value);
  }
  for (const Bars& bars : panel.bars)
    for (const Bars::Bar& bar : bars.bars) across.add(bar.left), across.add(bar.right), up.add(bar.value), up.add(0);
  for (const Band& band : panel.bands)
    for (const Band::Slice& slice : band.slices) across.add(slice.x), up.add(slice.low), up.add(slice.high);
  for (const Series& series : panel.series)
    for (const Point& point : series.points) across.add(point.x), up.add(point.y);

  double left = frame.left + left_margin, right = frame.left + frame.width - right_margin;
  double top = frame.top + title_height + legend_height * static_cast<double>(rows_of_legend) + 6;
  double bottom = frame.top + frame.height - axis_height;
  Scale x = make_scale(panel.x, across, right - left < 250 ? 4 : 8, false, left, right);
  Scale y = make_scale(panel.y, up, bottom - top < 120 ? 2 : 5, !panel.heat, bottom, top);

  svg.text({left, frame.top + 14}, panel.title, 14, ink, Anchor::start, true);
  draw_legend(svg, {left, frame.top + title_height}, right - left, panel);
  for (const Scale::Tick& tick : y.ticks) {
    double place = y.at(tick.value);
    if (!panel.heat) svg.line({left, place}, {right, place}, grid);
    svg.text({left - 8, place + 4}, tick.label, 11, soft, Anchor::end);
  }
  // Marks at the ends of an axis are seen whole; where its ends are fixed, values lie beyond them.
  double beside = panel.x.low || panel.x.high || panel.heat ? 0 : 7, above = panel.y.low || panel.y.high || panel.heat ? 0 : 7;
  svg.begin_clip({left - beside, top - above}, right - left + 2 * beside, bottom - top + 2 * above);
  draw_contents(svg, panel, x, y);
  svg.end_clip();
  for (const Scale::Tick& tick : x.ticks) {
    double place = x.at(tick.value);
    svg.line({place, bottom}, {place, bottom + 5}, axis_color);
    svg.text({place, bottom + 19}, tick.label, 11, soft, Anchor::middle);
  }
  svg.line({left, bottom}, {right, bottom}, axis_color, 1.2);
  svg.text({(left + right) / 2, bottom + 38}, panel.x.title, 12, soft, Anchor::middle);
  if (!panel.y.title.empty()) svg.text_upright({frame.left + 12, (top + bottom) / 2}, panel.y.title, 12, soft);
}

std::string chart_svg(const Chart& chart) {
  size_t columns = std::max<size_t>(1, std::min(chart.columns, chart.panels.size()));
  size_t rows = (chart.panels.size() + columns - 1) / columns;
  double step_x = chart.panel_width + 10, step_y = chart.panel_height + 20;
  Svg svg(20 + step_x * static_cast<double>(columns), 84 + step_y * static_cast<double>(rows), chart.title);
  draw_title(svg, chart.title, chart.subtitle);
  for (size_t first = 0; first < chart.panels.size(); first += columns) {
    size_t end = std::min(first + columns, chart.panels.size()), legend = 0;  // side by side, axes begin at one height
    for (size_t i = first; i < end; ++i) legend = std::max(legend, legend_rows(chart.panels[i], chart.panel_width));
    for (size_t i = first; i < end; ++i)
      draw_panel(svg,
                 {10 + step_x * static_cast<double>(i - first), 76 + step_y * static_cast<double>(first / columns),
                  chart.panel_width, chart.panel_height},
                 chart.panels[i], legend);
  }
  return svg.finish();
}

}  // namespace graphc
