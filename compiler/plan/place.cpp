// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Greedy: each buffer at the smallest gap that holds it among the buffers placed before that are alive with it. In several
// orders (largest first; most bytes times stages first; by first stage; longest first), of which the one that ends lowest counts.
// Where that is not close to what is alive at once, two of an order exchange their places, again and again; where a handful of
// buffers still is not, a search looks for the optimum. All that takes time with the square of their number, so many buffers are swept first, which does not.
#include "compiler/plan/place.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <random>
#include <set>
#include <tuple>

namespace graphc {

static constexpr size_t most_exchanges = 1000, exchange_cost = 1'000'000, few = 16, many = 512, too_many = 4096;
static constexpr int search_steps = 20'000;

static uint64_t align(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }
static uint64_t size_of(const Lifetime& b, uint64_t alignment) { return align(std::max<uint64_t>(b.bytes, 1), alignment); }

static std::vector<uint64_t> place_in_order(const std::vector<Lifetime>& buffers, const std::vector<size_t>& order, uint64_t alignment,
                                            uint64_t* end) {
  std::vector<uint64_t> offset(buffers.size(), 0);
  *end = 0;
  // By first stage, so that only buffers that can meet are looked at.
  std::multimap<uint32_t, size_t> placed;
  uint32_t longest = 0;
  for (size_t b : order) {
    uint64_t size = size_of(buffers[b], alignment);
    std::vector<std::pair<uint64_t, uint64_t>> taken;
    uint32_t from = buffers[b].first > longest ? buffers[b].first - longest : 0;
    for (auto it = placed.lower_bound(from); it != placed.end() && it->first <= buffers[b].last; ++it) {
      size_t other = it->second;
      if (buffers[other].last < buffers[b].first) continue;
      taken.push_back({offset[other], offset[other] + size_of(buffers[other], alignment)});
    }
    std::sort(taken.begin(), taken.end());
    uint64_t best = ~uint64_t{0}, best_gap = ~uint64_t{0}, at = 0;
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

// What is free below `end`.
class Gaps {
 public:
  uint64_t end() const { return end_; }

  uint64_t take(uint64_t size) {
    auto fits = by_size_.lower_bound({size, 0});
    if (fits == by_size_.end()) {
      uint64_t at = end_;
      if (!by_place_.empty() && by_place_.rbegin()->first + by_place_.rbegin()->second == end_) at = remove(std::prev(by_place_.end())).first;
      end_ = at + size;
      return at;
    }
    auto [at, room] = remove(by_place_.find(fits->second));
    if (room > size) add(at + size, room - size);
    return at;
  }

  void give(uint64_t at, uint64_t size) {
    auto next = by_place_.lower_bound(at);
    if (next != by_place_.end() && at + size == next->first) size += remove(next++).second;
    next = by_place_.lower_bound(at);
    if (next != by_place_.begin() && std::prev(next)->first + std::prev(next)->second == at) {
      auto [before, room] = remove(std::prev(next));
      at = before, size += room;
    }
    add(at, size);
  }

 private:
  using ByPlace = std::map<uint64_t, uint64_t>;
  void add(uint64_t at, uint64_t size) { by_place_[at] = size, by_size_.insert({size, at}); }
  ByPlace::value_type remove(ByPlace::iterator gap) {
    ByPlace::value_type found = *gap;
    by_size_.erase({found.second, found.first});
    by_place_.erase(gap);
    return found;
  }

  ByPlace by_place_;                               // place, size
  std::set<std::pair<uint64_t, uint64_t>> by_size_;  // size, place
  uint64_t end_ = 0;
};

// By first stage, or from the end by last stage; n log n.
static std::vector<uint64_t> sweep(const std::vector<Lifetime>& buffers, bool from_end, uint64_t alignment, uint64_t* end) {
  auto born = [&](size_t b) { return from_end ? ~buffers[b].last : buffers[b].first; };
  auto dies = [&](size_t b) { return from_end ? ~buffers[b].first : buffers[b].last; };
  auto size = [&](size_t b) { return size_of(buffers[b], alignment); };
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return born(a) < born(b) || (born(a) == born(b) && size(a) > size(b)); });
  std::vector<uint64_t> offset(buffers.size(), 0);
  std::priority_queue<std::pair<uint32_t, size_t>, std::vector<std::pair<uint32_t, size_t>>, std::greater<>> alive;
  Gaps gaps;
  for (size_t b : order) {
    for (; !alive.empty() && alive.top().first < born(b); alive.pop()) gaps.give(offset[alive.top().second], size(alive.top().second));
    offset[b] = gaps.take(size(b));
    alive.push({dies(b), b});
  }
  *end = gaps.end();
  return offset;
}

// Branch and bound. Some optimal placement comes from taking the buffers by their offsets and letting each fall on what lies
// below it, so a state is an order so far and how high each stage is filled.
class Search {
 public:
  Search(const std::vector<Lifetime>& buffers, uint64_t alignment, uint64_t lowest) : lowest_(lowest), offset_(buffers.size(), 0), placed_(buffers.size(), false) {
    std::map<uint32_t, size_t> points;  // stages between them are alike
    for (const Lifetime& b : buffers) points[b.first], points[b.last + 1];
    size_t count = 0;
    for (auto& [stage, number] : points) number = count++;
    height_.assign(count, 0), open_.assign(count, 0);
    for (const Lifetime& b : buffers) {
      items_.push_back({size_of(b, alignment), points[b.first], points[b.last + 1]});
      for (size_t s = items_.back().first; s < items_.back().end; s++) open_[s] += items_.back().size;
    }
  }

  // Offsets from 0 that end below `end`, which is set to where they end; empty where none is found.
  std::vector<uint64_t> run(uint64_t* end) {
    end_ = *end;
    visit(0, 0);
    *end = end_;
    return best_;
  }

 private:
  struct Item {
    uint64_t size;
    size_t first, end;
  };
  struct Choice {
    uint64_t at;
    size_t item;
  };

  void visit(size_t count, uint64_t floor) {
    if (count == items_.size()) {
      end_ = *std::max_element(height_.begin(), height_.end());
      best_ = offset_;
      return;
    }
    if (steps_ == search_steps) return;
    steps_++;
    for (size_t s = 0; s < height_.size(); s++)
      if (height_[s] + open_[s] >= end_) return;
    std::vector<Choice> choices;
    for (size_t i = 0; i < items_.size(); i++) {
      if (placed_[i]) continue;
      uint64_t at = *std::max_element(height_.begin() + long(items_[i].first), height_.begin() + long(items_[i].end));
      if (at >= floor) choices.push_back({at, i});
    }
    std::sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
      const Item &x = items_[a.item], &y = items_[b.item];
      return std::tuple(a.at, y.size, y.end - y.first, a.item) < std::tuple(b.at, x.size, x.end - x.first, b.item);
    });
    for (const Choice& c : choices) {
      const Item& item = items_[c.item];
      std::vector<uint64_t> before(height_.begin() + long(item.first), height_.begin() + long(item.end));
      for (size_t s = item.first; s < item.end; s++) height_[s] = c.at + item.size, open_[s] -= item.size;
      offset_[c.item] = c.at, placed_[c.item] = true;
      visit(count + 1, c.at);
      placed_[c.item] = false;
      std::copy(before.begin(), before.end(), height_.begin() + long(item.first));
      for (size_t s = item.first; s < item.end; s++) open_[s] += item.size;
      if (end_ <= lowest_ || steps_ == search_steps) return;
    }
  }

  uint64_t lowest_, end_ = 0;
  std::vector<Item> items_;
  std::vector<uint64_t> height_, open_;  // of each stage: filled so far, still to come
  std::vector<uint64_t> offset_, best_;
  std::vector<bool> placed_;
  int steps_ = 0;
};

std::vector<uint64_t> place_in_memory(const std::vector<Lifetime>& buffers, uint64_t alignment, uint64_t* end) {
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
    auto offsets = place_in_order(buffers, order, alignment, &at);
    if (best.empty() || at < *end) best = std::move(offsets), best_order = order, *end = at;
    return at;
  };
  uint64_t bound = live_bytes_bound(buffers, alignment), enough = bound + bound / 20;
  if (buffers.size() > many) {
    best = sweep(buffers, false, alignment, end);
    uint64_t at = 0;
    auto offsets = sweep(buffers, true, alignment, &at);
    if (at < *end) best = std::move(offsets), *end = at;
    if (*end <= enough || buffers.size() > too_many) return best;
    best.clear();
  }
  for (const auto& before : orders) {
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return before(buffers[a], buffers[b]); });
    attempt();
  }
  // Random exchanges, of which those stay that do not raise the end.
  std::minstd_rand random(1);
  size_t exchanges = std::min(most_exchanges, exchange_cost / (buffers.size() * buffers.size() + 1));
  uint64_t reached = *end;
  order = best_order;
  for (size_t round = 0; round < exchanges && *end > enough; round++) {
    size_t a = random() % order.size(), b = random() % order.size();
    std::swap(order[a], order[b]);
    uint64_t at = attempt();
    if (at > reached) std::swap(order[a], order[b]);
    reached = std::min(reached, at);
  }
  if (buffers.size() <= few && *end > bound) {
    uint64_t lower = *end;
    if (auto found = Search(buffers, alignment, bound).run(&lower); !found.empty()) best = std::move(found), *end = lower;
  }
  return best;
}

uint64_t live_bytes_bound(const std::vector<Lifetime>& buffers, uint64_t alignment) {
  std::map<uint32_t, int64_t> change;
  for (const Lifetime& b : buffers) {
    int64_t size = int64_t(size_of(b, alignment));
    change[b.first] += size;
    change[b.last + 1] -= size;
  }
  int64_t live = 0, most = 0;
  for (const auto& [stage, delta] : change) most = std::max(most, live += delta);
  return uint64_t(most);
}

}  // namespace graphc
