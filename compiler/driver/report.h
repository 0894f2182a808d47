// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is told about an error of ours.
#pragma once

#include <string>
#include <vector>

namespace graphc::driver {

// The model that is being worked on, for the report.
void remember_model(const std::string& path, const std::string& text);

// Says what happened, writes the model and the command line to a file and names both, with the command that replays it.
void report_internal_error(const char* what, const std::vector<std::string>& arguments);

}  // namespace graphc::driver
