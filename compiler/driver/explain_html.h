// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/kernel_times.h"
#include "compiler/driver/roofline.h"

namespace graphc::driver {

// The kernels of an entry, with their seconds and the roofline where these were measured; else why not.
struct Measurement {
  std::vector<KernelTime> kernels;
  std::optional<Roofline> roofline;
  std::string note;
};

// A page with the graph, the kernels, the workspace and the roofline of an entry; `text` is what is told in words.
std::string explain_html(const EntryView& view, const std::string& text, const Measurement& measured);

}  // namespace graphc::driver
