// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loss around trained weights, along random directions that are normalised filter by filter (Li et al. 2018, "Visualizing the
// loss landscape of neural nets", section 4): then surfaces of different networks can be compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/train/dataset.h"
#include "runtime/train/instance.h"

namespace graphc {

struct LandscapeSettings {
  uint32_t points = 25;  // along each direction; odd, so that the weights themselves are one of them
  double range = 1;      // from -range to range; at 1 a step is as long as the weights
  uint64_t seed = 1;     // of the directions
  bool one = false;      // one direction instead of two
};

struct Landscape {
  std::vector<double> at;    // positions along a direction
  std::vector<double> loss;  // at (at[column], at[row]), row after row; one row where there is one direction
  uint64_t rows = 0;         // of the data
  std::vector<std::string> metric_names = {};
  std::vector<std::vector<double>> metrics = {};  // of each name, at the places of the losses
  double centre() const { return loss[loss.size() / 2]; }
};

// One parameter's direction: normal numbers, and each filter (a unit's weights: column of a dense weight (in, out), first axis of a
// convolution's) as long as the parameter's own. Zeros for parameters of less than two axes, as in the paper.
std::vector<float> direction(const graphc_tensor& parameter, const std::vector<float>& values, uint64_t seed, uint32_t number);

// Through the entry eval, by a clone: `net` stays as it is. Throws Error for settings out of range.
Landscape landscape(const Instance& net, const Dataset& rows, const LandscapeSettings& settings);

std::string landscape_csv(const Landscape& landscape);  // a,b,loss and the metrics
// Of the loss and each metric: a curve, or a map with contour lines.
std::string landscape_svg(const Landscape& landscape, const std::string& title = {});
void write_landscape(const std::string& path, const Landscape& landscape, const std::string& title);  // by the ending, .csv or .svg

}  // namespace graphc
