// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ZIP archives for tests, also such as no honest program writes.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace graphc_test {

inline std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value);
  return text;
}

inline std::string deflate_raw(const std::string& text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct ZipFile {
  std::string name, content;
  bool deflated = false;
  bool zip64_local = false;   // sizes in the local header's extra field, as numpy writes them
  bool sizes_follow = false;  // as written to a pipe
  uint32_t method = 0;        // instead of 0 and 8
  uint32_t flags = 0;
};

inline std::string zip_archive(const std::vector<ZipFile>& files, const std::string& comment = "") {
  std::string text, directory;
  for (const ZipFile& file : files) {
    std::string data = file.deflated ? deflate_raw(file.content) : file.content;
    uint64_t crc = crc32(0, reinterpret_cast<const Bytef*>(file.content.data()), static_cast<uInt>(file.content.size()));
    uint64_t flags = file.flags | (file.sizes_follow ? 8u : 0u), method = file.method ? file.method : file.deflated ? 8 : 0;
    std::string extra, sizes = little(data.size(), 4) + little(file.content.size(), 4);
    std::string common = little(20, 2) + little(flags, 2) + little(method, 2) + little(0, 4);
    if (file.zip64_local) extra = little(1, 2) + little(16, 2) + little(file.content.size(), 8) + little(data.size(), 8);
    uint64_t place = text.size();
    text += "PK\3\4" + common + little(file.sizes_follow ? 0 : crc, 4);
    text += file.sizes_follow ? little(0, 8) : file.zip64_local ? little(~uint64_t{0}, 8) : sizes;
    text += little(file.name.size(), 2) + little(extra.size(), 2) + file.name + extra + data;
    if (file.sizes_follow) text += "PK\7\10" + little(crc, 4) + sizes;
    directory += "PK\1\2" + little(20, 2) + common + little(crc, 4) + sizes + little(file.name.size(), 2) + little(0, 12) +
                 little(place, 4) + file.name;
  }
  uint64_t at = text.size();
  return text + directory + "PK\5\6" + little(0, 4) + little(files.size(), 2) + little(files.size(), 2) +
         little(directory.size(), 4) + little(at, 4) + little(comment.size(), 2) + comment;
}

// `value` instead of the bytes at `at`.
inline std::string with(std::string text, size_t at, const std::string& value) { return text.replace(at, value.size(), value); }

}  // namespace graphc_test
