// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/cifar.h"

#include <cstring>

#include "runtime/train/error.h"

namespace graphc {

uint64_t cifar_rows(uint64_t file_bytes, const std::string& name) {
  if (file_bytes == 0 || file_bytes % cifar_record)
    throw Error(name + ": error: CIFAR: the file has " + std::to_string(file_bytes) + " bytes, which are not records of " +
                std::to_string(cifar_record) + " (a label and 3 x 32 x 32 pixels); fetch the file again");
  return file_bytes / cifar_record;
}

int32_t cifar_label(std::byte label, uint64_t record, const std::string& name) {
  if (label > std::byte{9})
    throw Error(name + ": error: CIFAR: record " + std::to_string(record) + " has the label " +
                std::to_string(static_cast<int>(label)) + ", CIFAR-10 has the classes 0..9 (CIFAR-100 is not read)");
  return static_cast<int32_t>(label);
}

Cifar parse_cifar(std::span<const std::byte> bytes, const std::string& name) {
  uint64_t rows = cifar_rows(bytes.size(), name);
  auto count = static_cast<int64_t>(rows);
  Cifar result{{{}, GRAPHC_U8, {count, 3, 32, 32}, std::vector<std::byte>(rows * cifar_pixels)},
               {{}, GRAPHC_I32, {count}, std::vector<std::byte>(rows * 4)}};
  for (uint64_t r = 0; r < rows; ++r) {
    const std::byte* record = bytes.data() + r * cifar_record;
    result.labels.as<int32_t>()[r] = cifar_label(*record, r, name);
    std::memcpy(result.images.data.data() + r * cifar_pixels, record + 1, cifar_pixels);
  }
  return result;
}

}  // namespace graphc
