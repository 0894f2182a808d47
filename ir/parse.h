// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the text form of print.h. Any text is safe: it gives a verified module or graph, or a CompileError with up to 20
// diagnostics (line, column, caret, remedy). Attributes that the type implies, the order of a sum, types where nothing
// needs them, labels and gradient_of may be left out; `#` begins a comment.
#pragma once

#include "ir/module.h"

namespace graphc {

// `file` names the text in messages and places.
Module parse_module(const std::string& text, const std::string& file);
Graph parse_graph(const std::string& text, const std::string& file);

}  // namespace graphc
