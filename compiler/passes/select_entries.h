// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/module.h"

namespace graphc {

// Keeps the named entries, and of the variables those that a kept entry other than `init` reads or updates.
// CompileError where there is no such entry.
void select_entries(Module& module, const std::vector<std::string>& names);

// `init` no longer writes these variables.
void give_variables(Module& module, const std::vector<std::string>& names);

}  // namespace graphc
