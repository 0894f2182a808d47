// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer on the model language: any bytes give a model or a CompileError. Start it on tests/errors and the examples.
#include <cstddef>
#include <cstdint>

#include "compiler/frontend/model_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    graphc::parse_model(std::string(reinterpret_cast<const char*>(data), size), "fuzz.gc");
  } catch (const graphc::CompileError&) {
  }
  return 0;
}
