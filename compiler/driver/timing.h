// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What bench's measurements share.
#pragma once

#include "compiler/driver/batches.h"
#include "compiler/measure.h"
#include "runtime/train/instance.h"

namespace graphc::driver {

// Of calls with one row, each timed by itself: a few thousand in a fraction of a second.
struct Latency {
  double median = 0, p99 = 0;  // seconds
};
Latency latency_of_one_row(Instance& net, Instance::Entry& entry, const Batches& batches);

}  // namespace graphc::driver
