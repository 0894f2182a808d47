// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data files, plain or gzip-compressed; which one is known by the first two bytes, not by the name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graphc {

bool is_gzip(std::span<const std::byte> bytes);

// The most that is inflated from so many bytes: 64 MiB + 64 x (real data sets stay far below; a bomb has 1,000 x), and 4 GiB.
uint64_t inflate_limit(uint64_t compressed_bytes);

// Inflates all members, up to the limit.
std::vector<std::byte> inflate_gzip(std::span<const std::byte> bytes, const std::string& name);

std::vector<std::byte> read_data_file(const std::string& path);  // reads, and inflates where it is gzip

}  // namespace graphc
