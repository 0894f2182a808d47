// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc {

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

uint64_t inflate_limit(uint64_t compressed_bytes) {
  return std::min<uint64_t>((uint64_t{64} << 20) + 64 * compressed_bytes, largest_file);
}

std::vector<std::byte> inflate_gzip(std::span<const std::byte> bytes, const std::string& name) {
  const uint64_t limit = inflate_limit(bytes.size());
  auto fail = [&](const std::string& reason) { throw Error(name + ": error: gzip: " + reason); };
  struct Stream : z_stream {
    Stream() : z_stream{} {}
    ~Stream() { inflateEnd(this); }
  } stream;
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw Error(name + ": error: gzip: no memory", ErrorKind::out_of_resources);
  std::vector<std::byte> result;
  if (bytes.size() >= 18) {  // the last four bytes are the size, of an honest file with one member
    uint32_t size;
    std::memcpy(&size, bytes.data() + bytes.size() - 4, 4);
    result.reserve(std::min<uint64_t>(limit, size) + 1);
  }
  size_t used = 0, read = 0;
  while (true) {
    size_t room = std::clamp<size_t>(result.capacity() - used, size_t{1} << 16, size_t{1} << 20);
    result.resize(used + room);
    size_t given = std::min<size_t>(bytes.size() - read, size_t{1} << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + read));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(result.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    int status = inflate(&stream, Z_NO_FLUSH);
    read += given - stream.avail_in;
    used += room - stream.avail_out;
    result.resize(used);
    if (status == Z_MEM_ERROR) throw Error(name + ": error: gzip: no memory", ErrorKind::out_of_resources);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      fail(std::string("the compressed data are damaged (") + (stream.msg ? stream.msg : "unknown reason") +
           "); fetch the file again");
    if (used > limit)
      fail("more than " + std::to_string(limit) + " bytes come out of " + std::to_string(bytes.size()) +
           "; inflate the file by hand if it is sound");
    if (status == Z_STREAM_END) {
      if (read == bytes.size()) return result;
      if (!is_gzip(bytes.subspan(read))) fail("bytes follow the end of the compressed data");
      inflateReset(&stream);  // the next member
    } else if (read == bytes.size() && stream.avail_out != 0) {
      fail("the file ends early; fetch it again");
    }
  }
}

std::vector<std::byte> read_data_file(const std::string& path) {
  std::vector<std::byte> bytes = read_file(path);
  return is_gzip(bytes) ? inflate_gzip(bytes, path) : bytes;
}

}  // namespace graphc
