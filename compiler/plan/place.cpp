// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Greedy: each buffer at the smallest gap that holds it among the buffers placed before that are alive with it. In several
// orders (largest first; most bytes times stages first; by first stage; longest first), of which the one that ends lowest counts.
// Where that is not close to what is alive at once, what lies on top is moved to the front of the order, and all is placed again.
#include "compiler/plan/place.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

namespace graphc {

static constexpr int repairs = 40;

static uint64_t align(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

static std::vector<uint64_t> place_in_order(const std::vector<Lifetime>& buffers, const std::vector<size_t>& order, uint64_t begin, uint64_t alignment,
                                            uint64_t* end) {
  std::vector<uint64_t> offset(buffers.size(), 0);
  *end = begin;
  // By first stage, so that only buffers that can meet are looked at.
  std::multimap<uint32_t, size_t> placed;
  uint32_t longest = 0;
  for (size_t b : order) {
    uint64_t size = align(std::max<uint64_t>(buffers[b].bytes, 1), alignment);
    std::vector<std::pair<uint64_t, uint64_t>> taken;
    uint32_t from = buffers[b].first > longest ? buffers[b].first - longest : 0;
    for (auto it = placed.lower_bound(from); it != placed.end() && it->first <= buffers[b].last; ++it) {
      size_t other = it->second;
      if (buffers[other].last < buffers[b].first) continue;
      taken.push_back({offset[other], offset[other] + align(std::max<uint64_t>(buffers[other].bytes, 1), alignment)});
    }
    std::sort(taken.begin(), taken.end());
    uint64_t best = ~uint64_t{0}, best_gap = ~uint64_t{0}, at = begin;
    for (const auto& [low, high] : taken) {
      if (low >= at + size && low - at < best_gap) best = at, best_gap = low - at;
      at = std::max(at, high);
    }
    offset[b] = best == ~uint64_t{0} ? at : best;
    *end = std::max(*end, offset[b] + size);
    placed.insert({buffers[b].first, b});
    longest = std::max(longest, buffers[b].last - buffers[b].first);
  }
  return offset;
}

std::vector<uint64_t> place_in_memory(const std::vector<Lifetime>& buffers, uint64_t begin, uint64_t alignment, uint64_t* end) {
  begin = align(begin, alignment);
  auto area = [](const Lifetime& b) { return b.bytes * (1 + b.last - b.first); };
  const std::function<bool(const Lifetime&, const Lifetime&)> orders[] = {
      [](const Lifetime& a, const Lifetime& b) { return a.bytes > b.bytes; },
      [&](const Lifetime& a, const Lifetime& b) { return area(a) > area(b); },
      [](const Lifetime& a, const Lifetime& b) { return a.first < b.first; },
      [](const Lifetime& a, const Lifetime& b) { return a.last - a.first > b.last - b.first; },
  };
  std::vector<uint64_t> best;
  std::vector<size_t> order(buffers.size()), best_order;
  auto attempt = [&] {
    uint64_t at = 0;
    auto offsets = place_in_order(buffers, order, begin, alignment, &at);
    if (best.empty() || at < *end) best = offsets, best_order = order, *end = at;
    return offsets;
  };
  for (const auto& before : orders) {
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return before(buffers[a], buffers[b]); });
    attempt();
  }
  uint64_t bound = live_bytes_bound(buffers, alignment), enough = begin + bound + bound / 20;
  order = best_order;
  auto offsets = best;
  for (int round = 0; round < repairs && *end > enough; round++) {
    auto top = std::max_element(order.begin(), order.end(), [&](size_t a, size_t b) { return offsets[a] + buffers[a].bytes < offsets[b] + buffers[b].bytes; });
    std::rotate(order.begin(), top, top + 1);
    offsets = attempt();
  }
  return best;
}

uint64_t live_bytes_bound(const std::vector<Lifetime>& buffers, uint64_t alignment) {
  std::map<uint32_t, int64_t> change;
  for (const Lifetime& b : buffers) {
    int64_t size = int64_t(align(std::max<uint64_t>(b.bytes, 1), alignment));
    change[b.first] += size;
    change[b.last + 1] -= size;
  }
  int64_t live = 0, most = 0;
  for (const auto& [stage, delta] : change) most = std::max(most, live += delta);
  return uint64_t(most);
}

}  // namespace graphc
