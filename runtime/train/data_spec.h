// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The SPEC of a data set, taken apart: [cifar: | text:] FILE {, FILE} {:KEY=VALUE}.
#pragma once

#include <string>
#include <vector>

namespace graphc {

struct DataSpec {
  std::string kind;                // "digits", "cifar", "text", or empty: known by the files' first bytes
  std::vector<std::string> files;  // at least one
  std::string label, weight;       // CSV: columns
  std::string stride;              // text

  std::string text() const;
};

DataSpec parse_data_spec(const std::string& spec);  // Error where it has no file, or an option no value

}  // namespace graphc
