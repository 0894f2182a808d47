// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/checkpoint.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "runtime/train/error.h"
#include "runtime/train/file.h"
#include "runtime/train/safetensors.h"

namespace graphc {
namespace {

constexpr const char *version_key = "graphc.checkpoint", *checksum_key = "crc32", *version = "1";
constexpr std::string_view best_prefix = "best/", agreement_prefix = "must agree: ";

// Over the metadata and over each tensor's name, type, shape and data, in the order of their names.
std::string checksum(const Safetensors& file) {
  uLong crc = crc32(0, nullptr, 0);
  auto add = [&](const void* data, size_t bytes) {
    const auto* at = static_cast<const Bytef*>(data);
    for (; bytes; bytes -= std::min<size_t>(bytes, 1u << 30), at += 1u << 30)
      crc = crc32(crc, at, static_cast<uInt>(std::min<size_t>(bytes, 1u << 30)));
  };
  for (const auto& [key, value] : file.metadata)
    if (key != checksum_key) add(key.data(), key.size() + 1), add(value.data(), value.size() + 1);
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : file.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const StoredTensor* tensor : order) {
    add(tensor->name.data(), tensor->name.size() + 1);
    add(&tensor->dtype, 1);
    add(tensor->shape.data(), tensor->shape.size() * sizeof(int64_t));
    add(tensor->data.data(), tensor->data.size());
  }
  return fmt::format("{:08x}", crc);
}

}  // namespace

Agreements agreements(const Instance& net, const TrainSettings& settings, uint64_t rows,
                      const std::vector<std::string>& metric_names) {
  std::string metrics;
  for (const std::string& name : metric_names) metrics += (metrics.empty() ? "" : ", ") + name;
  Agreements all = {{"model", fmt::format("{} {:016x}", net.module().name, net.module().fingerprint)},
                    {"number of training rows", std::to_string(rows)},
                    {"minibatch", std::to_string(settings.batch)},
                    {"seed", std::to_string(settings.seed)},
                    {"sampling", std::string(name(settings.sampling))},
                    {"list of metrics", metrics.empty() ? "none" : metrics}};
  all.insert(all.end(), settings.must_agree.begin(), settings.must_agree.end());
  return all;
}

std::vector<std::byte> format_checkpoint(const Instance& net, const RunState& state, const Agreements& agreements) {
  Safetensors file;
  file.tensors = net.variables();
  for (const StoredTensor& tensor : state.best_weights) {
    file.tensors.push_back(tensor);
    file.tensors.back().name.insert(0, best_prefix);
  }
  file.metadata = to_metadata(state);
  file.metadata[version_key] = version;
  for (const auto& [name, value] : agreements) file.metadata[std::string(agreement_prefix) + name] = value;
  file.metadata[checksum_key] = checksum(file);
  return format_safetensors(file);
}

Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  Safetensors file = parse_safetensors(bytes, name);
  for (const char* key : {version_key, checksum_key})
    if (!file.metadata.contains(key)) throw Error(name + ": error: this is no checkpoint: its metadata lack " + key);
  if (file.metadata[checksum_key] != checksum(file))
    throw Error(name + ": error: the checkpoint is damaged: its checksum is " + checksum(file) + ", it should be " +
                file.metadata[checksum_key]);
  if (file.metadata[version_key] != version)
    throw Error(name + ": error: the checkpoint has version " + file.metadata[version_key] + ", this program reads version " +
                version + "; go on with the program that wrote it");
  Checkpoint checkpoint;
  try {
    checkpoint.state = from_metadata(file.metadata);
  } catch (const Error& error) {
    throw Error(name + ": error: the checkpoint is damaged: " + error.what());
  }
  for (const auto& [key, value] : file.metadata)
    if (key.starts_with(agreement_prefix)) checkpoint.agreements.emplace_back(key.substr(agreement_prefix.size()), value);
  for (StoredTensor& tensor : file.tensors) {
    bool is_best = tensor.name.starts_with(best_prefix);
    if (is_best) tensor.name.erase(0, best_prefix.size());
    (is_best ? checkpoint.state.best_weights : checkpoint.variables).push_back(std::move(tensor));
  }
  return checkpoint;
}

Checkpoint read_checkpoint(const std::string& path) { return parse_checkpoint(read_file(path), path); }

void apply_checkpoint(const Checkpoint& checkpoint, const std::string& path, const Agreements& wanted, Instance& net) {
  for (const auto& [name, value] : wanted) {
    auto found = checkpoint.agreements.begin();
    while (found != checkpoint.agreements.end() && found->first != name) ++found;
    std::string then = found == checkpoint.agreements.end() ? "not known" : found->second;
    if (then != value)
      throw Error(fmt::format("{}: error: this checkpoint is of another run: the {} was {}, it is {} now; go on with what it "
                              "was, or begin anew without --resume",
                              path, name, then, value));
  }
  net.set_variables(checkpoint.variables, path);
}

}  // namespace graphc
