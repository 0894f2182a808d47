// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every error that the front end itself raises goes through `refuse`, which notes the line of source that raised it:
// a test compares these with all calls of `refuse` in this folder and lists those that no test file reaches.
#pragma once

#include <set>
#include <utility>

#include "ir/error.h"

namespace graphc::frontend {

[[noreturn]] void refuse(const Place& place, std::string message, std::vector<std::string> notes = {},
                         SourceLocation site = SourceLocation::current());

// (file, line) of each call of `refuse` that this process has made.
std::set<std::pair<std::string, uint32_t>> reached_error_sites();

// "did you mean X?", or nothing where no candidate is near.
std::vector<std::string> did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace graphc::frontend
