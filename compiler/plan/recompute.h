// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cache or recompute: a training graph whose backward computes parts of the forward once more, to keep less of it.
#pragma once

#include "ir/graph.h"

namespace graphc {

// How many forward values, at most, the backward wants; none where the entry has no loss.
size_t wanted_values(const Graph& entry);

// The forward cut into `segments` runs of about as many wanted values. Of each but the last only what later segments need is
// kept; the backward computes the rest of a segment again before it uses it (Chen et al. 2016, "Training deep nets with
// sublinear memory cost": with the square root of the layers as segments, memory grows like that root). 1: nothing changes.
Graph recompute(const Graph& entry, size_t segments);

}  // namespace graphc
