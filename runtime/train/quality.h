// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How good predictions are, by measures that are no means over rows and so cannot be metrics of a step: precision, recall and F1
// of classes, R2 of numbers. From predict's first output and the target, over all rows at once, in f64.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/train/confusion.h"
#include "runtime/train/dataset.h"
#include "runtime/train/instance.h"

namespace graphc {

struct Quality {
  // Classes: precision, recall, f1, each the mean over classes (macro; 0 where a class is never predicted or never occurs).
  // Numbers: mse, mae, r2 (1 - squared error / squared distance from the target's mean; 0 where the target is constant).
  std::vector<std::pair<std::string, double>> values;
  std::optional<Confusion> confusion;  // of classes
};

// The target is the entry's one input that predict has not. Throws Error where there is none, or where the first output does not
// fit it: classes want f32[batch, classes], numbers as many a row.
Quality quality(Instance& net, const Dataset& rows, std::string_view entry = "eval");

// 1 - sum (y - p)^2 / sum (y - mean y)^2, and what it is made of.
Quality quality_of_numbers(std::span<const float> predictions, std::span<const float> targets);
Quality quality_of_classes(std::span<const float> scores, std::span<const int32_t> labels, uint32_t classes, std::vector<std::string> names);

}  // namespace graphc
