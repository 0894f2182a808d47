// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/autoencoder/pca.h"

#include <cmath>
#include <random>

using Vector = std::vector<double>;

static double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
  return sum;
}

static void subtract(Vector& a, std::span<const double> b, double factor) {
  for (size_t i = 0; i < a.size(); i++) a[i] -= factor * b[i];
}

Vector Pca::rebuild(std::span<const double> x) const {
  Vector centred(x.begin(), x.end()), result = mean;
  subtract(centred, mean, 1);
  for (const Vector& c : components) subtract(result, c, -dot(centred, c));
  return result;
}

Pca principal_components(std::span<const double> data, size_t width, size_t count, int turns) {
  size_t rows = data.size() / width;
  Pca pca{Vector(width, 0), {}};
  // E x x^T - mean mean^T, the many zeros of an image left out.
  std::vector<Vector> covariance(width, Vector(width, 0));
  for (size_t r = 0; r < rows; r++) {
    std::span<const double> x = data.subspan(r * width, width);
    for (size_t i = 0; i < width; i++) {
      if (x[i] == 0) continue;
      pca.mean[i] += x[i] / double(rows);
      for (size_t j = 0; j < width; j++) covariance[i][j] += x[i] * x[j];
    }
  }
  for (size_t i = 0; i < width; i++)
    for (size_t j = 0; j < width; j++) covariance[i][j] = covariance[i][j] / double(rows) - pca.mean[i] * pca.mean[j];

  std::mt19937 random(1);
  for (size_t c = 0; c < count; c++) {
    Vector v(width);
    for (double& e : v) e = double(random()) / 4294967296.0 - 0.5;
    pca.components.push_back(std::move(v));
  }
  for (int turn = 0; turn <= turns; turn++) {
    // Gram and Schmidt, twice, because once loses digits.
    for (size_t c = 0; c < count; c++) {
      Vector& v = pca.components[c];
      for (int pass = 0; pass < 2; pass++)
        for (size_t before = 0; before < c; before++) subtract(v, pca.components[before], dot(v, pca.components[before]));
      double length = std::sqrt(dot(v, v));
      for (double& e : v) e /= length;
    }
    if (turn == turns) break;
    for (Vector& v : pca.components) {
      Vector next(width);
      for (size_t i = 0; i < width; i++) next[i] = dot(covariance[i], v);
      v = std::move(next);
    }
  }
  return pca;
}
