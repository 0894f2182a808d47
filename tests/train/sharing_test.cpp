// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/sharing.h"

#include <doctest/doctest.h>

#include <functional>
#include <map>

using namespace graphc;

namespace {

using Cost = std::function<double(uint32_t threshold)>;

// How many of `calls` had which threshold.
std::map<uint32_t, int> used(Sharing& sharing, int calls, const Cost& seconds, uint32_t rows = 32) {
  std::map<uint32_t, int> count;
  for (int i = 0; i < calls; i++) {
    uint32_t threshold = sharing.threshold(rows);
    count[threshold]++;
    if (sharing.wants_time()) sharing.took(seconds(threshold));
  }
  return count;
}

Cost fastest(uint32_t best) {
  return [best](uint32_t threshold) { return threshold == best ? 1e-5 : 1.2e-5; };
}

}  // namespace

TEST_CASE("sharing: the threshold that was fastest is used, and little else") {
  for (uint32_t best : Sharing::thresholds) {
    Sharing sharing;
    auto count = used(sharing, 5000, fastest(best));
    CHECK(count[best] > 4700);
    CHECK(count.size() == Sharing::thresholds.size());
  }
}

TEST_CASE("sharing: one slow call decides nothing") {
  Sharing sharing;
  int call = 0;
  auto count = used(sharing, 5000, [&](uint32_t threshold) { return ++call % 7 == 0 ? 1e-3 : threshold == 0 ? 1e-5 : 1.1e-5; });
  CHECK(count[0] > 4700);
}

TEST_CASE("sharing: what changes is noticed") {
  Sharing sharing;
  used(sharing, 1000, fastest(0));
  used(sharing, 20000, fastest(UINT32_MAX));
  CHECK(used(sharing, 1000, fastest(UINT32_MAX))[UINT32_MAX] > 900);
}

TEST_CASE("sharing: long calls are not tried out") {
  Sharing sharing;
  auto count = used(sharing, 1000, [](uint32_t) { return 0.02; });
  CHECK(count[0] == 1000);
}

TEST_CASE("sharing: calls of fewer rows follow, and are not timed") {
  Sharing sharing;
  used(sharing, 500, fastest(UINT32_MAX), 32);
  for (int i = 0; i < 500; i++) {
    CHECK(sharing.threshold(23) == UINT32_MAX);
    CHECK_FALSE(sharing.wants_time());
  }
  used(sharing, 500, fastest(0), 64);
  CHECK(sharing.threshold(32) == 0);
}
