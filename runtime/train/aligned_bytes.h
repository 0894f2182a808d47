// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AlignedBytes: memory for params, state and workspace: zeroed, on a 64-byte boundary, refused with Error (out of resources).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "runtime/abi/graphc_abi.h"
#include "runtime/train/error.h"

namespace graphc {

class AlignedBytes {
 public:
  AlignedBytes() = default;
  AlignedBytes(uint64_t bytes, const char* what) : size_(bytes) {
    uint64_t rounded = (bytes + GRAPHC_ALIGNMENT - 1) / GRAPHC_ALIGNMENT * GRAPHC_ALIGNMENT;
    if (bytes <= SIZE_MAX / 2)
      data_.reset(static_cast<std::byte*>(std::aligned_alloc(GRAPHC_ALIGNMENT, rounded ? rounded : GRAPHC_ALIGNMENT)));
    if (!data_)
      throw Error(std::string("no memory for the ") + what + ": " + std::to_string(bytes) + " bytes",
                  ErrorKind::out_of_resources);
    std::memset(data_.get(), 0, bytes);
  }
  std::byte* data() const { return data_.get(); }
  uint64_t size() const { return size_; }
  std::span<std::byte> span() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> data_;
  uint64_t size_ = 0;
};

}  // namespace graphc
