// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "compiler/driver/entry_view.h"
#include "compiler/driver/session.h"

namespace graphc::driver {

// The forward and the backward graph, kernels, bytes and operations of one entry.
std::string explain_text(const EntryView& view);
// What the file does not say: initial values, arguments of the optimizer and of the functions, the training settings.
std::string explain_defaults(const ModelFile& file);
// The same graph for graphviz: kernels as boxes, cached values marked.
std::string explain_dot(const EntryView& view);

}  // namespace graphc::driver
