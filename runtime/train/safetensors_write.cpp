// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstring>
#include <set>

#include "runtime/train/error.h"
#include "runtime/train/file.h"
#include "runtime/train/json_text.h"
#include "runtime/train/safetensors.h"

namespace graphc {

const StoredTensor* Safetensors::find(std::string_view name) const {
  for (const StoredTensor& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

static void check_text(const std::string& text) {
  try {
    nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("safetensors: a name or a metadata text is not valid UTF-8");
  }
}

std::vector<std::byte> format_safetensors(const Safetensors& file) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : file.tensors) order.push_back(&tensor);
  // Four-byte types first, so that they are aligned for readers that map the file.
  std::stable_partition(order.begin(), order.end(), [](const StoredTensor* tensor) { return tensor->dtype != GRAPHC_U8; });

  JsonObject header, metadata;
  std::set<std::string_view> names;
  for (const auto& [key, value] : file.metadata) {
    check_text(key), check_text(value);
    metadata.add(key, value);
  }
  if (!file.metadata.empty()) header.add_text("__metadata__", metadata.text());
  uint64_t offset = 0;
  for (const StoredTensor* tensor : order) {
    check_text(tensor->name);
    if (!names.insert(tensor->name).second) throw Error("safetensors: two tensors are named \"" + tensor->name + "\"");
    const char* dtype = tensor->dtype == GRAPHC_F32 ? "F32" : tensor->dtype == GRAPHC_I32 ? "I32" : "U8";
    std::string shape;
    for (int64_t dim : tensor->shape) shape += (shape.empty() ? "" : ",") + std::to_string(dim);
    JsonObject entry;
    entry.add("dtype", dtype).add_text("shape", "[" + shape + "]");
    entry.add_text("data_offsets", "[" + std::to_string(offset) + "," + std::to_string(offset + tensor->data.size()) + "]");
    header.add_text(tensor->name, entry.text());
    offset += tensor->data.size();
  }
  std::string text = header.text();
  text.append((8 - text.size() % 8) % 8, ' ');

  std::vector<std::byte> bytes(8 + text.size());
  bytes.reserve(bytes.size() + offset);
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(static_cast<uint64_t>(text.size()) >> (8 * i));
  std::memcpy(bytes.data() + 8, text.data(), text.size());
  for (const StoredTensor* tensor : order) bytes.insert(bytes.end(), tensor->data.begin(), tensor->data.end());
  return bytes;
}

void write_safetensors(const std::string& path, const Safetensors& file) { write_file(path, format_safetensors(file)); }

}  // namespace graphc
