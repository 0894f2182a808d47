// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's .npy files (numpy.lib.format, versions 1 to 3): little-endian f4, f8, i4, i8, u1 and bool in C order. f8 is read as
// f32, i8 as i32 where it fits, bool as u8. Written as version 1.0.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/train/array_layout.h"

namespace graphc {

bool is_npy(std::span<const std::byte> bytes);
// From the file's first bytes (largest_npy_header of them, or all) and its size.
inline constexpr size_t largest_npy_header = 12 + 65536;
ArrayLayout npy_layout(std::span<const std::byte> start, uint64_t file_bytes, const std::string& name);
StoredTensor parse_npy(std::span<const std::byte> bytes, const std::string& name);
std::vector<std::byte> format_npy(const StoredTensor& tensor);
void write_npy(const std::string& path, const StoredTensor& tensor);

}  // namespace graphc
