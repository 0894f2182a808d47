// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/kernel_times.h"

#include <algorithm>
#include <map>

#include "compiler/driver/flops.h"
#include "compiler/measure.h"

namespace graphc::driver {

namespace {

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
  std::vector<KernelTime> kernels = count_kernels(view, rows);
  auto times = launch_seconds(net, entry, kernels.size(), rows, [&](uint64_t n) { return batches.get(n); }, seconds);
  for (size_t k = 0; k < kernels.size(); k++) kernels[k].seconds = times[k];
  return kernels;
}

}  // namespace graphc::driver
