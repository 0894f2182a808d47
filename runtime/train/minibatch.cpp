// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/minibatch.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "runtime/train/error.h"
#include "runtime/train/random.h"

namespace graphc {

static constexpr std::string_view names[] = {"epoch", "independent", "replacement", "full", "order"};

std::string_view name(Sampling sampling) { return names[static_cast<size_t>(sampling)]; }

Sampling sampling_of(std::string_view name) {
  auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names))
    throw Error("sampling \"" + std::string(name) + "\" does not exist" +
                suggest(std::string(name), {std::begin(names), std::end(names)}));
  return static_cast<Sampling>(found - std::begin(names));
}

Minibatches::Minibatches(uint64_t rows, uint32_t batch, uint64_t seed, Sampling sampling)
    : batch_(batch), seed_(seed), epoch_(std::numeric_limits<uint64_t>::max()), sampling_(sampling) {
  if (rows == 0) throw Error("training needs at least one row");
  if (rows > std::numeric_limits<uint32_t>::max()) throw Error("training takes at most 4294967295 rows");
  if (batch == 0) throw Error("the minibatch must have at least one row");
  if (sampling == Sampling::independent && batch > rows)
    throw Error("sampling independent: a minibatch of " + std::to_string(batch) + " different rows cannot be drawn from " +
                std::to_string(rows) + "; choose a smaller batch, or sampling replacement");
  if (sampling == Sampling::full && batch < rows)
    throw Error("sampling full: all " + std::to_string(rows) + " rows make one minibatch, " + std::to_string(batch) +
                " rows are too small a batch");
  order_.resize(rows);
  std::iota(order_.begin(), order_.end(), 0u);
}

uint64_t Minibatches::per_epoch() const { return (order_.size() + batch_ - 1) / batch_; }

std::span<const uint32_t> Minibatches::get(uint64_t epoch, uint64_t index) {
  if (sampling_ == Sampling::independent || sampling_ == Sampling::replacement) return draw(epoch * per_epoch() + index);
  if (sampling_ == Sampling::epoch && epoch != epoch_) {
    Twister twister(stream_seed(seed_, epoch));
    order_ = permutation(twister, static_cast<uint32_t>(order_.size()));
    epoch_ = epoch;
  }
  size_t first = index * batch_;
  return std::span(order_).subspan(first, std::min<size_t>(batch_, order_.size() - first));
}

std::span<const uint32_t> Minibatches::draw(uint64_t step) {
  Twister twister(stream_seed(~seed_, step));  // ~: no step has the numbers of an epoch's order
  auto last = static_cast<uint32_t>(order_.size() - 1);
  drawn_.resize(batch_);
  if (sampling_ == Sampling::replacement) {
    for (uint32_t& row : drawn_) row = random_interval(twister, last);
    return drawn_;
  }
  // The first `batch` swaps of a Fisher-Yates shuffle, which are then undone, so that the draw does not depend on those before it.
  for (uint32_t i = 0; i < batch_; ++i) {
    drawn_[i] = i + random_interval(twister, last - i);
    std::swap(order_[i], order_[drawn_[i]]);
  }
  for (uint32_t i = batch_; i-- > 0;) {
    uint32_t other = drawn_[i];
    drawn_[i] = order_[i];
    std::swap(order_[i], order_[other]);
  }
  return drawn_;
}

}  // namespace graphc
