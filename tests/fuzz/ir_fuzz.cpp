// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer on the reader of the text form: any bytes give a module or a CompileError, and what parsed prints to a text
// that reads back to itself.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ir/parse.h"
#include "ir/print.h"

using graphc::CompileError;

// What we printed ourselves must be accepted.
static void check_reads_back(const std::string& printed) {
  std::string again;
  try {
    again = graphc::print(graphc::parse_module(printed, "printed"));
  } catch (const CompileError& error) {
    again = error.what();
  }
  if (again == printed) return;
  std::fprintf(stderr, "printed:\n%s\nagain:\n%s\n", printed.c_str(), again.c_str());
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::string printed;
  try {
    printed = graphc::print(graphc::parse_module(text, "fuzz"));
  } catch (const CompileError&) {
    return 0;
  }
  check_reads_back(printed);
  return 0;
}
