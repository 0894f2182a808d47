// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Confusion matrix: how often class i (rows) was taken for class j (columns).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graphc {

class Confusion {
 public:
  explicit Confusion(uint32_t classes, std::vector<std::string> names = {});  // names: of the classes; else their numbers

  void add(int32_t label, int32_t predicted);  // throws Error outside [0, classes)
  // `scores`: [labels.size(), classes] row-major; the predicted class is the first of the largest (NaN counts as smallest).
  void add(std::span<const float> scores, std::span<const int32_t> labels);

  uint32_t classes() const { return classes_; }
  uint64_t count(uint32_t label, uint32_t predicted) const { return counts_[label * classes_ + predicted]; }
  uint64_t total() const;
  double accuracy() const;
  uint64_t labelled(uint32_t label) const;        // rows of this class
  uint64_t predicted(uint32_t label) const;       // rows taken for it
  double precision(uint32_t label) const;         // share of those taken for it that are of it; 0 of none
  double recall(uint32_t label) const;            // share of those of it that were taken for it; 0 of none
  double f1(uint32_t label) const;                // harmonic mean of both
  std::string text() const;  // a table with recall and precision
  std::string svg(const std::string& title = {}) const;

 private:
  uint32_t classes_;
  std::vector<std::string> names_;
  std::vector<uint64_t> counts_;
};

}  // namespace graphc
