// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What bench tells about the machine beside the times. Linux.
#pragma once

#include <string>

namespace graphc::driver {

double peak_rss_mb();      // of this process
double busy_seconds();     // CPU seconds so far, of everything on this machine
double own_cpu_seconds();  // of this process
std::string today();       // YYYY-MM-DD

}  // namespace graphc::driver
