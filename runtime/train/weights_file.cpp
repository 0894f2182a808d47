// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/weights_file.h"

#include <algorithm>

#include "runtime/train/file.h"
#include "runtime/train/npy.h"
#include "runtime/train/npz.h"
#include "runtime/train/zip.h"

namespace graphc {

static constexpr std::string_view metadata_prefix = "metadata/";

static bool is_npz(const std::string& path) { return path.ends_with(".npz"); }

Safetensors read_weights(const std::string& path) {
  if (!is_npz(path)) return read_safetensors(path);
  std::vector<std::byte> bytes = read_file(path);
  Safetensors weights{parse_npz(bytes, path), {}};
  for (const ZipMember& member : zip_members(bytes, path)) {
    // Written by write_weights, which deflates nothing.
    if (!member.name.starts_with(metadata_prefix) || member.deflated || member.name.ends_with(".npy")) continue;
    std::vector<std::byte> unused;
    std::span<const std::byte> text = zip_content(bytes, member, path, unused);
    weights.metadata[member.name.substr(metadata_prefix.size())] = {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  return weights;
}

void write_weights(const std::string& path, const Safetensors& weights) {
  if (!is_npz(path)) return write_safetensors(path, weights);
  std::vector<ZipEntry> entries;
  for (const StoredTensor& tensor : weights.tensors) entries.push_back({tensor.name + ".npy", format_npy(tensor)});
  for (const auto& [key, value] : weights.metadata) {
    auto text = std::as_bytes(std::span(value.data(), value.size()));
    entries.push_back({std::string(metadata_prefix) + key, {text.begin(), text.end()}});
  }
  write_file(path, format_zip(entries, path));
}

}  // namespace graphc
