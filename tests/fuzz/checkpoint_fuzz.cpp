// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer entry: any bytes are a checkpoint, or are refused with an Error; any lines of NAME VALUE are a run's state, or are
// refused, and one that was read is written, and read again as the same.
#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>

#include "runtime/train/checkpoint.h"
#include "runtime/train/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    graphc::parse_checkpoint(std::as_bytes(std::span(data, size)), "fuzz");
  } catch (const graphc::Error&) {
  }
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  graphc::Metadata fields;
  for (std::string line; std::getline(lines, line);) fields[line.substr(0, line.find(' '))] = line.substr(std::min(line.find(' ') + 1, line.size()));
  graphc::Metadata again;
  try {
    again = graphc::to_metadata(graphc::from_metadata(fields));
  } catch (const graphc::Error&) {
    return 0;
  }
  if (graphc::to_metadata(graphc::from_metadata(again)) != again) __builtin_trap();
  return 0;
}
