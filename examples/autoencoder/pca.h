// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Principal components in f64, to measure the autoencoder against.
#pragma once

#include <span>
#include <vector>

struct Pca {
  std::vector<double> mean;
  std::vector<std::vector<double>> components;  // orthonormal

  std::vector<double> rebuild(std::span<const double> x) const;  // x in the span of the components, about the mean
};

// `rows` of `width` numbers each, one after the other. By orthogonal iteration on the covariance, `turns` times.
Pca principal_components(std::span<const double> data, size_t width, size_t count, int turns = 60);
