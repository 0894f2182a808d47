// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R6: placement in memory and its closeness to the bound. That a step touches nothing but what it was given is checked by
// models_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "compiler/pipeline.h"
#include "compiler/plan/place.h"
#include "tests/compiler/models.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

static std::vector<Lifetime> lifetimes_of(const Plan& p) {
  std::vector<Lifetime> all;
  for (const PlanBuffer& b : p.buffers)
    if (b.region == Region::workspace) all.push_back({b.bytes, b.first_stage, b.last_stage});
  return all;
}

TEST_CASE("random lifetimes never overlap and stay near the bound") {
  Random random(1);
  for (int round = 0; round < 300; round++) {
    std::vector<Lifetime> buffers;
    auto n = 1 + random.below(60);
    for (int64_t i = 0; i < n; i++) {
      auto first = uint32_t(random.below(40));
      buffers.push_back({uint64_t(1 + random.below(5000)), first, first + uint32_t(random.below(10))});
    }
    uint64_t end = 0;
    auto at = place_in_memory(buffers, 64, &end);
    for (size_t i = 0; i < buffers.size(); i++) {
      CHECK(at[i] % 64 == 0);
      CHECK(at[i] + buffers[i].bytes <= end);
      for (size_t j = 0; j < i; j++) {
        bool meet = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
        bool overlap = at[i] < at[j] + buffers[j].bytes && at[j] < at[i] + buffers[i].bytes;
        CHECK_FALSE((meet && overlap));
      }
    }
    CHECK(double(end) <= 1.25 * double(live_bytes_bound(buffers, 64)));
  }
}

// The least that any order gives in which each buffer lies as low as those before it let it; the optimum is among them.
static uint64_t least(const std::vector<Lifetime>& buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  uint64_t best = ~uint64_t{0};
  do {
    std::vector<uint64_t> height(16, 0);
    for (size_t b : order) {
      auto from = height.begin() + buffers[b].first, to = height.begin() + buffers[b].last + 1;
      std::fill(from, to, *std::max_element(from, to) + (buffers[b].bytes + 63) / 64 * 64);
    }
    best = std::min(best, *std::max_element(height.begin(), height.end()));
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST_CASE("few buffers take the least bytes that they can") {
  Random random(5);
  for (int round = 0; round < 60; round++) {
    std::vector<Lifetime> buffers;
    auto n = 5 + random.below(4);
    for (int64_t i = 0; i < n; i++) {
      auto first = uint32_t(random.below(10));
      buffers.push_back({uint64_t(1 + random.below(12)) * 64, first, std::min(first + uint32_t(random.below(6)), 15u)});
    }
    uint64_t end = 0, optimum = least(buffers);
    place_in_memory(buffers, 64, &end);
    CHECK(end == optimum);
  }
}

TEST_CASE("the repository's models need at most 1.10 of the bytes that are alive at once") {
  for (const char* name : repository_models) {
    PlanModule m = build_plan(repository_model(name), Target{.vector_floats = 16, .vector_registers = 32}, {.max_rows = 128});
    for (const Plan& p : m.plans) {
      auto lifetimes = lifetimes_of(p);
      if (lifetimes.empty()) continue;
      uint64_t bound = live_bytes_bound(lifetimes, 64);
      CHECK_MESSAGE(double(p.workspace_bytes) <= 1.10 * double(bound), name << " " << p.entry << ": " << p.workspace_bytes << " of " << bound);
    }
  }
}
