// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Surfaces over the plane, each a model without data: its loss is the height at its only parameter, a point.
#pragma once

#include <optional>

#include "examples/example.h"

struct Surface {
  const char* name;
  graphc::Tensor (*height)(graphc::Tensor x, graphc::Tensor y);  // of scalars
  graphc::Point start, lowest, highest;                          // the corners of the picture
  std::vector<double> levels;                                    // of its contour lines
  int steps;                                                     // of an optimizer
};
const std::vector<Surface>& surfaces();

struct Method {
  const char *name, *color;
  graphc::OptimizerCall optimizer;
  graphc::Mark mark = graphc::Mark::line;
};
const std::vector<Method>& methods();

graphc::Program compile(const Surface& surface, const Method& method);

struct Path {
  double learning_rate;
  std::vector<graphc::Point> points;
  std::vector<double> losses;                        // at each of the points; shorter where a loss was not finite
  double end() const;                                // largest loss of the last ten points; infinite where the path broke off
  std::optional<size_t> reached(double loss) const;  // steps until the loss lies below for the first time
};
Path walk(const graphc::Program& program, const Surface& surface, double learning_rate);

// Of the rates 1, 2 and 5 times 10^-4 .. 10^0 the one whose path ends lowest.
Path best_path(const Surface& surface, const Method& method);

graphc::HeatMap heat_map(const Surface& surface);
