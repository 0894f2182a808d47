// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/collapse.h"

#include <utility>

namespace graphc {

using namespace loops;

void collapse(Kernel& k, std::vector<Dim>& extents, Block& block, uint32_t first, uint32_t last) {
  for (uint32_t v = last; v-- > first + 1;) {
    uint32_t outer = v - 1;
    bool unit = extents[outer].is(1);
    if (extents[v].is_batch && !unit) continue;  // the outer stride would have to be known at run time
    int64_t size = extents[v].size;
    bool merges = true;
    auto check = [&](const Index& i) { return unit || i.along(outer) == i.along(v) * size; };
    for (const Expr& e : k.exprs) {
      if (e.kind == Expr::load) merges &= check(e.index);
      if (e.kind == Expr::position && (e.index.along(outer) || e.index.along(v))) merges = false;
    }
    for (const Statement& s : block) merges &= check(s.index);
    if (!merges) continue;
    // The inner variable takes over; the outer one becomes a single step.
    extents[v] = {extents[v].size * extents[outer].size, extents[v].is_batch || extents[outer].is_batch};
    extents[outer] = 1;
    auto drop = [&](Index& i) {
      if (outer < i.stride.size()) i.stride[outer] = 0;
    };
    for (Expr& e : k.exprs) drop(e.index);
    for (Statement& s : block) drop(s.index);
    // Bring the merged axis to the outer place, so that it can merge further out.
    if (outer > first) {
      std::swap(extents[v], extents[outer]);
      auto swap = [&](Index& i) {
        int64_t a = i.along(v), b = i.along(outer);
        i.add(v, b - a);
        i.add(outer, a - b);
      };
      for (Expr& e : k.exprs) swap(e.index);
      for (Statement& s : block) swap(s.index);
    }
  }
}

}  // namespace graphc
