// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/guarded_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

namespace graphc_test {

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

GuardedMemory::GuardedMemory(size_t bytes, size_t alignment, Side side, int fill) : size_(bytes) {
  size_t page = size_t(sysconf(_SC_PAGESIZE)), inner = round_up(bytes, page);
  mapped_ = inner + 2 * page;
  void* pages = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<std::byte*>(pages);
  if (inner && mprotect(pages_ + page, inner, PROT_READ | PROT_WRITE)) throw std::bad_alloc();
  data_ = pages_ + page + (side == begin ? 0 : inner - round_up(bytes, alignment));
  std::memset(data_, fill, bytes);
}

GuardedMemory::~GuardedMemory() {
  if (pages_) munmap(pages_, mapped_);
}

GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)), data_(other.data_), size_(other.size_), mapped_(other.mapped_) {}

}  // namespace graphc_test
