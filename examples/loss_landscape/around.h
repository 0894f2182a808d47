// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is seen around trained weights: along lines, in numbers; over a plane, as a map.
#pragma once

#include "runtime/train/chart.h"
#include "runtime/train/landscape.h"

// Loss and accuracy along some random directions, from -1 to 1.
struct Lines {
  std::vector<graphc::Landscape> lines;
  double loss(double distance) const;  // means over the lines and both sides
  double accuracy(double distance) const;
  // Share of the inner points at which a curve bends downwards, which no convex function does.
  double concave() const;
};
Lines lines_around(const graphc::Instance& net, const graphc::Dataset& rows, int directions);

graphc::Landscape map_around(const graphc::Instance& net, const graphc::Dataset& rows, uint32_t points);
graphc::Panel map_panel(const graphc::Landscape& map, const std::string& title);  // the same contour lines in every map
