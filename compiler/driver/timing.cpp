// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/timing.h"

#include <algorithm>
#include <chrono>

#include "runtime/train/entry.h"

namespace graphc::driver {

double clock_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double quantile(std::vector<double>& values, double share) {
  auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void stop_learning(Instance& net) {
  for (const std::string& name : net.hyper_names())
    if (name.ends_with("learning_rate")) net.set_hyper(name, 0);
}

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
