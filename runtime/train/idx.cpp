// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/idx.h"

#include <algorithm>
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

// Bits of a number of Bytes bytes, extended to 32 with the sign.
template <size_t Bytes>
std::optional<uint64_t> convert(const std::byte* from, uint64_t count, std::byte* to) {
  std::span<const std::byte> data(from, count * Bytes);
  for (uint64_t i = 0; i < count; ++i) {
    uint32_t bits;
    if constexpr (Bytes == 1)
      bits = static_cast<uint32_t>(static_cast<int8_t>(byte_at(data, i)));
    else if constexpr (Bytes == 2)
      bits = static_cast<uint32_t>(static_cast<int16_t>(byte_at(data, 2 * i) << 8 | byte_at(data, 2 * i + 1)));
    else
      bits = big_endian(data, 4 * i);
    std::memcpy(to + 4 * i, &bits, 4);
  }
  return std::nullopt;
}

struct IdxType {
  uint8_t code, bytes, dtype;
  ConvertElements convert;
};
constexpr IdxType idx_types[] = {
    {0x08, 1, GRAPHC_U8, nullptr},    {0x09, 1, GRAPHC_I32, convert<1>}, {0x0b, 2, GRAPHC_I32, convert<2>},
    {0x0c, 4, GRAPHC_I32, convert<4>}, {0x0d, 4, GRAPHC_F32, convert<4>},
};

}  // namespace

bool is_idx(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && byte_at(bytes, 0) == 0 && byte_at(bytes, 1) == 0 && byte_at(bytes, 2) >= 0x08 &&
         byte_at(bytes, 2) <= 0x0e;
}

ArrayLayout idx_layout(std::span<const std::byte> bytes, uint64_t file_bytes, const std::string& name) {
  auto fail = [&](const std::string& text) { throw Error(name + ": error: IDX: " + text); };
  if (!is_idx(bytes)) fail("the file does not begin with the bytes 0 0 TYPE RANK");
  uint8_t code = byte_at(bytes, 2), rank = byte_at(bytes, 3);
  const auto* type = std::find_if(std::begin(idx_types), std::end(idx_types), [&](const IdxType& type) { return type.code == code; });
  if (type == std::end(idx_types))
    fail("elements of type " + std::to_string(code) + " (8-byte floats) are not read; convert them to 4-byte floats (type 13)");
  if (rank == 0 || rank > GRAPHC_MAX_RANK) fail("the rank is " + std::to_string(rank) + ", it must lie in 1..8");
  size_t head = 4 + 4 * size_t{rank};
  if (bytes.size() < head) fail("the file ends inside its header");
  ArrayLayout layout{type->dtype, {}, head, type->bytes, type->convert};
  uint64_t count = 1;
  for (size_t d = 0; d < rank; ++d) {
    uint32_t dim = big_endian(bytes, 4 + 4 * d);
    if (!multiply_checked(count, dim)) fail("the sizes in the header exceed 2^63 elements");
    layout.shape.push_back(dim);
  }
  uint64_t size = count;
  if (!multiply_checked(size, type->bytes) || size != file_bytes - head)
    fail("the header asks for " + std::to_string(count) + " elements of " + std::to_string(type->bytes) + " bytes, " +
         std::to_string(file_bytes - head) + " bytes follow it; fetch the file again");
  return layout;
}

StoredTensor parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  return read_elements(idx_layout(bytes, bytes.size(), name), bytes, name);
}

}  // namespace graphc
