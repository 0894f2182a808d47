// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/chart.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

#include "runtime/train/chart_heat.h"
#include "runtime/train/chart_scale.h"

using namespace graphc;

namespace {

std::vector<std::string> labels(const Axis& axis, double low, double high, bool round) {
  Range range(axis.log);
  range.add(low), range.add(high);
  std::vector<std::string> result;
  for (const Scale::Tick& tick : make_scale(axis, range, 5, round, 0, 100).ticks) result.push_back(tick.label);
  return result;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("chart: ticks") {
  CHECK(labels({}, 0.3, 4.2, true) == Labels{"0", "1", "2", "3", "4", "5"});  // near 0, so from 0
  CHECK(labels({}, 3.1, 4.9, true) == Labels{"3.0", "3.5", "4.0", "4.5", "5.0"});
  CHECK(labels({}, 0.3, 4.2, false) == Labels{"1", "2", "3", "4"});
  CHECK(labels({.high = 1}, 0.5, 0.97, true) == Labels{"0.5", "0.6", "0.7", "0.8", "0.9", "1.0"});
  CHECK(labels({.log = true}, 0.004, 300, true) == Labels{"0.001", "0.01", "0.1", "1", "10", "100", "1000"});
  CHECK(labels({.log = true}, 1e-7, 1e5, true) == Labels{"10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1", "100", "10000", "10⁶"});
  CHECK(labels({.log = true}, 3e-6, 2e-5, true) == Labels{"2·10⁻⁶", "5·10⁻⁶", "10⁻⁵", "2·10⁻⁵"});
  CHECK(labels({.names = {"a", "b", "c"}}, -0.5, 2.5, false) == Labels{"a", "b", "c"});
  CHECK(labels({}, 7, 7, true).size() >= 2);                                      // one value only
  CHECK(labels({.log = true}, -1, 0, true) == Labels{"0.1", "0.2", "0.5", "1"});  // none that the axis has a place for
}

TEST_CASE("chart: places on a scale") {
  Range range(true);
  for (double value : {0.01, -3.0, 0.0, double(NAN), double(INFINITY), 100.0}) range.add(value);
  Scale scale = make_scale({.log = true}, range, 5, true, 10, 50);
  CHECK(scale.at(0.01) == doctest::Approx(10));
  CHECK(scale.at(1) == doctest::Approx(30));
  CHECK(scale.at(100) == doctest::Approx(50));
  CHECK(std::isnan(scale.at(0)));
  CHECK(std::isnan(scale.at(NAN)));
}

TEST_CASE("chart: contour lines lie where the surface has the value") {
  HeatMap heat = sample_surface([](double x, double y) { return x * x + y * y; }, {-2, -2}, {2, 2}, 41, 41);
  std::vector<Point> line = contour(heat, 1);
  size_t points = 0;
  for (const Point& point : line) {
    if (!std::isfinite(point.x)) continue;
    ++points;
    CHECK(std::hypot(point.x, point.y) == doctest::Approx(1).epsilon(0.01));
  }
  CHECK(points > 60);
  CHECK(contour(heat, 9).empty());  // beyond the corners
  heat.values[0] = NAN;
  CHECK(contour(heat, 8.0).size() < 1000);
}

TEST_CASE("chart: no gap is seen inside a heat map") {
  Panel panel;
  panel.heat = sample_surface([](double x, double) { return x; }, {0, 0}, {1, 1}, 38, 2);  // every column has its own shade
  std::string svg = chart_svg({"", "", {panel}});
  double right = -1;
  size_t pieces = 0, at = 0;
  for (; (at = svg.find("<rect x=", at)) != std::string::npos; ++at) {
    double x = 0, y = 0, width = 0, height = 0;
    std::string rect = svg.substr(at, svg.find("/>", at) - at);
    if (rect.find("crispEdges") == std::string::npos) continue;
    REQUIRE(std::sscanf(rect.c_str(), "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &x, &y, &width, &height) == 4);
    if (pieces++ % 38 != 0) CHECK(x < right - 0.5);
    right = x + width;
  }
  CHECK(pieces == 2 * 38);
}

TEST_CASE("chart: every kind of content is drawn, and nothing that is not finite") {
  Panel panel;
  panel.title = "a<b", panel.x.title = "step", panel.y.title = "height";
  panel.heat = sample_surface([](double x, double y) { return x < 0 ? NAN : x * y; }, {-1, -1}, {1, 1}, 9, 9);
  panel.heat->levels = {0.25};
  panel.bars = {{"bars", {{-1, -0.5, 0.5}, {-0.5, 0, NAN}}}};
  panel.bands = {{"band", {{-1, 0, 1}, {0, NAN, 2}, {1, 0.5, 0.75}}}};
  for (Mark mark : {Mark::line, Mark::dashed, Mark::points, Mark::line_with_points, Mark::circles})
    panel.series.push_back(
        {"series " + std::to_string(static_cast<int>(mark)), {{-1, 0}, {0, INFINITY}, {0.5, NAN}, {1, 1}}, mark});
  std::string svg = chart_svg({"title", "below", {panel}});
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
  CHECK(svg.find(">a&lt;b<") != std::string::npos);
  for (const char* name : {"title", "below", "step", "height", "bars", "band", "series 0", "series 4"})
    CHECK(count(svg, ">" + std::string(name) + "</text>") == 1);
  CHECK(count(svg, "<polygon") == 1);
  CHECK(count(svg, "stroke-dasharray") == 2);  // the line and its place in the legend
  CHECK(count(svg, "<svg") == count(svg, "</svg>"));
}

TEST_CASE("chart: panels stand in rows, long legends in several lines") {
  Panel panel;
  for (int i = 0; i < 12; ++i) panel.series.push_back({"layer number " + std::to_string(i), {{0, 1.0 * i}, {1, 2.0 * i}}});
  CHECK(legend_rows(panel, 490) > 2);
  CHECK(legend_rows(panel, 4900) == 1);
  CHECK(legend_rows({}, 490) == 0);
  Chart chart{"three", "", {panel, panel, panel}};
  CHECK(chart_svg(chart).find("width=\"1020\" height=\"784\"") != std::string::npos);
  chart.columns = 1;
  CHECK(chart_svg(chart).find("width=\"520\"") != std::string::npos);
  CHECK(chart_svg({"empty", "", {}}).ends_with("</svg>\n"));
  CHECK(chart_svg({"no values", "", {Panel{}}}).ends_with("</svg>\n"));
}

TEST_CASE("chart: bars on a logarithmic axis begin at its bottom") {
  Panel panel;
  panel.y.log = true;
  panel.bars = {{"", {{0, 1, 100}, {1, 2, 1}, {2, 3, 0}}}};
  std::string svg = chart_svg({"", "", {panel}});
  CHECK(count(svg, "fill-opacity") == 2);  // 0 has no place
  CHECK(svg.find("height=\"-") == std::string::npos);
}
