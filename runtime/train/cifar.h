// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CIFAR-10's binary form (cs.toronto.edu/~kriz/cifar.html): records of a label byte and 3 x 32 x 32 pixel bytes, channel first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "runtime/train/stored_tensor.h"

namespace graphc {

inline constexpr uint64_t cifar_pixels = 3 * 32 * 32, cifar_record = 1 + cifar_pixels;

// Whole records; Error else.
uint64_t cifar_rows(uint64_t file_bytes, const std::string& name);

struct Cifar {
  StoredTensor images, labels;  // u8[rows, 3, 32, 32] and i32[rows], labels in 0..9
};
Cifar parse_cifar(std::span<const std::byte> bytes, const std::string& name);

// Of the label byte of a record; Error where it is no class.
int32_t cifar_label(std::byte label, uint64_t record, const std::string& name);

}  // namespace graphc
