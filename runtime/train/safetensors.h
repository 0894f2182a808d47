// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON header, the data.
// Reading is strict: duplicate keys, gaps, overlaps, trailing bytes, unknown types, sizes that overflow or do not match, and
// headers above 100 MB are errors. F64 is read as f32 and I64 as i32 where every value fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/stored_tensor.h"

namespace graphc {

struct Safetensors {
  std::vector<StoredTensor> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
  const StoredTensor* find(std::string_view name) const;  // null where there is none
  bool operator==(const Safetensors&) const = default;
};

Safetensors read_safetensors(const std::string& path);
// `name` stands for the file in errors.
Safetensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

std::vector<std::byte> format_safetensors(const Safetensors& file);
void write_safetensors(const std::string& path, const Safetensors& file);  // atomic: the old file or the new one, never half

}  // namespace graphc
