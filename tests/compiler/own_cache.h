// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace graphc_test {

namespace fs = std::filesystem;

struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "graphc_cache_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
};

// The cache of this process lies in a folder of its own, and is switched on.
struct OwnCache : TemporaryFolder {
  OwnCache() {
    setenv("XDG_CACHE_HOME", path.c_str(), 1);
    setenv("GRAPHC_CACHE", "on", 1);
  }
  ~OwnCache() {
    unsetenv("XDG_CACHE_HOME");
    setenv("GRAPHC_CACHE", "off", 1);
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    if (fs::exists(path / "graphc"))
      for (const auto& file : fs::directory_iterator(path / "graphc")) all.push_back(file.path());
    return all;
  }
};

}  // namespace graphc_test
