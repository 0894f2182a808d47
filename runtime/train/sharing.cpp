// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/sharing.h"

#include <algorithm>

namespace graphc {
namespace {

constexpr uint32_t rounds = 3, calls = 5;  // of a threshold in a round; the first of them wakes threads or lets them rest
constexpr uint64_t shortest_hold = 50 * rounds * calls, longest_hold = 64 * shortest_hold;
constexpr double long_call = 5e-3;  // seconds: what handing out costs is nothing beside it

}  // namespace

uint32_t Sharing::threshold(uint32_t rows) {
  timed_ = false;
  if (rows > rows_) {
    rows_ = rows;
    left_ = 4, hold_ = 0, in_trial_ = false;
  }
  if (rows == rows_) {
    if (!in_trial_ && left_-- == 0) {
      in_trial_ = true;
      trial_ = round_ = call_ = 0;
      best_ = 0, sums_ = {};
    }
    timed_ = in_trial_;
  }
  return thresholds[timed_ ? trial_ : chosen_];
}

void Sharing::took(double seconds) {
  if (call_++ > 0) best_ = best_ == 0 ? seconds : std::min(best_, seconds);
  if (call_ == calls) next_threshold();
}

void Sharing::next_threshold() {
  sums_[trial_] += best_;
  bool is_long = best_ > long_call;
  call_ = 0, best_ = 0;
  if (!is_long && ++trial_ < thresholds.size()) return;
  if (!is_long && (trial_ = 0, ++round_ < rounds)) return;
  in_trial_ = false;
  chosen_ = is_long ? 0 : uint32_t(std::min_element(sums_.begin(), sums_.end()) - sums_.begin());
  hold_ = std::min(std::max(2 * hold_, shortest_hold), longest_hold);
  left_ = hold_;
}

}  // namespace graphc
