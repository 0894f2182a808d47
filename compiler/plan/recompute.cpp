// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/recompute.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compiler/plan/fuse.h"
#include "ir/plan.h"
#include "ir/rebuild.h"

namespace graphc {

namespace {

class Recompute {
 public:
  Recompute(const Graph& graph, const Segments& segments)
      : g_(graph), live_(live_values(graph)), forward_(forward_values(graph)), b_(graph.name), rebuild_(graph, b_), again_(graph.size()) {
    if (!g_.loss) return;
    find_wanted();
    if (segments.count && segments.length) choose(segments);
  }

  size_t wanted() const { return wanted_.size(); }

  Graph run() {
    for (ValueId v = 0; v < g_.size(); v++) {
      if (!live_[v]) continue;
      if (forward_[v]) {
        rebuild_.copy(v);
        continue;
      }
      std::vector<Tensor> operands;
      for (ValueId o : g_[v].operands) operands.push_back(dropped(o) ? compute_again(o) : rebuild_[o]);
      b_.set_place(g_.place(v));
      rebuild_.set(v, b_.emit(g_[v].op, operands, g_[v].attributes));
    }
    rebuild_.finish();
    return std::move(b_.graph());
  }

 private:
  bool is_source(ValueId v) const { return g_[v].def().op_class == OpClass::source; }
  bool dropped(ValueId v) const { return !kept_.empty() && forward_[v] && !kept_[v]; }

  void find_wanted() {
    std::set<ValueId> wanted;
    for (ValueId v = 0; v < g_.size(); v++)
      if (live_[v] && !forward_[v])
        for (ValueId o : g_[v].operands)
          if (forward_[o] && !is_source(o) && g_[o].type.shape.rank() > 0) wanted.insert(o);
    wanted_.assign(wanted.begin(), wanted.end());
  }

  size_t segment_of(ValueId v) const { return size_t(std::upper_bound(first_.begin(), first_.end(), v) - first_.begin()); }

  void choose(const Segments& segments) {
    for (size_t s = 1; s <= segments.count && s * segments.length < wanted_.size(); s++) first_.push_back(wanted_[s * segments.length]);
    kept_.assign(g_.size(), false);
    for (ValueId v = 0; v < g_.size(); v++) kept_[v] = is_source(v) || g_[v].type.shape.rank() == 0 || segment_of(v) == first_.size();
    for (ValueId v = 0; v < g_.size(); v++)
      if (live_[v] && forward_[v])
        for (ValueId o : g_[v].operands)
          if (segment_of(o) < segment_of(v)) kept_[o] = true;
    if (g_.loss) kept_[*g_.loss] = true;
    for (const Output& o : g_.outputs) kept_[o.value] = true;
  }

  // v, and what of its segment it needs, once for all that use them.
  Tensor compute_again(ValueId v) {
    std::set<ValueId> needed;
    std::vector<ValueId> stack{v};
    while (!stack.empty()) {
      ValueId x = stack.back();
      stack.pop_back();
      if (again_[x].builder || !needed.insert(x).second) continue;
      for (ValueId o : g_[x].operands)
        if (dropped(o)) stack.push_back(o);
    }
    for (ValueId x : needed) {
      std::vector<Tensor> operands;
      bool is_new = false;  // else it would be the very node of the forward
      for (ValueId o : g_[x].operands) {
        is_new |= dropped(o);
        operands.push_back(dropped(o) ? again_[o] : rebuild_[o]);
      }
      b_.set_place(g_.place(x));
      // A reshape to the same shape costs nothing and is another value.
      if (!is_new)
        for (Tensor& t : operands)
          if (t.shape().rank() > 0) {
            t = b_.emit(Op::reshape, {t}, {t.shape()});
            break;
          }
      again_[x] = b_.emit(g_[x].op, operands, g_[x].attributes);
      std::string name = g_.label(x).empty() ? fmt::format("%{}", rebuild_[x].id) : g_.label(x);
      b_.graph().set_label(again_[x].id, name + " again");
    }
    return again_[v];
  }

  const Graph& g_;
  std::vector<bool> live_, forward_, kept_;  // kept_: empty where nothing is recomputed
  std::vector<ValueId> wanted_, first_;      // first_: the first value of each segment but segment 0
  GraphBuilder b_;
  Rebuild rebuild_;
  std::vector<Tensor> again_;
};

}  // namespace

size_t wanted_values(const Graph& entry) { return Recompute(entry, {}).wanted(); }
Graph recompute(const Graph& entry, const Segments& segments) { return Recompute(entry, segments).run(); }

Fit fit_budget(const Graph& entry, uint64_t budget, const std::function<uint64_t(const Graph&)>& bytes_of) {
  Fit result{{}, bytes_of(entry)};
  if (result.smallest <= budget) result.graph = entry;
  if (result.graph) return result;
  size_t wanted = wanted_values(entry), fewest = wanted + 1;
  // Of `count` segments the memory falls with their length, until they are as long as what is kept behind them.
  for (size_t count = 1; count <= 2 * size_t(std::sqrt(double(wanted))) + 2 && count < std::min(wanted, fewest); count++) {
    auto fits = [&](size_t length) {
      Graph cut = recompute(entry, {count, length});
      uint64_t bytes = bytes_of(cut);
      result.smallest = std::min(result.smallest, bytes);
      if (bytes <= budget && count * length < fewest) fewest = count * length, result.graph = std::move(cut);
      return bytes <= budget;
    };
    size_t high = std::max<size_t>(wanted / (count + 1), 1), low = 0;  // high fits, low does not
    if (!fits(high) && (count * ++high >= wanted || !fits(high))) continue;
    while (high - low > 1) {
      size_t middle = (low + high) / 2;
      (fits(middle) ? high : low) = middle;
    }
  }
  return result;
}

}  // namespace graphc
