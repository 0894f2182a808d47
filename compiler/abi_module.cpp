// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/abi_module.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace graphc {

// ---- slots

namespace {

struct Slot {
  std::atomic<graphc_entry> direct{nullptr};
  EntryCall first;
  bool used = false;
};
constexpr size_t slot_count = 1024;
std::array<Slot, slot_count> slots;
std::mutex slots_mutex;

template <size_t I>
graphc_status trampoline(void* params, void* state, void* workspace, const void* const* inputs, void* const* outputs, uint32_t rows,
                         const void* hyper, const graphc_hooks* hooks) {
  if (graphc_entry entry = slots[I].direct.load(std::memory_order_acquire)) return entry(params, state, workspace, inputs, outputs, rows, hyper, hooks);
  return slots[I].first(params, state, workspace, inputs, outputs, rows, hyper, hooks);
}

template <size_t... I> constexpr std::array<graphc_entry, slot_count> trampolines(std::index_sequence<I...>) { return {trampoline<I>...}; }
constexpr auto functions = trampolines(std::make_index_sequence<slot_count>());

}  // namespace

EntrySlot::EntrySlot(EntryCall first) {
  std::lock_guard lock(slots_mutex);
  auto free = std::find_if(slots.begin(), slots.end(), [](const Slot& s) { return !s.used; });
  if (free == slots.end()) throw CompileError(Diagnostic{{}, "compile: more than 1024 entries are alive in this process", {"destroy programs that are no longer used"}});
  free->used = true;
  free->first = std::move(first);
  free->direct = nullptr;
  index_ = size_t(free - slots.begin());
}

EntrySlot::~EntrySlot() {
  std::lock_guard lock(slots_mutex);
  slots[index_].used = false;
  slots[index_].first = nullptr;
}

graphc_entry EntrySlot::function() const { return functions[index_]; }
void EntrySlot::set_direct(graphc_entry entry) { slots[index_].direct.store(entry, std::memory_order_release); }

// ---- tables

struct AbiModule::Tables {
  std::deque<std::string> names;
  std::vector<graphc_tensor> variables;
  std::deque<std::vector<graphc_tensor>> tensors;
  std::deque<std::vector<graphc_hyper>> hypers;
  std::vector<graphc_entry_info> entries;

  const char* keep(std::string text) { return names.emplace_back(std::move(text)).c_str(); }
};

static uint8_t role_of(Role role) {
  switch (role) {
    case Role::parameter: return GRAPHC_ROLE_PARAMETER;
    case Role::optimizer: return GRAPHC_ROLE_OPTIMIZER;
    case Role::running: return GRAPHC_ROLE_RUNNING;
    case Role::fitted: return GRAPHC_ROLE_FITTED;
  }
  return GRAPHC_ROLE_PARAMETER;
}

static graphc_tensor describe(const Type& type, uint32_t max_rows) {
  graphc_tensor t{};
  t.dtype = type.dtype == DType::f32 ? GRAPHC_F32 : type.dtype == DType::i32 ? GRAPHC_I32 : GRAPHC_U8;
  t.rank = uint8_t(type.shape.rank());
  int64_t stride = 1;
  for (int a = type.shape.rank(); a-- > 0;) {
    t.shape[a] = type.shape[a].is_batch ? -type.shape[a].size : type.shape[a].size;
    t.stride[a] = stride;
    stride *= type.shape[a].at(max_rows);
  }
  t.bytes = uint64_t(type.shape.count_at(max_rows) * bytes(type.dtype));
  return t;
}

AbiModule::AbiModule(const PlanModule& m, const std::function<graphc_entry(const Plan&)>& run) : tables_(std::make_shared<Tables>()) {
  Tables& t = *tables_;
  for (const PlacedVariable& v : m.variables) {
    graphc_tensor tensor = describe(v.variable->type, m.max_rows);
    tensor.name = t.keep(v.variable->name);
    tensor.role = role_of(v.variable->role);
    tensor.offset = v.offset;
    if (!v.variable->of.empty()) tensor.of = t.keep(v.variable->of);
    t.variables.push_back(tensor);
  }
  for (const Plan& p : m.plans) {
    auto list = [&](const std::vector<uint32_t>& buffers, uint8_t role) {
      std::vector<graphc_tensor>& tensors = t.tensors.emplace_back();
      for (uint32_t b : buffers) {
        graphc_tensor tensor = describe(p.buffers[b].type, m.max_rows);
        tensor.name = t.keep(p.buffers[b].name);
        tensor.role = role;
        const InputSpec* spec = role == GRAPHC_ROLE_INPUT ? m.module.inputs.find(p.buffers[b].name) : nullptr;
        if (spec) tensor.limit = int32_t(spec->classes);
        tensors.push_back(tensor);
      }
      return tensors.data();
    };
    graphc_entry_info entry{};
    entry.name = t.keep(p.entry);
    entry.run = run(p);
    entry.inputs = uint32_t(p.inputs.size());
    entry.input = list(p.inputs, GRAPHC_ROLE_INPUT);
    entry.outputs = uint32_t(p.outputs.size());
    entry.output = list(p.outputs, GRAPHC_ROLE_OUTPUT);
    std::vector<graphc_hyper>& hypers = t.hypers.emplace_back();
    for (const std::string& name : p.hypers) {
      const HyperParameter& h = *m.module.hypers.find(name);
      hypers.push_back({t.keep(name), uint8_t(h.dtype == DType::f32 ? GRAPHC_F32 : GRAPHC_I32), uint32_t(4 + 4 * hypers.size()), h.value});
    }
    entry.hypers = uint32_t(hypers.size());
    entry.hyper = hypers.data();
    entry.hyper_bytes = uint32_t(4 + 4 * hypers.size());
    t.entries.push_back(entry);
  }
  module_ = {GRAPHC_ABI_VERSION, m.max_rows, t.keep(m.module.name), t.keep(m.target.triple), m.fingerprint, m.params_bytes, m.state_bytes,
             m.workspace_bytes, uint32_t(t.variables.size()), uint32_t(t.entries.size()), t.variables.data(), t.entries.data()};
}

}  // namespace graphc
