// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/timing.h"

#include <vector>

#include "runtime/train/entry.h"

namespace graphc::driver {

Latency latency_of_one_row(Instance& net, Instance::Entry& entry, const Batches& batches) {
  constexpr size_t warmup = 10, least_calls = 20, most_calls = 5000;
  constexpr double seconds = 0.15;
  std::vector<void*> outputs;
  for (uint32_t i = 0; i < entry.info().outputs; i++) outputs.push_back(entry.scratch(i));
  std::vector<double> times;
  times.reserve(most_calls);
  double end = 0;
  for (size_t n = 0; n < warmup + most_calls; n++) {
    double start = clock_seconds();
    if (n == warmup) end = start + seconds;
    if (n >= warmup + least_calls && start > end) break;
    net.call(entry, batches.get(n), outputs.data(), 1);
    if (n >= warmup) times.push_back(clock_seconds() - start);
  }
  return {quantile(times, 0.5), quantile(times, 0.99)};
}

}  // namespace graphc::driver
