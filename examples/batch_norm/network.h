// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The deep nets of sigmoids that are compared, and what is looked at while they train.
#pragma once

#include "examples/example.h"
#include "runtime/train/trainer.h"

enum class Norm { none, without_affine, full };  // before each sigmoid; affine: gamma and beta

inline constexpr int width = 64;

graphc::Model network(Norm norm, int depth);  // outputs input0, input1, ...: what goes into each layer's sigmoid

struct Quantiles {
  double step, low, median, high;  // 15 %, 50 %, 85 %
};

struct Run {
  graphc::TrainResult result;
  std::vector<std::vector<float>> inputs;  // at the end: of each layer's sigmoids, [rows, width]
  std::vector<std::vector<Quantiles>>
      quantiles;  // where asked for: of each unit of the last layer, at the start and every 12 steps
};
Run train(Norm norm, int depth, uint64_t epochs, const graphc::DatasetSplit& data, bool look);

// Mean over the units, at a look: the distance between the outer quantiles; how far the median has moved since the look
// before, in halves of that distance.
double spread(const Run& run, size_t look);
double movement(const Run& run, size_t look);
// Share of the variance of sigmoid(x) that the best straight line explains; mean over the units of a layer.
double straightness(std::span<const float> inputs);
