// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text in columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

// `text` in lines of at most 110 columns, indented as wide as `first` is; ends with a line end.
std::string wrap(const std::string& first, const std::string& text);

// Rows as columns two blanks apart; the first row is the head and is underlined. Columns whose letter in `align` is 'r' are
// aligned to the right.
std::string table(const std::vector<std::vector<std::string>>& rows, const std::string& align = "",
                  const std::string& indent = "");

std::string grouped(uint64_t number);  // 30,208
std::string rounded(double number);    // 1.01 M

}  // namespace graphc
