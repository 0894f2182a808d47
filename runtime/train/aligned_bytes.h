// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AlignedBytes: memory for params, state and workspace: zeroed, on a 64-byte boundary, refused with Error (out of resources).
// Large blocks ask for huge pages: a kernel that walks a matrix touches a page a row.
#pragma once

#include <sys/mman.h>

#include <algorithm>
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
    bool is_large = bytes >= huge_page / 2;
    uint64_t alignment = is_large ? huge_page : GRAPHC_ALIGNMENT, rounded = (bytes + GRAPHC_ALIGNMENT - 1) / GRAPHC_ALIGNMENT * GRAPHC_ALIGNMENT;
    // The last page too where it is at least half full.
    uint64_t in_huge_pages = (bytes + huge_page / 2) / huge_page * huge_page;
    rounded = std::max<uint64_t>({rounded, is_large ? in_huge_pages : 0, GRAPHC_ALIGNMENT});
    if (bytes <= SIZE_MAX / 2) data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, (rounded + alignment - 1) / alignment * alignment)));
    if (!data_)
      throw Error(std::string("no memory for the ") + what + ": " + std::to_string(bytes) + " bytes",
                  ErrorKind::out_of_resources);
#ifdef MADV_HUGEPAGE
    if (is_large) madvise(data_.get(), in_huge_pages, MADV_HUGEPAGE);  // a wish: where it is refused nothing is lost
#endif
    std::memset(data_.get(), 0, bytes);
  }
  std::byte* data() const { return data_.get(); }
  uint64_t size() const { return size_; }
  std::span<std::byte> span() const { return {data_.get(), size_}; }

 private:
  static constexpr uint64_t huge_page = uint64_t{2} << 20;
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> data_;
  uint64_t size_ = 0;
};

}  // namespace graphc
