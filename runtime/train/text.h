// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Raw text: its distinct bytes in sorted order are the tokens 0, 1, ..; a row is a window of as many tokens as the model's input
// takes, its target the next token of each (or, for a target of one a row, the token after the window).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "runtime/train/dataset.h"

namespace graphc {

// `stride`: from one window to the next; none: the window's size. The vocabulary stands in class_names, a byte each: itself
// where it is printable ASCII, else \x0a. Where wanted.class_names are known, bytes beyond them are an Error.
// Windows share the tokens, so a small stride costs no memory.
Dataset parse_text(std::span<const std::byte> bytes, const std::string& name, const WantedColumns& wanted,
                   std::optional<uint64_t> stride = std::nullopt);

}  // namespace graphc
