// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that must hold of a model that compiles (R5, R6, R7): the evaluator and compiled code agree in bits over steps
// of every entry, the text forms read back, and memory is close to what is alive.
#pragma once

#include "tests/compiler/random_graph.h"

namespace graphc_test {

// Which of the ways to compile a model are compared with the evaluator, as bits.
enum Variant : unsigned { fused = 1, unfused = 2, narrow = 4, plain = 8, all_variants = 15 };

struct Checks {
  unsigned variants = all_variants;
  std::vector<std::string> entries = {};  // beginnings of the names of those that run; empty: all
};

// Empty, or what is wrong, beginning with its kind ("bits: ...", "memory: ...", "text: ..."). `not_finite`: did a loss say so?
std::string broken_promise(const RandomModel& model, const Checks& checks = {}, bool* not_finite = nullptr);

}  // namespace graphc_test
