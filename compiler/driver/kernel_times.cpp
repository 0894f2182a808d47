// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/kernel_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/driver/flops.h"
#include "compiler/driver/timing.h"
#include "runtime/train/entry.h"
#include "runtime/train/error.h"

namespace graphc::driver {

namespace {

constexpr size_t warmup_steps = 3, min_steps = 7, max_steps = 20000;

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
  std::vector<std::vector<double>> times;  // of each kernel
  size_t next = 0;                         // the kernel of the next call

  static void run(void* user, uint32_t tasks, void (*body)(void*, uint32_t, uint32_t), void* arg) {
    auto& self = *static_cast<Stopwatch*>(user);
    double start = clock_seconds();
    for (uint32_t task = 0; task < tasks; task++) body(arg, task, 0);
    double end = clock_seconds();
    if (self.next < self.times.size()) self.times[self.next].push_back(end - start);
    self.next++;
  }
};

// A buffer that is read by computed rows counts whole.
void count_bytes(KernelTime& kernel, const Plan& plan, const loops::Kernel& code) {
  std::vector<bool> loaded(code.buffers.size());
  for (const loops::Expr& e : code.exprs)
    if (e.kind == loops::Expr::load) loaded[e.id] = true;
  std::map<uint32_t, std::pair<bool, bool>> buffers;  // a launch may name a buffer twice
  for (size_t a = 0; a < code.buffers.size(); a++) {
    auto& [is_read, is_written] = buffers[kernel.launch->arguments[a]];
    is_read |= loaded[a];
    is_written |= code.buffers[a].written;
  }
  for (auto [buffer, use] : buffers) {
    uint64_t bytes = plan.buffers[buffer].bytes;
    kernel.footprint += bytes;
    kernel.read += use.first ? bytes : 0;
    kernel.written += use.second ? bytes : 0;
  }
}

}  // namespace

std::vector<KernelTime> count_kernels(const EntryView& view, uint32_t rows) {
  std::vector<KernelTime> kernels;
  for (size_t k = 0; k < view.kernels.size(); k++) {
    const loops::Kernel& code = view.module.kernels[view.kernels[k]->kernel];
    KernelTime& kernel =
        kernels.emplace_back(KernelTime{.launch = view.kernels[k], .explained = view.kernel_name(k), .name = code.name});
    kernel.flops = kernel_flops(code, rows);
    count_bytes(kernel, view.plan, code);
  }
  return kernels;
}

std::vector<KernelTime> measure_kernels(const PlanModule& program, Instance& net, const std::string& step, const Batches& batches,
                                        uint32_t rows, double seconds) {
  EntryView view(program, *program.plan(step));
  Instance::Entry& entry = net.entry(step);
  stop_learning(net);
  Stopwatch watch;
  watch.times.resize(view.kernels.size());
  graphc_hooks hooks{sizeof(graphc_hooks), &watch, 1, Stopwatch::run};
  net.set_hooks(&hooks);
  double start = clock_seconds();
  for (size_t n = 0; n < max_steps; n++) {
    if (n >= warmup_steps + min_steps && clock_seconds() - start > seconds) break;
    watch.next = 0;
    StepResult result = net.score(entry, batches.get(n), rows);
    if (result.status != GRAPHC_OK)
      throw Error(fmt::format("bench: the loss is {}; kernels are timed while the model trains", result.loss),
                  ErrorKind::training_failed);
    if (watch.next != watch.times.size()) throw InternalError("bench: the step has other kernels than its plan");
    if (n < warmup_steps)
      for (auto& times : watch.times) times.clear();
  }
  net.set_hooks(nullptr);

  double cost = clock_cost();
  std::vector<KernelTime> kernels = count_kernels(view, rows);
  for (size_t k = 0; k < kernels.size(); k++) kernels[k].seconds = std::max(1e-9, quantile(watch.times[k], 0.5) - cost);
  return kernels;
}

}  // namespace graphc::driver
