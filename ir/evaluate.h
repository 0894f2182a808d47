// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle: evaluates a graph node by node. In f32 it keeps the number contract bit for bit (DESIGN 6); in f64 it
// serves gradient checks and trajectories.
#pragma once

#include <map>
#include <string>

#include "ir/graph.h"

namespace graphc {

enum class Precision : uint8_t { f64, f32_fused, f32_unfused };

struct Bindings {
  int64_t rows = 1;
  std::map<std::string, Array> inputs, variables;
  std::map<std::string, double> hypers;
};

// Every live value of the graph, by id; calls are evaluated through their bodies. CompileError where a binding is missing
// or has another size.
std::vector<Array> evaluate(const Graph& graph, const Bindings& bindings, Precision precision);

}  // namespace graphc
