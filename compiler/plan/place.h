// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <vector>

namespace graphc {

struct Lifetime {
  uint64_t bytes;
  uint32_t first, last;  // stages, both included
};

// Offsets such that buffers whose lifetimes meet do not overlap; each a multiple of `alignment`.
// Knows nothing but sizes and lifetimes. `end`: where the arena ends.
std::vector<uint64_t> place_in_memory(const std::vector<Lifetime>& buffers, uint64_t alignment, uint64_t* end);

// The largest sum of aligned bytes alive in one stage: no placement needs less.
uint64_t live_bytes_bound(const std::vector<Lifetime>& buffers, uint64_t alignment);

}  // namespace graphc
