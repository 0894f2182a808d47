// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A folder of compiled objects, one file each, shared by the user's processes. It can be deleted at any time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace graphc {

// Nothing here throws or prints: what cannot be read is not there, what cannot be written is not kept. Thread-safe.
class ObjectCache {
 public:
  // Where the objects outgrow max_bytes, those that were not used for longest are removed.
  explicit ObjectCache(std::filesystem::path folder, uint64_t max_bytes = uint64_t{256} << 20);

  // Empty where there is none, or where the file is not what was stored.
  std::string load(const std::string& key);
  void store(const std::string& key, std::string_view object);

  // A key is 32 hexadecimal digits: the XXH3 of what the object is made from.
  static std::string key_of(std::string_view text);

 private:
  void remove_oldest();

  std::filesystem::path folder_;
  uint64_t max_bytes_, written_ = 0;  // bytes since the folder was last measured
  bool measured_ = false;
  std::mutex mutex_;
};

// In $XDG_CACHE_HOME/graphc, else $HOME/.cache/graphc. Null where there is neither, or where GRAPHC_CACHE is `off`.
std::unique_ptr<ObjectCache> open_object_cache();

}  // namespace graphc
