// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace graphc_test {

// For a test without its data or tool: prints "SKIPPED: needs WHAT" and counts it; the test then returns.
//   if (!have_mnist()) return skip("MNIST");
// Where CI is set in the environment the test fails instead.
void skip(const std::string& what);
int skipped();

}  // namespace graphc_test
