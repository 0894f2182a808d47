// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cache or recompute: a training graph whose backward computes parts of the forward once more, to keep less of it.
#pragma once

#include <functional>
#include <optional>

#include "ir/graph.h"

namespace graphc {

// How many forward values, at most, the backward wants; none where the entry has no loss.
size_t wanted_values(const Graph& entry);

// The forward's first `count` runs of `length` wanted values each. Of a segment only what later ones need is kept; the backward
// computes the rest of it again before it uses it (Chen et al. 2016, "Training deep nets with sublinear memory cost": with the square
// root of the layers as segments, memory grows like that root). What comes behind the segments is kept.
struct Segments {
  size_t count, length;
};
Graph recompute(const Graph& entry, const Segments& segments);

struct Fit {
  std::optional<Graph> graph;  // none: nothing tried fits
  uint64_t smallest;           // of all that was tried
};
// The entry with as few values computed again as make `bytes_of` at most `budget`.
Fit fit_budget(const Graph& entry, uint64_t budget, const std::function<uint64_t(const Graph&)>& bytes_of);

}  // namespace graphc
