// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How long each kernel of a step takes, inside real steps: their data lie in the caches as the kernels before them left them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/driver/batches.h"
#include "compiler/driver/entry_view.h"
#include "ir/plan.h"
#include "runtime/train/instance.h"

namespace graphc::driver {

struct KernelTime {
  const Launch* launch = nullptr;
  std::string explained;  // its name in `graphc explain`: "K3"
  std::string name;       // of its code, which equal kernels share
  double seconds = 0;     // median, without the time of reading the clock
  double flops = 0;
  uint64_t read = 0, written = 0;  // bytes of the buffers that it loads from and stores to, each once
  uint64_t footprint = 0;          // bytes of all its buffers

  uint64_t traffic() const { return read + written; }
};

// All but the seconds, which are 0; in the plan's order.
std::vector<KernelTime> count_kernels(const EntryView& view, uint32_t rows);

// Of each launch of `step`, in the plan's order. `program` was compiled with hook_every_kernel for exactly `rows` rows and
// lives as long as the result. Learning rates are set to 0: many steps on few minibatches must not diverge.
std::vector<KernelTime> measure_kernels(const PlanModule& program, Instance& net, const std::string& step, const Batches& batches,
                                        uint32_t rows, double seconds);

}  // namespace graphc::driver
