// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small SVG writer: shapes with a style, text that is escaped, and axes with round ticks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct Point {
  double x, y;
};

enum class Anchor { start, middle, end };

class Svg {
 public:
  Svg(double width, double height, std::string_view title);  // white background

  void rect(Point corner, double width, double height, std::string_view fill, std::string_view extra = {});
  void line(Point from, Point to, std::string_view stroke, double width = 1);
  // A gap at points that are not finite.
  void path(std::span<const Point> points, std::string_view stroke, double width, bool dashed = false);
  void area(std::span<const Point> outline, std::string_view fill, double opacity);  // without the points that are not finite
  void circle(Point center, double radius, std::string_view fill, std::string_view stroke);
  void text(Point at, std::string_view text, double size, std::string_view fill, Anchor anchor = Anchor::start,
            bool bold = false);
  void text_upright(Point at, std::string_view text, double size, std::string_view fill);  // turned to read upwards, centred
  void begin_clip(Point corner, double width, double height);  // until end_clip, nothing outside is seen
  void end_clip() { body_ += "</svg>\n"; }
  std::string finish() const { return body_ + "</svg>\n"; }

 private:
  std::string body_;
};

// Round numbers (1, 2, 5 x 10^k) that span [low, high] in about `count` steps; the first is <= low, the last >= high.
std::vector<double> round_ticks(double low, double high, int count, bool whole = false);
std::string tick_label(double value, double step);

}  // namespace graphc
