// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers from the 32-bit Mersenne Twister, bit for bit those of numpy's legacy generator.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace graphc {

using Twister = std::mt19937;  // numpy.random.RandomState(seed) for a seed below 2^32

// A number in [0, largest] by masked rejection (numpy's random_interval).
uint32_t random_interval(Twister& twister, uint32_t largest);

// Fisher-Yates from the end: numpy.random.RandomState(seed).permutation(count).
std::vector<uint32_t> permutation(Twister& twister, uint32_t count);

// In [0, 1) with 53 bits: numpy.random.RandomState(seed).random_sample().
double random_uniform(Twister& twister);

// Standard normal numbers by the polar method (Marsaglia and Bray 1964): numpy.random.RandomState(seed).standard_normal(). Each
// pair comes from one draw, so the second is kept here.
class NormalNumbers {
 public:
  explicit NormalNumbers(Twister& twister) : twister_(twister) {}
  double operator()();

 private:
  Twister& twister_;
  double kept_ = 0;
  bool has_kept_ = false;
};

// A 32-bit seed of its own for stream `stream` of a 64-bit seed (splitmix64).
uint32_t stream_seed(uint64_t seed, uint64_t stream);

}  // namespace graphc
