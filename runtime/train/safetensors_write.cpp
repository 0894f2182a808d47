// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/train/error.h"
#include "runtime/train/file.h"
#include "runtime/train/safetensors.h"

namespace graphc {

const StoredTensor* Safetensors::find(std::string_view name) const {
  for (const StoredTensor& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

std::vector<std::byte> format_safetensors(const Safetensors& file) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : file.tensors) order.push_back(&tensor);
  // Four-byte types first, so that they are aligned for readers that map the file.
  std::stable_partition(order.begin(), order.end(), [](const StoredTensor* tensor) { return tensor->dtype != GRAPHC_U8; });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  uint64_t offset = 0;
  for (const StoredTensor* tensor : order) {
    if (header.contains(tensor->name)) throw Error("safetensors: two tensors are named \"" + tensor->name + "\"");
    const char* dtype = tensor->dtype == GRAPHC_F32 ? "F32" : tensor->dtype == GRAPHC_I32 ? "I32" : "U8";
    header[tensor->name] = {{"dtype", dtype}, {"shape", tensor->shape}, {"data_offsets", {offset, offset + tensor->data.size()}}};
    offset += tensor->data.size();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("safetensors: a name or a metadata text is not valid UTF-8");
  }
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
