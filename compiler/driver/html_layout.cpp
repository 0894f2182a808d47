// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/html_layout.h"

#include <algorithm>
#include <numeric>

namespace graphc::driver {

namespace {

constexpr double item_gap = 8, bend_width = 6;
constexpr int sweeps = 6;

}  // namespace

uint32_t LayeredDrawing::add(double width, Side side) {
  items_.push_back({width, 0, side});
  return uint32_t(items_.size() - 1);
}

void LayeredDrawing::run() {
  choose_layers();
  bend_long_edges();
  order_layers();
  place();
}

// The longest path, then each item as far down as those that read it allow: edges become short.
void LayeredDrawing::choose_layers() {
  std::vector<std::vector<uint32_t>> from(items_.size()), to(items_.size());
  for (const Edge& e : edges_) to[e.items[0]].push_back(e.items[1]), from[e.items[1]].push_back(e.items[0]);
  int deepest = 0;
  for (size_t i = 0; i < items_.size(); i++) {
    for (uint32_t f : from[i]) items_[i].layer = std::max(items_[i].layer, items_[f].layer + 1);
    if (items_[i].side == free_) deepest = std::max(deepest, items_[i].layer);
  }
  bool has_last = std::any_of(items_.begin(), items_.end(), [](const Item& i) { return i.side == last; });
  for (Item& item : items_)
    if (item.side == last) item.layer = deepest + 1;
  for (size_t i = items_.size(); i-- > 0;) {
    if (items_[i].side != free_ || to[i].empty()) continue;
    int layer = deepest + has_last;
    for (uint32_t t : to[i]) layer = std::min(layer, items_[t].layer - 1);
    items_[i].layer = layer;
  }
  // Nothing left in the first layers: drop them.
  int least = deepest + 1;
  for (const Item& item : items_) least = std::min(least, item.layer);
  for (Item& item : items_) item.layer -= least;
}

void LayeredDrawing::bend_long_edges() {
  for (Edge& e : edges_) {
    uint32_t from = e.items[0], to = e.items[1];
    e.items = {from};
    for (int layer = items_[from].layer + 1; layer < items_[to].layer; layer++) {
      items_.push_back({bend_width, 0, free_, layer});
      e.items.push_back(uint32_t(items_.size() - 1));
    }
    e.items.push_back(to);
  }
  above_.resize(items_.size()), below_.resize(items_.size());
  int count = 0;
  for (const Item& item : items_) count = std::max(count, item.layer + 1);
  order_.resize(size_t(count));
  for (const Edge& e : edges_)
    for (size_t i = 0; i + 1 < e.items.size(); i++) {
      below_[e.items[i]].push_back(e.items[i + 1]);
      above_[e.items[i + 1]].push_back(e.items[i]);
    }
  for (uint32_t i = 0; i < items_.size(); i++) order_[size_t(items_[i].layer)].push_back(i);
}

// Barycentre: down by those above, up by those below.
void LayeredDrawing::order_layers() {
  std::vector<double> place(items_.size());
  auto number = [&](const std::vector<uint32_t>& layer) {
    for (size_t i = 0; i < layer.size(); i++) place[layer[i]] = (double(i) + 0.5) / double(layer.size());
  };
  for (const auto& layer : order_) number(layer);
  auto sort = [&](std::vector<uint32_t>& layer, const std::vector<std::vector<uint32_t>>& near) {
    for (uint32_t i : layer) {
      if (near[i].empty()) continue;
      double sum = 0;
      for (uint32_t n : near[i]) sum += place[n];
      place[i] = sum / double(near[i].size());
    }
    std::stable_sort(layer.begin(), layer.end(), [&](uint32_t a, uint32_t b) { return place[a] < place[b]; });
    number(layer);
  };
  for (int sweep = 0; sweep < sweeps; sweep++) {
    for (auto& layer : order_) sort(layer, above_);
    for (size_t l = order_.size(); l-- > 0;) sort(order_[l], below_);
  }
}

void LayeredDrawing::place() {
  for (auto& layer : order_) {
    double x = 0;
    for (uint32_t i : layer) items_[i].x = x + items_[i].width / 2, x += items_[i].width + item_gap;
    for (uint32_t i : layer) items_[i].x -= x / 2;
  }
  auto move = [&](const std::vector<uint32_t>& layer) {
    std::vector<double> wanted, widths;
    for (uint32_t i : layer) {
      double sum = 0;
      for (uint32_t n : above_[i]) sum += items_[n].x;
      for (uint32_t n : below_[i]) sum += items_[n].x;
      size_t count = above_[i].size() + below_[i].size();
      wanted.push_back(count ? sum / double(count) : items_[i].x);
      widths.push_back(items_[i].width);
    }
    std::vector<double> x = spread(wanted, widths, item_gap);
    for (size_t i = 0; i < layer.size(); i++) items_[layer[i]].x = x[i];
  };
  for (int sweep = 0; sweep < sweeps; sweep++) {
    for (const auto& layer : order_) move(layer);
    for (size_t l = order_.size(); l-- > 0;) move(order_[l]);
  }
  double left = 0, right = 0;
  for (size_t i = 0; i < items_.size(); i++) {
    double l = items_[i].x - items_[i].width / 2, r = items_[i].x + items_[i].width / 2;
    left = i ? std::min(left, l) : l, right = i ? std::max(right, r) : r;
  }
  for (Item& item : items_) item.x -= left;
  width_ = right - left;
}

// Isotonic regression by pooling neighbours that would overlap: linear.
std::vector<double> spread(const std::vector<double>& wanted, const std::vector<double>& widths, double gap) {
  struct Block {
    double sum;
    size_t count;
    double mean() const { return sum / double(count); }
  };
  std::vector<double> offset(wanted.size());
  std::vector<Block> blocks;
  for (size_t i = 0; i < wanted.size(); i++) {
    if (i) offset[i] = offset[i - 1] + (widths[i - 1] + widths[i]) / 2 + gap;
    blocks.push_back({wanted[i] - offset[i], 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
      Block b = blocks.back();
      blocks.pop_back();
      blocks.back().sum += b.sum, blocks.back().count += b.count;
    }
  }
  std::vector<double> x;
  for (const Block& b : blocks)
    for (size_t i = 0; i < b.count; i++) x.push_back(b.mean() + offset[x.size()]);
  return x;
}

Lanes assign_lanes(const std::vector<std::pair<double, double>>& intervals, double gap) {
  Lanes lanes{std::vector<uint32_t>(intervals.size()), 0};
  std::vector<uint32_t> order(intervals.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return intervals[a].first < intervals[b].first; });
  std::vector<double> end;  // of each lane
  for (uint32_t i : order) {
    size_t lane = 0;
    while (lane < end.size() && end[lane] + gap > intervals[i].first) lane++;
    if (lane == end.size()) end.push_back(0);
    end[lane] = intervals[i].second;
    lanes.lane[i] = uint32_t(lane);
  }
  lanes.count = uint32_t(end.size());
  return lanes;
}

}  // namespace graphc::driver
