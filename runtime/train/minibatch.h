// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Minibatches without replacement: every epoch visits each row once, in an order that is a function of (seed, epoch) alone, so
// that a run can go on from any place. The last minibatch of an epoch may be smaller.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

class Minibatches {
 public:
  // Without `shuffle`, rows come in order. Throws Error for 0 rows or a batch of 0.
  Minibatches(uint64_t rows, uint32_t batch, uint64_t seed, bool shuffle);

  uint64_t per_epoch() const;                                     // steps
  std::span<const uint32_t> get(uint64_t epoch, uint64_t index);  // row numbers; lives until another epoch is asked for

 private:
  std::vector<uint32_t> order_;
  uint32_t batch_;
  uint64_t seed_, epoch_;
  bool shuffle_;
};

}  // namespace graphc
