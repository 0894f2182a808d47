// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer entry: any bytes are read or refused with an Error; a crash, a hang or another exception is a defect.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "runtime/train/data_spec.h"
#include "runtime/train/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  try {
    std::string text = graphc::parse_data_spec({reinterpret_cast<const char*>(bytes.data()), size}).text();
    if (graphc::parse_data_spec(text).text() != text) __builtin_trap();
  } catch (const graphc::Error&) {
  }
  return 0;
}
