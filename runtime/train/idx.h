// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IDX files (yann.lecun.com/exdb/mnist): big-endian; unsigned bytes stay u8, other types become i32 or f32.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/train/stored_tensor.h"

namespace graphc {

bool is_idx(std::span<const std::byte> bytes);
StoredTensor parse_idx(std::span<const std::byte> bytes, const std::string& name);

}  // namespace graphc
