// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What must hold of every graph and module between passes.
#pragma once

#include "ir/module.h"

namespace graphc {

// Throws InternalError naming graph and node where the graph is not well formed: operands are defined above, types are
// what `infer` gives, calls fit their bodies, outputs and updates name values, each variable is updated at most once with
// its own type, the loss is f32[]. With `tables`, inputs, variables and hypers are in them with the same type.
void verify(const Graph& graph, const Module* tables = nullptr);
// The tables (names once, initializers known) and every entry against them.
void verify(const Module& module);

struct Problem {
  std::string message;  // with the graph's name and the node
  Place place;          // where the node or table line was written; may be empty
};
// The same as lists, for those who report instead of throwing; at most 20.
std::vector<Problem> problems(const Graph& graph, const Module* tables = nullptr);
std::vector<Problem> problems(const Module& module);

}  // namespace graphc
