// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A network of sigmoid layers with given numbers. Layer l = 1, 2, ... has weights w_l and biases b_l.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace graphc {

struct Network {
  std::vector<size_t> sizes;                // units of layer 0 (the input), 1, ...
  std::vector<std::vector<float>> weights;  // of layer l at [l - 1], as [k][j]: input k, unit j
  std::vector<std::vector<float>> biases;

  size_t layers() const { return weights.size(); }
  double weight(size_t l, size_t j, size_t k) const { return double(weights[l - 1][k * sizes[l] + j]); }
  double bias(size_t l, size_t j) const { return double(biases[l - 1][j]); }
};

struct Example {
  std::vector<float> x, y;
};

}  // namespace graphc
