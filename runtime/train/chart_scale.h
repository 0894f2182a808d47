// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One axis of a panel: which values it shows, where they lie in the picture, and its ticks.
#pragma once

#include <string>
#include <vector>

#include "runtime/train/chart.h"

namespace graphc {

struct Range {  // of the values that an axis can show
  double low, high;
  bool log;

  explicit Range(bool log);
  void add(double value);
  bool empty() const { return !(low <= high); }
};

struct Scale {
  struct Tick {
    double value;
    std::string label;
  };
  bool log = false;
  double low = 0, high = 1;    // values
  double first = 0, last = 1;  // their places in the picture
  std::vector<Tick> ticks;

  double at(double value) const;  // NaN where there is no place
};

// About `count` ticks; with `round` the ends are ticks, otherwise the values' own.
Scale make_scale(const Axis& axis, const Range& range, int count, bool round, double first, double last);

}  // namespace graphc
