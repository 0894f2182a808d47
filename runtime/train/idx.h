// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IDX files (yann.lecun.com/exdb/mnist): big-endian; unsigned bytes stay u8, other types become i32 or f32.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/train/array_layout.h"

namespace graphc {

bool is_idx(std::span<const std::byte> bytes);
// From the file's first bytes (largest_idx_header of them, or all) and its size.
inline constexpr size_t largest_idx_header = 4 + 4 * GRAPHC_MAX_RANK;
ArrayLayout idx_layout(std::span<const std::byte> start, uint64_t file_bytes, const std::string& name);
StoredTensor parse_idx(std::span<const std::byte> bytes, const std::string& name);

}  // namespace graphc
