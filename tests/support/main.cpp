// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// main of every doctest program; its last line counts the tests that were skipped for want of data or tools.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/skip.h"

int main(int argc, char** argv) {
  setenv("GRAPHC_CACHE", "off", 0);  // tests see what this build compiles; those of the cache switch it on
  doctest::Context context(argc, argv);
  int status = context.run();
  if (graphc_test::skipped() > 0) std::printf("%d SKIPPED\n", graphc_test::skipped());
  return status;
}
