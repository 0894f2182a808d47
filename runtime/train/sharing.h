// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sharing: how much work a part of an entry must have before threads share it. What handing it out costs differs by machine
// (from a fraction of a microsecond to several) and by what else runs there, so whole calls are timed: a few with each
// threshold, then many with the one that was fastest, then again. No result depends on it.
#pragma once

#include <array>
#include <cstdint>

namespace graphc {

class Sharing {
 public:
  static constexpr std::array<uint32_t, 5> thresholds{0, 1u << 17, 1u << 19, 1u << 21, UINT32_MAX};  // operations; the last: nothing is shared

  // For the next call, of so many rows: graphc_hooks::least_work.
  uint32_t threshold(uint32_t rows);
  // Whether that call is to be timed, and how long it took.
  bool wants_time() const { return timed_; }
  void took(double seconds);

 private:
  void next_threshold();

  uint32_t rows_ = 0;        // of the calls that are timed: the most so far
  uint32_t chosen_ = 0;      // index
  uint64_t left_ = 4;        // calls before the next trial; the first ones compile, and wake threads
  uint64_t hold_ = 0;        // calls between trials
  uint32_t trial_ = 0, round_ = 0, call_ = 0;
  bool in_trial_ = false, timed_ = false;
  double best_ = 0;                                // of this round's calls with this threshold
  std::array<double, thresholds.size()> sums_{};   // over rounds
};

}  // namespace graphc
