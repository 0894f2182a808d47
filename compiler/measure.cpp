// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "ir/error.h"
#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

namespace {

constexpr size_t warmup_calls = 3, min_calls = 7, max_calls = 20000;

// What two readings of the clock, one behind the other, differ by.
double clock_cost() {
  std::vector<double> costs(1001);
  for (double& cost : costs) {
    double start = clock_seconds();
    cost = clock_seconds() - start;
  }
  return quantile(costs, 0.5);
}

struct Stopwatch {
  std::vector<std::vector<double>> times;  // of each launch
  size_t next = 0;                         // the launch of the next call

  static void run(void* user, uint32_t tasks, void (*body)(void*, uint32_t, uint32_t), void* arg) {
    auto& self = *static_cast<Stopwatch*>(user);
    double start = clock_seconds();
    for (uint32_t task = 0; task < tasks; task++) body(arg, task, 0);
    double end = clock_seconds();
    if (self.next < self.times.size()) self.times[self.next].push_back(end - start);
    self.next++;
  }
};

template <class T, class Draw>
void fill(StoredTensor& tensor, uint64_t count, Draw draw) {
  tensor.data.resize(count * sizeof(T));
  for (T& value : tensor.as<T>()) value = draw();
}

}  // namespace

double clock_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double quantile(std::vector<double>& values, double share) {
  auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

StoredTensor random_input(const graphc_tensor& input, uint64_t rows, uint64_t seed) {
  StoredTensor tensor{input.name, input.dtype, shape_at(input, rows), {}};
  uint64_t count = elements_at(input, rows);
  std::mt19937_64 random(seed);
  uint32_t limit = input.limit > 0 ? uint32_t(input.limit) : 4;
  if (input.dtype == GRAPHC_F32)
    fill<float>(tensor, count, [&] { return float(double(random() >> 11) * 0x1p-52 - 1); });
  else if (input.dtype == GRAPHC_I32)
    fill<int32_t>(tensor, count, [&] { return int32_t(random() % limit); });
  else
    fill<uint8_t>(tensor, count, [&] { return uint8_t(random() % 256); });
  return tensor;
}

void stop_learning(Instance& net) {
  for (const std::string& name : net.hyper_names())
    if (name.ends_with("learning_rate")) net.set_hyper(name, 0);
}

std::vector<double> launch_seconds(Instance& net, Instance::Entry& entry, size_t launches, uint32_t rows, const InputsOf& inputs, double seconds) {
  stop_learning(net);
  Stopwatch watch;
  watch.times.resize(launches);
  graphc_hooks hooks{sizeof(graphc_hooks), &watch, 1, Stopwatch::run, 0};
  net.set_hooks(&hooks);
  double start = clock_seconds();
  for (size_t n = 0; n < max_calls; n++) {
    if (n >= warmup_calls + min_calls && clock_seconds() - start > seconds) break;
    watch.next = 0;
    graphc_status status = net.call(entry, inputs(n), entry.score_outputs(), rows);
    if (status != GRAPHC_OK)
      throw Error(fmt::format("{}: {}; kernels are timed while the model trains", entry.info().name, status_text(status)), ErrorKind::training_failed);
    if (watch.next != launches) throw InternalError(fmt::format("{} has other kernels than its plan", entry.info().name));
    if (n < warmup_calls)
      for (auto& times : watch.times) times.clear();
  }
  net.set_hooks(nullptr);
  double cost = clock_cost();
  std::vector<double> result;
  for (auto& times : watch.times) result.push_back(std::max(1e-9, quantile(times, 0.5) - cost));
  return result;
}

}  // namespace graphc
