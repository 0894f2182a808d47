// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace graphc {
namespace {

std::string escape(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;  // XML has no other control characters
    }
  }
  return result;
}

constexpr std::string_view anchors[] = {"start", "middle", "end"};

}  // namespace

Svg::Svg(double width, double height, std::string_view title)
    : body_(fmt::format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
          "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\">\n<title>{2}</title>\n",
          width, height, escape(title))) {
  rect({0, 0}, width, height, "#ffffff");
}

void Svg::rect(Point corner, double width, double height, std::string_view fill, std::string_view extra) {
  body_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"{}{}/>\n", corner.x,
                       corner.y, width, height, fill, extra.empty() ? "" : " ", extra);
}

void Svg::line(Point from, Point to, std::string_view stroke, double width) {
  body_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{:g}\"/>\n",
                       from.x, from.y, to.x, to.y, stroke, width);
}

void Svg::path(std::span<const Point> points, std::string_view stroke, double width, bool dashed) {
  std::string commands;
  bool drawing = false;
  for (const Point& point : points) {
    bool finite = std::isfinite(point.x) && std::isfinite(point.y);
    if (finite) commands += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M", point.x, point.y);
    drawing = finite;
  }
  if (commands.empty()) return;
  body_ += fmt::format(
      "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{:g}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"{}/>\n",
      commands, stroke, width, dashed ? " stroke-dasharray=\"5 4\"" : "");
}

void Svg::area(std::span<const Point> outline, std::string_view fill, double opacity) {
  std::string points;
  for (const Point& point : outline)
    if (std::isfinite(point.x) && std::isfinite(point.y)) points += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  body_ += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{:g}\"/>\n", points, fill, opacity);
}

void Svg::begin_clip(Point corner, double width, double height) {
  // A nested picture with the same coordinates: it clips without a name of its own.
  body_ += fmt::format(
      "<svg x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" viewBox=\"{0:.1f} {1:.1f} {2:.1f} {3:.1f}\">\n",
      corner.x, corner.y, width, height);
}

void Svg::circle(Point center, double radius, std::string_view fill, std::string_view stroke) {
  if (!std::isfinite(center.x) || !std::isfinite(center.y)) return;
  body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:g}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\"/>\n",
                       center.x, center.y, radius, fill, stroke);
}

void Svg::text(Point at, std::string_view text, double size, std::string_view fill, Anchor anchor, bool bold) {
  body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:g}\" fill=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", at.x,
                       at.y, size, fill, anchors[static_cast<int>(anchor)], bold ? " font-weight=\"600\"" : "", escape(text));
}

void Svg::text_upright(Point at, std::string_view text, double size, std::string_view fill) {
  body_ += fmt::format(
      "<text transform=\"translate({:.1f} {:.1f}) rotate(-90)\" font-size=\"{:g}\" fill=\"{}\" "
      "text-anchor=\"middle\">{}</text>\n",
      at.x, at.y, size, fill, escape(text));
}

std::vector<double> round_ticks(double low, double high, int count, bool whole) {
  if (!(high > low)) {  // one value only, or none
    double room = low != 0 ? std::fabs(low) / 2 : 1;
    low -= room, high = low + 2 * room;
  }
  double rough = (high - low) / count, power = std::pow(10, std::floor(std::log10(rough))), step = 10 * power;
  for (double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough * 0.999) step = factor * power;
  if (whole) step = std::max(1.0, std::round(step));
  std::vector<double> ticks;
  double first = std::floor(low / step + 1e-9);
  for (double i = first; ticks.size() < 64; ++i) {
    ticks.push_back(i * step);
    if (i * step >= high - 1e-9 * step) break;
  }
  return ticks;
}

std::string tick_label(double value, double step) {
  if (value == 0) return "0";
  if (std::fabs(value) >= 1e6 || step < 1e-4) return fmt::format("{:.3g}", value);
  int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  return fmt::format("{:.{}f}", value, digits);
}

}  // namespace graphc
