// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/evaluate.h"

namespace graphc_test {

// A small generator of our own (splitmix64), so that numbers do not change with the standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits();
  double uniform(double low, double high);
  int64_t below(int64_t n);  // in [0, n)

 private:
  uint64_t state_;
};

// Elements of f32 types in [low, high), exactly representable in f32; of i32 types in [0, int_high); of u8 types 0 or 1.
graphc::Array random_array(Random& random, const graphc::Type& type, int64_t rows, double low = -2, double high = 2,
                           int64_t int_high = 4);

// Every input and variable that the graph reads, bound to a random array, every hyper to 1.
graphc::Bindings random_bindings(Random& random, const graphc::Graph& graph, int64_t rows);

// Distance in units in the last place of f32 results; 0 for equal values and for two NaNs.
double ulp_distance(float a, float b);

}  // namespace graphc_test
