// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The UCI digits (examples/digits/digits.csv.gz), embedded at build time: 1,797 rows of 64 pixels 0..16 and a class 0..9.
#pragma once

#include <cstddef>
#include <span>

namespace graphc {

std::span<const std::byte> embedded_digits();  // gzip-compressed CSV without a header

}  // namespace graphc
