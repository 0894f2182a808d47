// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/minibatch.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "runtime/train/error.h"
#include "runtime/train/random.h"

namespace graphc {

Minibatches::Minibatches(uint64_t rows, uint32_t batch, uint64_t seed, bool shuffle)
    : batch_(batch), seed_(seed), epoch_(std::numeric_limits<uint64_t>::max()), shuffle_(shuffle) {
  if (rows == 0) throw Error("training needs at least one row");
  if (rows > std::numeric_limits<uint32_t>::max()) throw Error("training takes at most 4294967295 rows");
  if (batch == 0) throw Error("the minibatch must have at least one row");
  order_.resize(rows);
  std::iota(order_.begin(), order_.end(), 0u);
}

uint64_t Minibatches::per_epoch() const { return (order_.size() + batch_ - 1) / batch_; }

std::span<const uint32_t> Minibatches::get(uint64_t epoch, uint64_t index) {
  if (shuffle_ && epoch != epoch_) {
    Twister twister(stream_seed(seed_, epoch));
    order_ = permutation(twister, static_cast<uint32_t>(order_.size()));
    epoch_ = epoch;
  }
  size_t first = index * batch_;
  return std::span(order_).subspan(first, std::min<size_t>(batch_, order_.size() - first));
}

}  // namespace graphc
