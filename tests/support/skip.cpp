// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

namespace graphc_test {

static int count = 0;

int skipped() { return count; }

void skip(const std::string& what) {
  count++;
  std::printf("SKIPPED: needs %s\n", what.c_str());
  const char* ci = std::getenv("CI");
  CHECK_MESSAGE(!(ci && *ci), "CI must not skip: needs ", what);
}

}  // namespace graphc_test
