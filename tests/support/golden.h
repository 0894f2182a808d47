// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace graphc_test {

// Fails the test where `text` is not exactly tests/golden/NAME.txt, and prints the lines that differ. With GRAPHC_BLESS=1
// in the environment the file is written instead: read the difference before you accept it.
void check_golden(const std::string& name, const std::string& text);

// Lines of both with - (only in `before`), + (only in `after`) or a blank; unchanged stretches are cut.
std::string line_difference(const std::string& before, const std::string& after);

std::string source_dir();                        // the root of the sources
std::string read_file(const std::string& path);  // empty where there is none

}  // namespace graphc_test
