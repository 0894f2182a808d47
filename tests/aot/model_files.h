// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/support/golden.h"

namespace graphc_test {

// Each .gc file of these folders.
inline std::vector<std::filesystem::path> model_files() {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"examples", "tests/bench/models"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() + "/" + folder))
      if (entry.path().extension() == ".gc") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace graphc_test
