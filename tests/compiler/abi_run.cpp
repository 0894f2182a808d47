// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/abi_run.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>

namespace graphc_test {

AbiRun::AbiRun(const graphc_module& m, Side side, int poison)
    : module(m), side(side), params(m.params_bytes, 64, side, 0x5A), state(m.state_bytes, 64, side, 0x5A), workspace(m.workspace_bytes, 64, side, poison) {
  if (entry("init").run(params.data(), state.data(), workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) != GRAPHC_OK) throw std::runtime_error("init refused");
}

bool AbiRun::has(const std::string& name) const {
  return std::any_of(module.entry, module.entry + module.entries, [&](const graphc_entry_info& e) { return e.name == name; });
}

const graphc_entry_info& AbiRun::entry(const std::string& name) const {
  if (!has(name)) throw std::runtime_error("no entry " + name);
  return *std::find_if(module.entry, module.entry + module.entries, [&](const graphc_entry_info& e) { return e.name == name; });
}

static size_t bytes_at(const graphc_tensor& t, uint32_t rows, uint32_t max_rows) {
  return t.rank && t.shape[0] < 0 ? t.bytes / max_rows * rows : t.bytes;
}

AbiRun::Arrays AbiRun::arrays(const std::string& name, uint32_t rows, Random& random, double low, double high) const {
  const graphc_entry_info& e = entry(name);
  Arrays a;
  for (uint32_t i = 0; i < e.inputs; i++) {
    const graphc_tensor& t = e.input[i];
    size_t bytes = bytes_at(t, rows, module.max_rows), element = t.dtype == GRAPHC_U8 ? 1 : 4;
    std::byte* data = a.memory.emplace_back(bytes, element, side, 0).data();
    for (size_t k = 0; k < bytes / element; k++) {
      if (t.dtype == GRAPHC_F32) reinterpret_cast<float*>(data)[k] = float(random.uniform(low, high));
      else if (t.dtype == GRAPHC_I32) reinterpret_cast<int32_t*>(data)[k] = int32_t(random.below(t.limit ? t.limit : 4));
      else data[k] = std::byte(random.below(2));
    }
    a.inputs.push_back(data);
  }
  for (uint32_t o = 0; o < e.outputs; o++) {
    const graphc_tensor& t = e.output[o];
    a.outputs.push_back(a.memory.emplace_back(bytes_at(t, rows, module.max_rows), t.dtype == GRAPHC_U8 ? 1 : 4, side, 0x33).data());
  }
  return a;
}

graphc_status AbiRun::call(const std::string& name, Arrays& a, uint32_t rows, const void* hyper, const graphc_hooks* hooks) {
  return entry(name).run(params.data(), state.data(), workspace.data(), a.inputs.data(), a.outputs.data(), rows, hyper, hooks);
}

std::string bytes_of(std::span<std::byte> memory) { return {reinterpret_cast<const char*>(memory.data()), memory.size()}; }

std::string AbiRun::bytes() { return bytes_of(params.bytes()) + bytes_of(state.bytes()); }

std::string output_bytes(AbiRun::Arrays& arrays, size_t inputs) {
  std::string all;
  for (size_t m = inputs; m < arrays.memory.size(); m++) all += bytes_of(arrays.memory[m].bytes());
  return all;
}

// States of large models are compared by a hash.
static void add_hash(size_t& h, std::span<const std::byte> bytes) {
  h = h * 31 + std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string trace(const graphc_module& module, Side side, int poison, bool fixed_rows) {
  AbiRun run(module, side, poison);
  Random random(6);
  std::string all;
  uint32_t most = module.max_rows;
  for (uint32_t rows : {most, fixed_rows ? most : most > 2 ? most - 1 : 1})
    for (uint32_t e = 0; e < module.entries; e++) {
      std::string entry = module.entry[e].name;
      if (entry == "init") continue;
      double range = entry.rfind("apply", 0) == 0 ? 0.01 : 1;  // gradients are small, so that the model stays one that trains
      auto arrays = run.arrays(entry, rows, random, -range, range);
      graphc_status status = run.call(entry, arrays, rows);
      size_t hash = 0;
      for (size_t m = arrays.inputs.size(); m < arrays.memory.size(); m++) add_hash(hash, arrays.memory[m].bytes());
      add_hash(hash, run.params.bytes());
      add_hash(hash, run.state.bytes());
      all += entry + " of " + std::to_string(rows) + " rows: " + std::to_string(status) + ", " + std::to_string(hash) + "\n";
      if (status != GRAPHC_OK) throw std::runtime_error(std::string(module.name) + ": " + all);
    }
  return all;
}

}  // namespace graphc_test
