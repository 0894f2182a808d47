// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel in the picture of the graph: what it reads at one side, what it writes at the other, its operations between.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/html_page.h"

namespace graphc::driver {

struct BoxPort {
  uint32_t buffer;
  double x;  // of its middle, from the left of the box
};

// The backward pass is drawn upwards: it reads at its bottom and writes at its top.
struct KernelBox {
  double width = 0, height = 0;
  bool up = false;
  std::vector<BoxPort> in, out;  // those through which other kernels are reached
  std::string svg;               // its corner at 0, 0
};

KernelBox detailed_box(const PageData& page, size_t kernel);
KernelBox compact_box(const PageData& page, size_t kernel);

}  // namespace graphc::driver
