// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory between two pages that may not be touched: a read or write outside of it ends the test program at that instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace graphc_test {

class GuardedMemory {
 public:
  enum Side : uint8_t { begin, end };  // which of the two guards the bytes touch

  // Aligned to `alignment`; at the end, bytes up to the guard's page are less than one alignment.
  GuardedMemory(size_t bytes, size_t alignment, Side side, int fill);
  ~GuardedMemory();
  GuardedMemory(GuardedMemory&& other) noexcept;
  GuardedMemory& operator=(GuardedMemory&&) = delete;

  std::byte* data() { return data_; }
  std::span<std::byte> bytes() { return {data_, size_}; }

 private:
  std::byte *pages_, *data_;
  size_t size_, mapped_;
};

}  // namespace graphc_test
