// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Timing of compiled entries: for the search over schedules, and for what the program prints.
#pragma once

#include <functional>
#include <vector>

#include "runtime/train/entry.h"
#include "runtime/train/stored_tensor.h"

namespace graphc {

double clock_seconds();
// The value below which `share` of them lie; reorders them.
double quantile(std::vector<double>& values, double share);

// Values in [-1, 1); labels below their limit; other whole numbers 0..3.
StoredTensor random_input(const graphc_tensor& input, uint64_t rows, uint64_t seed);

// Learning rates become 0: the same work, but any number of steps on a few minibatches does not diverge.
void stop_learning(Instance& net);

// Pointers for the inputs of call number n.
using InputsOf = std::function<const void* const*(uint64_t n)>;

// Median seconds of each launch of the entry's plan, in its order, inside whole calls: data lie in the caches as the kernels
// before left them. `net` belongs to a program of hook_every_kernel for exactly `rows` rows; it has no hooks afterwards.
// Throws Error (training failed) where a loss is not finite.
std::vector<double> launch_seconds(Instance& net, Instance::Entry& entry, size_t launches, uint32_t rows, const InputsOf& inputs, double seconds);

}  // namespace graphc
