// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The roofline: operations for each byte moved, against operations a second; a dot for each kernel, as large as its share of
// time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/html_page.h"

namespace graphc::driver {

namespace {

constexpr double width = 1180, height = 460, left = 64, right = 150, top = 16, bottom = 44;
constexpr double largest_area = 1200;  // of the dot of a kernel that takes all the time
constexpr size_t most_labels = 40;

std::string number(double x) { return x >= 1000 ? fmt::format("{:.0f}", x) : fmt::format("{:.3g}", x); }

class RooflineFigure {
 public:
  RooflineFigure(const PageData& page, const Roofline& roofline) : page_(page), roofline_(roofline) {
    for (size_t k = 0; k < page.kernels.size(); k++) {
      const KernelTime& kernel = page.kernels[k];
      sum_ += kernel.seconds;
      if (kernel.flops <= 0 || !kernel.traffic() || kernel.seconds <= 0) continue;
      dots_.push_back({k, kernel.flops / double(kernel.traffic()), kernel.flops / kernel.seconds / 1e9});
    }
    double most_bandwidth = 0, least_bandwidth = INFINITY;
    for (const Roofline::Level& l : roofline.levels)
      most_bandwidth = std::max(most_bandwidth, l.bandwidth / 1e9),
      least_bandwidth = std::min(least_bandwidth, l.bandwidth / 1e9);
    double peak = roofline.flops / 1e9;
    low_x_ = peak / most_bandwidth / 4, high_x_ = 4 * peak / least_bandwidth, low_y_ = peak / 100, high_y_ = peak * 2;
    for (const Dot& d : dots_) {
      low_x_ = std::min(low_x_, d.intensity / 1.5), high_x_ = std::max(high_x_, d.intensity * 1.5);
      low_y_ = std::min(low_y_, d.rate / 1.5), high_y_ = std::max(high_y_, d.rate * 1.5);
    }
    std::stable_sort(dots_.begin(), dots_.end(), [&](const Dot& a, const Dot& b) { return seconds(a) > seconds(b); });
  }

  std::string run() {
    std::string svg = fmt::format("<svg class=\"roof wide\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"The roofline\">\n",
                                  px(width), px(height));
    svg += grid() + roofs();
    for (const Dot& d : dots_) svg += circle(d);
    for (size_t i = 0; i < std::min(dots_.size(), most_labels); i++) svg += label(dots_[i]);
    return svg + "</svg>\n";
  }

 private:
  struct Dot {
    size_t kernel;
    double intensity, rate;
  };
  double seconds(const Dot& d) const { return page_.kernels[d.kernel].seconds; }
  double radius(const Dot& d) const { return std::max(3.0, std::sqrt(largest_area * seconds(d) / sum_ / 3.14159)); }
  double x(double intensity) const {
    return left + (width - left - right) * std::log(intensity / low_x_) / std::log(high_x_ / low_x_);
  }
  double y(double rate) const {
    return height - bottom - (height - top - bottom) * std::log(rate / low_y_) / std::log(high_y_ / low_y_);
  }

  std::string grid() const {
    std::string svg;
    auto ticks = [](double low, double high, auto draw) {
      for (int e = int(std::floor(std::log10(low))); e <= int(std::ceil(std::log10(high))); e++)
        for (int m : {1, 2, 5})
          if (double t = m * std::pow(10.0, e); t >= low && t <= high) draw(t, m == 1);
    };
    ticks(low_x_, high_x_, [&](double t, bool main) {
      svg += fmt::format(
          "<path class=\"{}\" d=\"M{} {}V{}\"/><text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
          main ? "grid main" : "grid", px(x(t)), px(top), px(height - bottom), px(x(t)), px(height - bottom + 15),
          fmt::format("{:g}", t));
    });
    ticks(low_y_, high_y_, [&](double t, bool main) {
      svg += fmt::format(
          "<path class=\"{}\" d=\"M{} {}H{}\"/><text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
          main ? "grid main" : "grid", px(left), px(y(t)), px(width - right), px(left - 6), px(y(t) + 4), fmt::format("{:g}", t));
    });
    return svg +
           fmt::format(
               "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">operations for each byte read or written</text>"
               "<text class=\"tick\" transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>\n",
               px((left + width - right) / 2), px(height - 6), px((top + height - bottom) / 2));
  }

  std::string roofs() const {
    double peak = roofline_.flops / 1e9;
    std::string svg;
    for (size_t i = 0; i < roofline_.levels.size(); i++) {
      const Roofline::Level& level = roofline_.levels[i];
      double bandwidth = level.bandwidth / 1e9, from = std::max(low_x_, low_y_ / bandwidth),
             knee = std::min(high_x_, peak / bandwidth);
      svg += fmt::format("<path class=\"roofline l{}\" d=\"M{} {}L{} {}\"/>", i, px(x(from)), px(y(from * bandwidth)),
                         px(x(knee)), px(y(knee * bandwidth)));
    }
    // Names stand at the right, in the order of the roofs, because the slopes lie close together.
    double knee = peak / (roofline_.levels.empty() ? 1 : roofline_.levels[0].bandwidth / 1e9);
    svg += fmt::format(
        "<path class=\"roofline top\" d=\"M{} {}H{}\"/><text class=\"roofname\" x=\"{}\" y=\"{}\">peak {} GFLOP/s</text>",
        px(x(std::max(knee, low_x_))), px(y(peak)), px(width - right), px(width - right + 8), px(y(peak) + 4), number(peak));
    for (size_t i = 0; i < roofline_.levels.size(); i++) {
      double line = y(peak) + 30 + 20 * double(i);
      svg += fmt::format(
          "<path class=\"roofline l{0}\" d=\"M{1} {2}h18\"/><text class=\"roofname\" x=\"{3}\" y=\"{4}\">{5} {6} GB/s</text>", i,
          px(width - right + 8), px(line - 4), px(width - right + 32), px(line), escaped(roofline_.levels[i].name),
          number(roofline_.levels[i].bandwidth / 1e9));
    }
    return svg + "\n";
  }

  std::string circle(const Dot& d) const {
    const KernelTime& k = page_.kernels[d.kernel];
    std::string title =
        fmt::format("{} {}: {} GFLOP/s, {} operations a byte, {:.2f} us ({:.1f} %)", k.explained, kernel_label(page_, d.kernel),
                    number(d.rate), number(d.intensity), k.seconds * 1e6, 100 * k.seconds / sum_);
    Phase phase = page_.phase[d.kernel];
    return fmt::format("<circle class=\"dot {}\" data-k=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"><title>{}</title></circle>\n",
                       phase == Phase::forward    ? "fw"
                       : phase == Phase::backward ? "bw"
                                                  : "up",
                       d.kernel, px(x(d.intensity)), px(y(d.rate)), px(radius(d)), escaped(title));
  }

  // Right of the dot, else left, above or below it; not at all where all of that is taken.
  std::string label(const Dot& d) {
    const std::string& text = page_.kernels[d.kernel].explained;
    double w = text_width(text, 11), r = radius(d) + 3, cx = x(d.intensity), cy = y(d.rate);
    const Area places[] = {
        {cx + r, cy - 6, w, 12}, {cx - r - w, cy - 6, w, 12}, {cx - w / 2, cy - r - 12, w, 12}, {cx - w / 2, cy + r, w, 12}};
    for (const Area& a : places) {
      bool is_free = a.x > left && a.x + a.w < width - right && a.y > top;
      for (const Area& other : taken_) is_free &= !meet(a, other);
      for (const Dot& o : dots_) {
        double ro = radius(o), x0 = x(o.intensity), y0 = y(o.rate);
        if (o.kernel != d.kernel) is_free &= !meet(a, {x0 - ro * 0.8, y0 - ro * 0.8, ro * 1.6, ro * 1.6});
      }
      if (!is_free) continue;
      taken_.push_back(a);
      return fmt::format("<text class=\"dotname\" data-n=\"{}\" x=\"{}\" y=\"{}\">{}</text>", d.kernel, px(a.x), px(a.y + 10),
                         text);
    }
    return "";
  }

  struct Area {
    double x, y, w, h;
  };
  static bool meet(const Area& a, const Area& b) {
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  }

  const PageData& page_;
  const Roofline& roofline_;
  std::vector<Dot> dots_;
  std::vector<Area> taken_;
  double sum_ = 0, low_x_, high_x_, low_y_, high_y_;
};

}  // namespace

std::string roofline_figure(const PageData& page) {
  if (!page.roofline) return "<p class=\"note\">Not measured.</p>\n";
  return RooflineFigure(page, *page.roofline).run();
}

}  // namespace graphc::driver
