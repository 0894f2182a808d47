// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A parallel_for of one thread that runs tasks in an order of its own.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "runtime/abi/graphc_abi.h"
#include "tests/support/random_arrays.h"

namespace graphc_test {

enum class Order { forward, reverse, random };

struct Shuffled {
  Order order;
  Random random{3};
  uint32_t most_tasks = 0;  // of one kernel

  static void run(void* user, uint32_t tasks, void (*body)(void*, uint32_t, uint32_t), void* arg) {
    auto& self = *static_cast<Shuffled*>(user);
    self.most_tasks = std::max(self.most_tasks, tasks);
    std::vector<uint32_t> order(tasks);
    std::iota(order.begin(), order.end(), 0u);
    if (self.order == Order::reverse) std::reverse(order.begin(), order.end());
    if (self.order == Order::random)
      for (size_t i = tasks; i > 1; i--) std::swap(order[i - 1], order[size_t(self.random.below(int64_t(i)))]);
    for (uint32_t t : order) body(arg, t, 0);
  }
};

}  // namespace graphc_test
