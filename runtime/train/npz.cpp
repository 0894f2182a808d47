// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/npz.h"

#include <algorithm>

#include "runtime/train/error.h"
#include "runtime/train/gzip.h"
#include "runtime/train/npy.h"
#include "runtime/train/zip.h"

namespace graphc {

std::vector<StoredTensor> parse_npz(std::span<const std::byte> bytes, const std::string& name,
                                    const std::optional<std::vector<std::string>>& keys, std::vector<std::string>* found) {
  constexpr std::string_view ending = ".npy";
  std::vector<ZipMember> members = zip_members(bytes, name);
  std::erase_if(members, [&](const ZipMember& member) { return !member.name.ends_with(ending); });
  std::vector<std::string> all;
  for (const ZipMember& member : members) all.push_back(member.name.substr(0, member.name.size() - ending.size()));
  if (found) *found = all;

  uint64_t total = 0, limit = inflate_limit(bytes.size());
  std::vector<StoredTensor> tensors;
  for (const std::string& key : keys ? *keys : all) {
    auto place = std::find(all.begin(), all.end(), key);
    if (place == all.end()) continue;
    const ZipMember& member = members[static_cast<size_t>(place - all.begin())];
    total += member.size;
    if (total > limit)
      throw Error(name + ": error: npz: more than " + std::to_string(limit) + " bytes come out of " +
                  std::to_string(bytes.size()) + "; save it with numpy.savez if it is sound");
    std::vector<std::byte> inflated;
    tensors.push_back(parse_npy(zip_content(bytes, member, name, inflated), name + ":" + member.name));
    tensors.back().name = key;
  }
  return tensors;
}

}  // namespace graphc
