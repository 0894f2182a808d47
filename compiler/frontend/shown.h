// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values as messages show them.
#pragma once

#include "compiler/frontend/elaborate.h"

namespace graphc::frontend {

std::string shown(double number);                            // 0.1, 1e+38, 3
std::string shown(const Value& value);                       // "the number 3", "f32[batch, 10]"
std::string counted(size_t count, const std::string& noun);  // "1 tensor", "2 tensors"
std::string symbol(const std::string& op);                   // add -> +

}  // namespace graphc::frontend
