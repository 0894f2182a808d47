// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module of the C ABI written by hand: y = standardize(x) . weight + bias, mean squared error, SGD. No compiler behind it, so
// the trainer is tested alone. weight is [2, 1] with a stride of 4, so that copies must obey strides.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/abi/graphc_abi.h"
#include "runtime/train/dataset.h"

namespace graphc_test {

inline constexpr uint32_t linear_max_rows = 4;
const graphc_module& linear_module();

// y = 3 x0 - 2 x1 + 1, without noise.
graphc::Dataset plane(uint64_t rows);

// A folder that disappears with the test.
struct Folder {
  std::filesystem::path path;
  Folder();
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(file(name), std::ios::binary) << content;
    return file(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

// The message of the graphc::Error that `action` throws; "no error" where it throws none.
template <class Action>
std::string error_of(Action action);

}  // namespace graphc_test

#include "runtime/train/error.h"

template <class Action>
std::string graphc_test::error_of(Action action) {
  try {
    action();
  } catch (const graphc::Error& error) {
    return error.what();
  }
  return "no error";
}

// The message is printed where the part is missing.
#define CHECK_ERROR(part, ...)                                         \
  do {                                                                 \
    std::string message = graphc_test::error_of([&] { __VA_ARGS__; }); \
    CHECK_MESSAGE(message.find(part) != std::string::npos, message);   \
  } while (0)
