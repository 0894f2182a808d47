// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Minibatches: which rows each step takes, as a function of (seed, epoch, index of the step) alone, so that a run can go on from
// any place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

enum class Sampling {
  epoch,        // without replacement: each row once an epoch, in another order each time; the last minibatch may be smaller
  independent,  // each step draws anew, without replacement inside the minibatch
  replacement,  // each row of a minibatch is drawn from all rows (the bootstrap)
  full,         // all rows in one step
  order         // file order; the last minibatch may be smaller
};

std::string_view name(Sampling sampling);
Sampling sampling_of(std::string_view name);  // Error where there is none of that name

class Minibatches {
 public:
  // `full` takes batch = rows. Throws Error for 0 rows, a batch of 0, or one above the rows where it is drawn without replacement
  // (an epoch's minibatch is merely smaller then).
  Minibatches(uint64_t rows, uint32_t batch, uint64_t seed, Sampling sampling);

  uint64_t per_epoch() const;                                     // steps: rows / batch, rounded up
  std::span<const uint32_t> get(uint64_t epoch, uint64_t index);  // row numbers; lives until the next call

 private:
  std::span<const uint32_t> draw(uint64_t step);

  std::vector<uint32_t> order_;  // of the epoch; all rows in file order where minibatches are drawn
  std::vector<uint32_t> drawn_;
  uint32_t batch_;
  uint64_t seed_, epoch_;
  Sampling sampling_;
};

}  // namespace graphc
