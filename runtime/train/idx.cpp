// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/idx.h"

#include <bit>
#include <cstring>

#include "runtime/train/error.h"
#include "runtime/train/numbers.h"

namespace graphc {
namespace {

uint8_t byte_at(std::span<const std::byte> bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

uint32_t big_endian(std::span<const std::byte> bytes, size_t at) {
  return uint32_t{byte_at(bytes, at)} << 24 | uint32_t{byte_at(bytes, at + 1)} << 16 | uint32_t{byte_at(bytes, at + 2)} << 8 |
         byte_at(bytes, at + 3);
}

size_t type_bytes(uint8_t code) {
  switch (code) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0b:
      return 2;
    case 0x0c:
    case 0x0d:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

bool is_idx(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && byte_at(bytes, 0) == 0 && byte_at(bytes, 1) == 0 && byte_at(bytes, 2) >= 0x08 &&
         byte_at(bytes, 2) <= 0x0e;
}

StoredTensor parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  auto fail = [&](const std::string& text) { throw Error(name + ": error: IDX: " + text); };
  if (!is_idx(bytes)) fail("the file does not begin with the bytes 0 0 TYPE RANK");
  uint8_t code = byte_at(bytes, 2), rank = byte_at(bytes, 3);
  size_t element = type_bytes(code);
  if (element == 0)
    fail("elements of type " + std::to_string(code) + " (8-byte floats) are not read; convert them to 4-byte floats (type 13)");
  if (rank == 0 || rank > GRAPHC_MAX_RANK) fail("the rank is " + std::to_string(rank) + ", it must lie in 1..8");
  size_t head = 4 + 4 * size_t{rank};
  if (bytes.size() < head) fail("the file ends inside its header");
  StoredTensor tensor;
  uint64_t count = 1;
  for (size_t d = 0; d < rank; ++d) {
    uint32_t dim = big_endian(bytes, 4 + 4 * d);
    if (!multiply_checked(count, dim)) fail("the sizes in the header exceed 2^63 elements");
    tensor.shape.push_back(dim);
  }
  uint64_t size = count;
  if (!multiply_checked(size, element) || size != bytes.size() - head)
    fail("the header asks for " + std::to_string(count) + " elements of " + std::to_string(element) + " bytes, " +
         std::to_string(bytes.size() - head) + " bytes follow it; fetch the file again");
  std::span<const std::byte> data = bytes.subspan(head);
  tensor.dtype = code == 0x08 ? GRAPHC_U8 : code == 0x0d ? GRAPHC_F32 : GRAPHC_I32;
  if (code == 0x08) {
    tensor.data.assign(data.begin(), data.end());
    return tensor;
  }
  tensor.data.resize(count * 4);
  for (uint64_t i = 0; i < count; ++i) {
    uint32_t bits;
    if (element == 1)
      bits = static_cast<uint32_t>(static_cast<int8_t>(byte_at(data, i)));
    else if (element == 2)
      bits = static_cast<uint32_t>(static_cast<int16_t>(byte_at(data, 2 * i) << 8 | byte_at(data, 2 * i + 1)));
    else
      bits = big_endian(data, 4 * i);
    std::memcpy(tensor.data.data() + 4 * i, &bits, 4);
  }
  return tensor;
}

}  // namespace graphc
