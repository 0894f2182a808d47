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

// A file that stays open and is read in parts, by any thread.
class FileReader {
 public:
  explicit FileReader(const std::string& path);
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  ~FileReader();

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }  // when it was opened
  void read(uint64_t at, std::span<std::byte> to) const;  // all of it; Error where the file ends before
  void will_read(uint64_t at, uint64_t bytes) const;      // a hint

 private:
  std::string path_;
  int descriptor_;
  uint64_t size_;
};

// Temporary file beside it, fsync, rename, fsync of the folder: a reader finds the old content or the new, never a part.
// A path that is no regular file (a pipe, /dev/stdout) is written directly.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace graphc
