// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions of stored elements that refuse what does not fit.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

namespace graphc {

static_assert(std::endian::native == std::endian::little, "file readers assume a little-endian host");

// `count` elements, unaligned at `from`, as another type at `to`; the index of the first that does not fit, if any.
using ConvertElements = std::optional<uint64_t> (*)(const std::byte* from, uint64_t count, std::byte* to);

template <class From, class To>
std::optional<uint64_t> convert_elements(const std::byte* from, uint64_t count, std::byte* to) {
  for (uint64_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    To result = static_cast<To>(value);
    if constexpr (std::numeric_limits<From>::is_integer) {
      if (static_cast<From>(result) != value) return i;
    } else {
      if (std::isfinite(value) && !std::isfinite(result)) return i;
    }
    std::memcpy(to + i * sizeof(To), &result, sizeof(To));
  }
  return std::nullopt;
}

// a * b, or false where it exceeds 2^63 - 1.
inline bool multiply_checked(uint64_t& a, uint64_t b) {
  return !__builtin_mul_overflow(a, b, &a) && a <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

}  // namespace graphc
