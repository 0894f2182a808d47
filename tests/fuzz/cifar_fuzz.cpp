// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer entry: any bytes are read or refused with an Error; a crash, a hang or another exception is a defect.
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/train/cifar.h"
#include "runtime/train/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  try {
    graphc::parse_cifar(bytes, "fuzz");
  } catch (const graphc::Error&) {
  }
  return 0;
}
