// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/random.h"

#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace graphc {

uint32_t random_interval(Twister& twister, uint32_t largest) {
  if (largest == 0) return 0;
  uint32_t mask = ~uint32_t{0} >> std::countl_zero(largest);
  uint32_t value;
  do value = static_cast<uint32_t>(twister()) & mask;
  while (value > largest);
  return value;
}

std::vector<uint32_t> permutation(Twister& twister, uint32_t count) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t i = count; i-- > 1;) std::swap(order[i], order[random_interval(twister, i)]);
  return order;
}

double random_uniform(Twister& twister) {
  uint32_t high = static_cast<uint32_t>(twister()) >> 5, low = static_cast<uint32_t>(twister()) >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double NormalNumbers::operator()() {
  if (std::exchange(has_kept_, false)) return kept_;
  double x, y, square;
  do {
    x = 2 * random_uniform(twister_) - 1;
    y = 2 * random_uniform(twister_) - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  double factor = std::sqrt(-2 * std::log(square) / square);
  kept_ = factor * x;
  has_kept_ = true;
  return factor * y;
}

uint32_t stream_seed(uint64_t seed, uint64_t stream) {
  auto mix = [](uint64_t z) {  // the finalizer of splitmix64 (Steele, Lea, Flood 2014)
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  return static_cast<uint32_t>(mix(mix(seed) + stream));
}

}  // namespace graphc
