// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/loops_reach.h"

#include <algorithm>
#include <limits>

namespace graphc::loops {

namespace {

constexpr size_t most_steps = size_t{1} << 26;
using Wide = __int128;  // verify() bounds strides and extents such that nothing overflows it

class Analysis {
 public:
  Analysis(const Kernel& k, int64_t rows) : k_(k), rows_(rows), all_(k.buffers.size()), extents_(k.variables, 1), seen_(k.exprs.size(), 0) {}

  std::vector<Reach> run() {
    block(k_.body);
    return std::move(all_);
  }

 private:
  // What is seen in one context need not be looked at again there: extents of all variables.
  template <class Inside> void with(std::initializer_list<std::pair<uint32_t, Dim>> variables, Inside inside) {
    std::vector<int64_t> before = extents_;
    for (auto [v, extent] : variables) extents_[v] = extent.at(rows_);
    context_++;
    if (std::none_of(variables.begin(), variables.end(), [&](auto& v) { return extents_[v.first] < 1; })) inside();
    extents_ = std::move(before);
    context_++;
  }

  void block(const Block& statements) {
    for (const Statement& s : statements) {
      std::pair<uint32_t, Dim> m{s.variable, s.extent}, n{s.n_variable, s.n_extent}, k{s.k_variable, s.k_extent};
      switch (s.kind) {
        case Statement::loop:
        case Statement::vector: with({m}, [&] { block(s.body); }); break;
        case Statement::store:
        case Statement::add: store(s); break;
        case Statement::transpose: with({m, n}, [&] { store(s); }); break;
        case Statement::reduce: with({m}, [&] { operands(s); }); break;
        case Statement::contract:
          with({m, n, k}, [&] { operands(s); });
          with({m, n}, [&] { block(s.body); });
          if (s.sums != no_buffer) sums(s);
          break;
      }
    }
  }

  void operands(const Statement& s) {
    expr(s.value);
    if (s.other != no_expr) expr(s.other);
  }

  void store(const Statement& s) {
    expr(s.value);
    if (s.index.dynamic != no_expr) expr(s.index.dynamic);
    touch(s.buffer, s.index);
  }

  // [m in whole tiles, n]
  void sums(const Statement& s) {
    int64_t tiles = (s.extent.at(rows_) + s.tile_m - 1) / s.tile_m;
    with({{s.variable, tiles * s.tile_m}, {s.n_variable, s.n_extent}}, [&] {
      Index all;
      all.add(s.variable, s.n_extent.size);
      all.add(s.n_variable, 1);
      touch(s.sums, all);
    });
  }

  void expr(ExprId id) {
    std::vector<ExprId> stack{id};
    while (!stack.empty()) {
      ExprId e = stack.back();
      stack.pop_back();
      if (++steps_ > most_steps) throw InternalError("kernel " + k_.name + " is too large to check");
      if (seen_[e] == context_) continue;
      seen_[e] = context_;
      const Expr& x = k_.exprs[e];
      if (x.kind == Expr::load) touch(x.id, x.index), all_[x.id].loads = true;
      if (x.index.dynamic != no_expr) stack.push_back(x.index.dynamic);
      stack.insert(stack.end(), x.arguments.begin(), x.arguments.end());
    }
  }

  void touch(uint32_t buffer, const Index& index) {
    Wide low = index.offset, high = index.offset;
    auto term = [&](int64_t stride, int64_t last) { (stride < 0 ? low : high) += Wide(stride) * last; };
    for (uint32_t v = 0; v < index.stride.size(); v++) term(index.stride[v], extents_[v] - 1);
    if (index.dynamic != no_expr) term(index.dynamic_stride, index.dynamic_limit - 1);
    auto fit = [](Wide x) { return int64_t(std::clamp<Wide>(x, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max())); };
    Reach& r = all_[buffer];
    bool is_new = r.high < r.low;
    r.low = is_new ? fit(low) : std::min(r.low, fit(low));
    r.high = is_new ? fit(high) : std::max(r.high, fit(high));
  }

  const Kernel& k_;
  int64_t rows_;
  std::vector<Reach> all_;
  std::vector<int64_t> extents_;
  std::vector<size_t> seen_;
  size_t context_ = 1, steps_ = 0;
};

}  // namespace

std::vector<Reach> reach(const Kernel& kernel, int64_t rows) { return Analysis(kernel, rows).run(); }

}  // namespace graphc::loops
