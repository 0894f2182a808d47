// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "ir/graph.h"

namespace graphc {

// A value that is computed from constants, run-time numbers and element positions alone, as initial values are: its elements in
// f32 (or i32) bits, in row-major order, as `evaluate` gives them, but in blocks that caches hold. False, and nothing is
// written, where it is not such a value. The value must not depend on the batch.
bool fill(const Graph& graph, ValueId value, const std::map<std::string, double>& hypers, bool fused, std::span<uint32_t> elements);

}  // namespace graphc
