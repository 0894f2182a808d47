// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The digits and how to train and to test digits::Network on them.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "digits.hpp"
#include "examples/embed_c/digits_data.h"

class Training {
 public:
  explicit Training(const std::string& csv);  // throws std::runtime_error where it cannot be read

  void fit(digits_state& state) const;                  // mean and scale of the training rows
  double epoch(digits::Network& net, uint32_t number);  // the mean loss
  double accuracy(const digits::Network& net);          // of the rows to test with

  // f(x, y) for each minibatch of these rows; the spans live until the next call.
  template <class F>
  void each(std::span<const uint16_t> rows, F f) {
    for (size_t first = 0; first < rows.size(); first += DIGITS_MAX_ROWS) {
      auto some = rows.subspan(first, std::min<size_t>(DIGITS_MAX_ROWS, rows.size() - first));
      digits_gather(&data_, some.data(), uint32_t(some.size()), x_.data(), y_.data());
      f(std::span<const float>(x_).first(some.size() * digits_pixels), std::span<const int32_t>(y_).first(some.size()));
    }
  }
  std::vector<uint16_t> order(uint32_t epoch) const;

 private:
  digits_data data_;
  std::vector<float> x_ = std::vector<float>(DIGITS_MAX_ROWS * digits_pixels);
  std::vector<int32_t> y_ = std::vector<int32_t>(DIGITS_MAX_ROWS);
};
