// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The measured kernels beside the roofline, as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compiler/driver/kernel_times.h"
#include "compiler/driver/roofline.h"

namespace graphc::driver {

// A row for each kernel's code, longest first; what a repeated layer shares is one row with a count.
std::string kernel_table(const std::vector<KernelTime>& kernels, const Roofline& roofline);
std::string roofline_text(const Roofline& roofline);

nlohmann::ordered_json kernels_json(const std::vector<KernelTime>& kernels,
                                    const Roofline& roofline);  // each launch, in the plan's order
nlohmann::ordered_json roofline_json(const Roofline& roofline);

}  // namespace graphc::driver
