// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer entry: the first byte chooses what the model wants, the rest is the file. A crash, a hang or an exception other
// than Error is a defect, and so is a column whose size is not that of its shape.
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/train/csv.h"
#include "runtime/train/error.h"
#include "runtime/train/gzip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  graphc::WantedColumns wanted;
  if (data[0] & 1) wanted.label->dtype = GRAPHC_F32;
  if (data[0] & 2) wanted.label.reset();
  if (data[0] & 4) wanted.features.width = 2;
  if (data[0] & 8) wanted.class_names = {"a", "b"};
  try {
    if (data[0] & 32) graphc::inflate_gzip(std::as_bytes(std::span(text.data(), text.size())), "fuzz");
    graphc::Dataset dataset = graphc::parse_csv(text, "fuzz", wanted, data[0] & 16 ? "a" : "");
    for (const graphc::StoredTensor& column : dataset.columns) {
      uint64_t count = 1;
      for (int64_t dim : column.shape) count *= static_cast<uint64_t>(dim);
      if (column.data.size() != count * 4 || column.shape[0] != static_cast<int64_t>(dataset.rows)) __builtin_trap();
    }
  } catch (const graphc::Error&) {
  }
  return 0;
}
