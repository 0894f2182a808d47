// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/chart_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace graphc {
namespace {

std::string power_label(double value) {
  int power = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  double factor = value / std::pow(10, power);
  if (power >= -3 && power <= 4) return fmt::format("{:.{}f}", value, std::max(0, -power));
  static const char* const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string result = factor > 1.5 ? fmt::format("{:.0f}·10", factor) : "10";
  if (power < 0) result += "⁻";
  for (char digit : std::to_string(std::abs(power))) result += digits[digit - '0'];
  return result;
}

// Powers of ten; over less than three of them also 2 and 5 times each. The first is <= low, the last >= high.
std::vector<double> log_ticks(double low, double high, int count) {
  double decades = std::log10(high / low);
  std::vector<double> factors = decades < 3 ? std::vector<double>{1, 2, 5} : std::vector<double>{1}, ticks;
  int stride = std::max(1, static_cast<int>(std::ceil(decades / (count + 1.0))));
  int power = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  power = stride * static_cast<int>(std::floor(static_cast<double>(power) / stride));
  for (; ticks.size() < 64; power += stride)
    for (double factor : factors) {
      double tick = factor * std::pow(10, power);
      if (tick <= low * (1 + 1e-9)) ticks.clear();
      ticks.push_back(tick);
      if (tick >= high * (1 - 1e-9)) return ticks;
    }
  return ticks;
}

}  // namespace

Range::Range(bool log) : low(INFINITY), high(-INFINITY), log(log) {}

void Range::add(double value) {
  if (!std::isfinite(value) || (log && value <= 0)) return;
  low = std::min(low, value), high = std::max(high, value);
}

double Scale::at(double value) const {
  if (!std::isfinite(value) || (log && value <= 0)) return NAN;
  double share = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return first + share * (last - first);
}

Scale make_scale(const Axis& axis, const Range& range, int count, bool round, double first, double last) {
  Scale scale;
  scale.log = axis.log, scale.first = first, scale.last = last;
  double low = range.low, high = range.high;
  if (range.empty()) low = axis.log ? 0.1 : 0, high = 1;
  if (!axis.log && round && low >= 0 && low < 0.35 * high) low = 0;  // what falls far is seen against 0
  low = axis.low.value_or(low), high = axis.high.value_or(high);
  if (!(high > low)) {  // one value only
    double room = axis.log ? low / 2 : low != 0 && round ? std::fabs(low) / 2 : 0.5;
    low -= room, high = low + 2 * room;
  }
  std::vector<double> ticks;
  if (axis.log)
    ticks = log_ticks(low, high, count);
  else if (axis.names.empty())
    ticks = round_ticks(low, high, count, axis.whole);
  else
    for (size_t i = 0; i < axis.names.size(); ++i) ticks.push_back(static_cast<double>(i));
  if (round && axis.names.empty()) {
    if (!axis.low) low = std::min(low, ticks.front());
    if (!axis.high) high = std::max(high, ticks.back());
  }
  scale.low = low, scale.high = high;
  double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1, slack = axis.log ? 0 : 1e-9 * (high - low);
  for (size_t i = 0; i < ticks.size(); ++i) {
    double tick = ticks[i];
    if (tick < low * (axis.log ? 1 - 1e-9 : 1) - slack || tick > high * (axis.log ? 1 + 1e-9 : 1) + slack) continue;
    scale.ticks.push_back({tick, !axis.names.empty() ? axis.names[i] : axis.log ? power_label(tick) : tick_label(tick, step)});
  }
  return scale;
}

}  // namespace graphc
