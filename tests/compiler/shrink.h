// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes a model that fails small: drops what it reports, puts operands and leaves in the place of nodes, and lowers sizes, as
// long as it still fails.
#pragma once

#include <functional>

#include "tests/compiler/random_graph.h"

namespace graphc_test {

// `fails` may be slow: no further attempt is begun after so many seconds.
RandomModel shrink(const RandomModel& model, const std::function<bool(const RandomModel&)>& fails, double seconds);

// The model as the text of a module with the one entry "forward", metrics as outputs named "metric NAME"; and back. Comments
// say what the text form has no line for: rows and optimizers.
std::string text_of(const RandomModel& model);
RandomModel model_of_text(const std::string& text, uint32_t max_rows, const graphc::OptimizerCall& optimizer);

}  // namespace graphc_test
