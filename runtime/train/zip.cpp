// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "runtime/train/error.h"

namespace graphc {
namespace {

constexpr uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr size_t local_bytes = 30, central_bytes = 46, end_bytes = 22;
constexpr uint32_t in_zip64 = 0xffffffff;  // a size or place of 32 bits that stands elsewhere
// Flags of a member: encrypted, patched, strongly encrypted, masked headers; and sizes that follow the data.
constexpr uint32_t refused_flags = 1 | 1 << 5 | 1 << 6 | 1 << 13, sizes_follow = 1 << 3;

class Zip {
 public:
  Zip(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<ZipMember> members() {
    size_t end = find_end();
    uint64_t count = u16(end + 10), size = u32(end + 12), at = u32(end + 16);
    if (count == 0xffff || size == in_zip64 || at == in_zip64)
      fail("the archive is in zip64 form, for 4 GiB and more, which is not read; save separate .npy files");
    if (u16(end + 4) || u16(end + 6) || u16(end + 8) != count) fail("the archive is spread over several disks");
    if (at + size != end) fail("the directory does not end where the end record begins; fetch the file again");
    directory_ = at;
    std::vector<ZipMember> members;
    for (uint64_t i = 0; i < count; ++i) members.push_back(member(at, end));
    if (at != end) fail("the directory has more entries than the end record says");
    refuse_overlaps(members);
    return members;
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
  uint64_t directory_ = 0;

  [[noreturn]] void fail(const std::string& text) const { throw Error(name_ + ": error: zip: " + text); }
  uint32_t u16(uint64_t at) const { return static_cast<uint32_t>(bytes_[at]) | static_cast<uint32_t>(bytes_[at + 1]) << 8; }
  uint32_t u32(uint64_t at) const { return u16(at) | u16(at + 2) << 16; }
  uint64_t u64(uint64_t at) const { return u32(at) | uint64_t{u32(at + 4)} << 32; }
  std::string_view text(uint64_t at, size_t size) const { return {reinterpret_cast<const char*>(bytes_.data()) + at, size}; }

  // The end record stands at the very end, but for a comment whose length it gives.
  size_t find_end() const {
    for (size_t comment = 0; comment <= 0xffff && comment + end_bytes <= bytes_.size(); ++comment) {
      size_t at = bytes_.size() - end_bytes - comment;
      if (u32(at) == end_signature && u16(at + 20) == comment) return at;
    }
    fail("there is no end record, so the file is not whole; fetch it again");
  }

  ZipMember member(uint64_t& at, uint64_t end) const {
    if (end - at < central_bytes || u32(at) != central_signature) fail("the directory is damaged at byte " + std::to_string(at));
    uint64_t names = u16(at + 28), total = central_bytes + names + u16(at + 30) + u16(at + 32);
    if (end - at < total) fail("the directory is damaged at byte " + std::to_string(at));
    ZipMember m{std::string(text(at + central_bytes, names)), u32(at + 42), 0, u32(at + 20), u32(at + 24), u32(at + 16), false};
    if (m.header == in_zip64 || m.packed == in_zip64 || m.size == in_zip64)
      fail("member \"" + m.name + "\" is in zip64 form, for 4 GiB and more, which is not read; save separate .npy files");
    if (u16(at + 34)) fail("member \"" + m.name + "\" lies on another disk");
    read_local(m, u16(at + 8), u16(at + 10));
    at += total;
    return m;
  }

  // The local header repeats the directory's; where they differ one of the two is damaged or lies.
  void read_local(ZipMember& m, uint32_t flags, uint32_t method) const {
    std::string which = "member \"" + m.name + "\"";
    if (flags & refused_flags) fail(which + " is encrypted or patched; save the file without that");
    if (method != 0 && method != 8)
      fail(which + " is packed by method " + std::to_string(method) + "; only stored and deflated ones are read");
    m.deflated = method == 8;
    if (!m.deflated && m.packed != m.size) fail(which + " is stored, and its two sizes differ");
    if (m.header > directory_ || directory_ - m.header < local_bytes || u32(m.header) != local_signature)
      fail(which + " has no header at byte " + std::to_string(m.header));
    uint64_t names = u16(m.header + 26), extra = u16(m.header + 28);
    m.data = m.header + local_bytes + names + extra;
    if (m.data > directory_ || directory_ - m.data < m.packed) fail(which + " reaches into the directory");
    uint64_t packed = u32(m.header + 18), size = u32(m.header + 22);
    bool follow = u16(m.header + 6) & sizes_follow;
    if (packed == in_zip64 || size == in_zip64) read_zip64(m.data - extra, m.data, packed, size);
    auto differs = [&](uint64_t local, uint64_t central) { return local != central && !(follow && local == 0); };
    if (u16(m.header + 6) != flags || u16(m.header + 8) != method || text(m.header + local_bytes, names) != m.name ||
        differs(packed, m.packed) || differs(size, m.size) || differs(u32(m.header + 14), m.crc))
      fail(which + " is described differently by its header and by the directory");
  }

  // Extra fields: an id, a length, the content. Number 1 has the inflated and the packed size.
  void read_zip64(uint64_t at, uint64_t end, uint64_t& packed, uint64_t& size) const {
    while (end - at >= 4) {
      uint64_t length = u16(at + 2);
      if (end - at - 4 < length) return;
      if (u16(at) == 1 && length >= 16) {
        size = u64(at + 4), packed = u64(at + 12);
        return;
      }
      at += 4 + length;
    }
  }

  void refuse_overlaps(const std::vector<ZipMember>& members) const {
    std::vector<const ZipMember*> in_file;
    std::set<std::string_view> names;
    for (const ZipMember& m : members) {
      in_file.push_back(&m);
      if (!names.insert(m.name).second) fail("there are two members \"" + m.name + "\"");
    }
    std::sort(in_file.begin(), in_file.end(), [](const ZipMember* a, const ZipMember* b) { return a->header < b->header; });
    for (size_t i = 1; i < in_file.size(); ++i)
      if (in_file[i]->header < in_file[i - 1]->data + in_file[i - 1]->packed)
        fail("members \"" + in_file[i - 1]->name + "\" and \"" + in_file[i]->name + "\" overlap");
  }
};

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && (std::memcmp(bytes.data(), "PK\3\4", 4) == 0 || std::memcmp(bytes.data(), "PK\5\6", 4) == 0);
}

std::vector<ZipMember> zip_members(std::span<const std::byte> bytes, const std::string& name) { return Zip(bytes, name).members(); }

std::span<const std::byte> zip_content(std::span<const std::byte> bytes, const ZipMember& member, const std::string& name,
                                       std::vector<std::byte>& inflated) {
  std::span<const std::byte> packed = bytes.subspan(member.data, member.packed), content = packed;
  std::string what = name + ": error: zip: member \"" + member.name + "\": ";
  if (member.deflated) {
    inflated.resize(member.size + 1);  // 1: zlib wants a place even for nothing
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) throw Error(what + "no memory", ErrorKind::out_of_resources);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(inflated.data());
    stream.avail_out = static_cast<uInt>(inflated.size());
    int status = inflate(&stream, Z_FINISH);
    bool whole = status == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 1;
    inflateEnd(&stream);
    if (status == Z_MEM_ERROR) throw Error(what + "no memory", ErrorKind::out_of_resources);
    if (!whole) throw Error(what + "the compressed data are damaged, or of another size than said; fetch the file again");
    content = std::span(inflated).first(member.size);
  }
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  if (crc != member.crc) throw Error(what + "the checksum is wrong, so the data are damaged; fetch the file again");
  return content;
}

}  // namespace graphc
