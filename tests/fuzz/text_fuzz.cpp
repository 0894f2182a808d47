// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer entry: any bytes are read or refused with an Error; a crash, a hang or another exception is a defect.
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/train/error.h"
#include "runtime/train/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  try {
    graphc::WantedColumns wanted;
    wanted.features.width = size % 5;
    wanted.label->width = size % 2 ? 1 : size % 5;
    graphc::Dataset dataset = graphc::parse_text(bytes, "fuzz", wanted, size % 7);
    for (const graphc::Column& column : dataset.columns) graphc::load(column);
  } catch (const graphc::Error&) {
  }
  return 0;
}
