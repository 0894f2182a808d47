// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What bench's measurements share.
#pragma once

#include <vector>

#include "compiler/driver/batches.h"
#include "runtime/train/instance.h"

namespace graphc::driver {

double clock_seconds();
// The value below which `share` of them lie; reorders them.
double quantile(std::vector<double>& values, double share);

// Learning rates become 0: the same work, but any number of steps on a few minibatches does not diverge.
void stop_learning(Instance& net);

// Of calls with one row, each timed by itself: a few thousand in a fraction of a second.
struct Latency {
  double median = 0, p99 = 0;  // seconds
};
Latency latency_of_one_row(Instance& net, Instance::Entry& entry, const Batches& batches);

}  // namespace graphc::driver
