// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Draws a heat map and its contour lines into a panel.
#pragma once

#include "runtime/train/chart_scale.h"

namespace graphc {

void draw_heat(Svg& svg, const HeatMap& heat, const Scale& x, const Scale& y);
std::string heat_color(double share);

// The lines on which the surface has the value `level`, in the grid's coordinates; a NaN point after each piece.
std::vector<Point> contour(const HeatMap& heat, double level);

}  // namespace graphc
