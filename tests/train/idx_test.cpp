// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/idx.h"

#include <doctest/doctest.h>

#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

StoredTensor parse(std::vector<int> values) {
  std::vector<std::byte> bytes;
  for (int value : values) bytes.push_back(static_cast<std::byte>(value));
  return parse_idx(bytes, "i.idx");
}

}  // namespace

TEST_CASE("idx: all element types") {
  StoredTensor images = parse({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 255});
  CHECK(images.shape == std::vector<int64_t>{1, 2, 2});
  CHECK(images.as<uint8_t>()[3] == 255);
  CHECK(parse({0, 0, 9, 1, 0, 0, 0, 1, 255}).as<int32_t>()[0] == -1);
  CHECK(parse({0, 0, 11, 1, 0, 0, 0, 1, 255, 254}).as<int32_t>()[0] == -2);
  CHECK(parse({0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 1, 0}).as<int32_t>()[0] == 256);
  CHECK(parse({0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0}).as<float>()[0] == 1);
}

TEST_CASE("idx: what it refuses") {
  CHECK_ERROR("does not begin with", parse({}));
  CHECK_ERROR("does not begin with", parse({1, 0, 8, 1}));
  CHECK_ERROR("8-byte floats", parse({0, 0, 14, 1, 0, 0, 0, 0}));
  CHECK_ERROR("the rank is 0", parse({0, 0, 8, 0}));
  CHECK_ERROR("the rank is 9", parse({0, 0, 8, 9}));
  CHECK_ERROR("ends inside its header", parse({0, 0, 8, 1, 0, 0}));
  CHECK_ERROR("2 elements of 1 bytes, 1 bytes follow", parse({0, 0, 8, 1, 0, 0, 0, 2, 7}));
  CHECK_ERROR("1 elements of 1 bytes, 2 bytes follow", parse({0, 0, 8, 1, 0, 0, 0, 1, 7, 7}));
  CHECK_ERROR("exceed 2^63", parse({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}));
}
