// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one core of this machine can do at most: multiply-adds, and bytes moved from each level of the memory (Williams,
// Waterman, Patterson: Roofline, 2009). Measured with kernels of our own code generator, in about 0.2 seconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graphc::driver {

struct Roofline {
  struct Level {
    std::string name;  // "L1", "L2", "L3", "DRAM"
    uint64_t bytes;    // its size; of the last one no limit
    double bandwidth;  // bytes read and written a second
  };
  double flops = 0;           // a second; a fused multiply-add is two
  std::vector<Level> levels;  // the nearest first

  // The smallest level that holds so many bytes.
  const Level& level_of(uint64_t footprint) const;
  // No kernel that moves `traffic` bytes of a memory of `footprint` bytes takes less.
  double least_seconds(double operations, double traffic, uint64_t footprint) const;
  // What takes that time: "multiply-adds", or the level's name.
  std::string bound(double operations, double traffic, uint64_t footprint) const;
};

Roofline measure_roofline();

}  // namespace graphc::driver
