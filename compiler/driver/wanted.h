// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cache or recompute, as it was decided: what the backward wants of the forward, and what each choice costs.
#pragma once

#include <vector>

#include "compiler/driver/entry_view.h"

namespace graphc::driver {

struct WantedValue {
  ValueId value;
  enum Choice : uint8_t {
    kept,        // in memory until the backward has read it
    same_kernel, // one kernel computes it and what wants it: it never leaves the registers
    recomputed   // by kernels of the backward
  } choice;
  uint64_t bytes;               // where it is kept, at the maximum of rows
  uint64_t read_bytes;          // to compute it again from what else is in memory
  double operations;            // likewise
  std::vector<size_t> kernels;  // of the backward, that compute it again
};

// In order of the graph; without sources, single numbers and moved elements. A value that a memory budget asked for again counts
// in place of the first.
std::vector<WantedValue> wanted_values(const EntryView& view);

const char* name(WantedValue::Choice choice);

}  // namespace graphc::driver
