// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Drawing a graph in layers (Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures,
// 1981), and lanes for lines side by side. It knows widths and numbers, nothing of what they mean.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace graphc::driver {

// Items are added in topological order. An edge that passes layers gets a bend in each, which takes room there.
class LayeredDrawing {
 public:
  enum Side { free_, first, last };  // first: in the topmost layer; last: below all others

  uint32_t add(double width, Side side = free_);
  void edge(uint32_t from, uint32_t to) { edges_.push_back({{from, to}}); }
  void run();

  struct Item {
    double width, x = 0;  // x: of its middle
    Side side = free_;
    int layer = 0;
  };
  struct Edge {
    std::vector<uint32_t> items;  // from, bends, to
  };
  const std::vector<Item>& items() const { return items_; }  // added ones first, then bends
  const std::vector<Edge>& edges() const { return edges_; }
  int layers() const { return int(order_.size()); }
  double width() const { return width_; }

 private:
  void choose_layers();
  void bend_long_edges();
  void order_layers();
  void place();

  std::vector<Item> items_;
  std::vector<Edge> edges_;
  std::vector<std::vector<uint32_t>> above_, below_, order_;
  double width_ = 0;
};

// Middles of intervals of the given widths in this order, `gap` apart, as near to the wanted middles as can be (least squares).
std::vector<double> spread(const std::vector<double>& wanted, const std::vector<double>& widths, double gap);

// A lane for each interval, so that those of one lane lie at least `gap` apart.
struct Lanes {
  std::vector<uint32_t> lane;
  uint32_t count = 0;
};
Lanes assign_lanes(const std::vector<std::pair<double, double>>& intervals, double gap);

}  // namespace graphc::driver
