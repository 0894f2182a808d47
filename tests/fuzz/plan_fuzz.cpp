// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer on the readers of plans and of kernels: any bytes give a verified plan or a CompileError, and what parsed prints to
// a text that reads back to itself.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ir/parse_loops.h"
#include "ir/parse_plan.h"

using graphc::CompileError;

static std::string printed(const std::string& text) {
  if (text.starts_with("graphc.plan")) return print(graphc::parse_plan(text, "fuzz"));
  return graphc::loops::print_text(graphc::parse_kernels(text, "fuzz"));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size), first, again;
  try {
    first = printed(text);
  } catch (const CompileError&) {
    return 0;
  }
  try {
    again = printed(first);
  } catch (const CompileError& error) {
    again = error.what();
  }
  if (again == first) return 0;
  std::fprintf(stderr, "printed:\n%s\nagain:\n%s\n", first.c_str(), again.c_str());
  std::abort();
}
