// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ZIP archives in memory (PKWARE's APPNOTE): stored and deflated members. Reading is strict: the two headers of a member must
// agree, members must not overlap, names must differ; encryption, several disks and archives in zip64 form are refused. The
// zip64 field that numpy writes into local headers is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graphc {

struct ZipMember {
  std::string name;
  uint64_t header = 0, data = 0;  // where its local header and its bytes begin
  uint64_t packed = 0, size = 0;  // bytes in the file, and inflated
  uint32_t crc = 0;
  bool deflated = false;
};

bool is_zip(std::span<const std::byte> bytes);

// In the order of the directory. `name` stands for the file in errors.
std::vector<ZipMember> zip_members(std::span<const std::byte> bytes, const std::string& name);

// The member's content, its size and checksum verified: a part of `bytes`, or of `inflated`. Allocates member.size bytes, which
// the caller has found acceptable.
std::span<const std::byte> zip_content(std::span<const std::byte> bytes, const ZipMember& member, const std::string& name,
                                       std::vector<std::byte>& inflated);

struct ZipEntry {
  std::string name;
  std::vector<std::byte> content;
};
std::vector<std::byte> format_zip(const std::vector<ZipEntry>& entries, const std::string& name);  // stored

}  // namespace graphc
