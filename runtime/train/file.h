// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole files in and out. Errors name the path, the reason and the remedy; a full or failing disk is out of resources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

inline constexpr uint64_t largest_file = uint64_t{4} << 30;

std::vector<std::byte> read_file(const std::string& path, uint64_t limit = largest_file);

// Temporary file beside it, fsync, rename, fsync of the folder: a reader finds the old content or the new, never a part.
// A path that is no regular file (a pipe, /dev/stdout) is written directly.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace graphc
