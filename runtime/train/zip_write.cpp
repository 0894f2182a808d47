// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <zlib.h>

#include "runtime/train/error.h"
#include "runtime/train/zip.h"

namespace graphc {
namespace {

void append(std::vector<std::byte>& to, std::initializer_list<std::pair<uint64_t, int>> numbers) {
  for (auto [value, bytes] : numbers)
    for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::byte>(value >> 8 * i));
}

void append(std::vector<std::byte>& to, const std::string& text) {
  auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::vector<std::byte> format_zip(const std::vector<ZipEntry>& entries, const std::string& name) {
  constexpr uint64_t version = 20, date = 1 << 5 | 1;  // the first day there is, so that equal contents are equal files
  std::vector<std::byte> file, directory;
  for (const ZipEntry& entry : entries) {
    uint64_t crc = crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size());
    uint64_t size = entry.content.size(), place = file.size();
    append(file, {{0x04034b50, 4}, {version, 2}, {0, 2}, {0, 2}, {0, 2}, {date, 2}, {crc, 4}, {size, 4}, {size, 4}, {entry.name.size(), 2}, {0, 2}});
    append(file, entry.name);
    file.insert(file.end(), entry.content.begin(), entry.content.end());
    append(directory, {{0x02014b50, 4}, {version, 2}, {version, 2}, {0, 2}, {0, 2}, {0, 2}, {date, 2}, {crc, 4}, {size, 4}, {size, 4},
                       {entry.name.size(), 2}, {0, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 4}, {place, 4}});
    append(directory, entry.name);
  }
  uint64_t at = file.size();
  if (at + directory.size() >= 0xffffffff || entries.size() >= 0xffff)
    throw Error(name + ": error: zip: 4 GiB and more, or 65535 members, do not fit into the format; save as .safetensors");
  file.insert(file.end(), directory.begin(), directory.end());
  append(file, {{0x06054b50, 4}, {0, 2}, {0, 2}, {entries.size(), 2}, {entries.size(), 2}, {directory.size(), 4}, {at, 4}, {0, 2}});
  return file;
}

}  // namespace graphc
