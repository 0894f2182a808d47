// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Columns whose rows stay in a file and are read when they are wanted: .npy and IDX arrays, and the images of CIFAR records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/train/cifar.h"
#include "runtime/train/column.h"

namespace graphc {

// Where the file is a regular one of more than `above` bytes, uncompressed, and an .npy or IDX array. Its header is checked as
// when it is loaded; elements that do not fit are an Error when they are read.
std::optional<Column> stream_array(const std::string& path, uint64_t above);

struct CifarColumns {
  Column images;  // in the file
  StoredTensor labels;
};
std::optional<CifarColumns> stream_cifar(const std::string& path, uint64_t above);

}  // namespace graphc
