// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/evaluator_entry.h"

#include <cmath>
#include <cstring>
#include <unordered_map>

#include "ir/evaluate.h"
#include "ir/fill.h"

namespace graphc {

namespace {

// Calls action(element, its place). Strides are those of the maximum of rows, as the ABI's tables say: they matter where
// batch is not the first axis.
template <class Action> void for_each_place(const Array& array, const Type& type, int64_t max_rows, Action action) {
  int rank = type.shape.rank();
  std::vector<int64_t> index(size_t(rank), 0), strides(size_t(rank), 1);
  for (int a = rank - 1; a-- > 0;) strides[size_t(a)] = strides[size_t(a) + 1] * type.shape[a + 1].at(max_rows);
  int64_t place = 0;
  for (size_t i = 0; i < array.data.size(); i++) {
    action(i, size_t(place));
    for (auto a = size_t(rank); a-- > 0;) {
      place += strides[a];
      if (++index[a] < array.dims[a]) break;
      place -= strides[a] * index[a];
      index[a] = 0;
    }
  }
}

Array read(const void* from, const Type& type, int64_t rows, int64_t max_rows) {
  Array array{type.dtype, type.shape.at(rows), {}};
  array.data.resize(size_t(array.count()));
  for_each_place(array, type, max_rows, [&](size_t i, size_t place) {
    if (type.dtype == DType::f32) array.data[i] = static_cast<const float*>(from)[place];
    else if (type.dtype == DType::i32) array.data[i] = static_cast<const int32_t*>(from)[place];
    else array.data[i] = static_cast<const uint8_t*>(from)[place];
  });
  return array;
}

void write(void* to, const Array& array, const Type& type, int64_t max_rows) {
  for_each_place(array, type, max_rows, [&](size_t i, size_t place) {
    if (array.dtype == DType::f32) static_cast<float*>(to)[place] = float(array.data[i]);
    else if (array.dtype == DType::i32) static_cast<int32_t*>(to)[place] = int32_t(array.data[i]);
    else static_cast<uint8_t*>(to)[place] = uint8_t(array.data[i]);
  });
}

bool misaligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % GRAPHC_ALIGNMENT != 0; }

class EvaluatorEntry {
 public:
  EvaluatorEntry(const PlanModule& m, const Plan& p) : m_(m), p_(p), graph_(*m.module.entries.find(p.entry)), is_init_(p.entry == "init") {
    for (const PlacedVariable& v : m.variables) by_name_.emplace(v.variable->name, &v);
  }

  graphc_status operator()(void* params, void* state, void* workspace, const void* const* inputs, void* const* outputs, uint32_t rows,
                           const void* hyper, const graphc_hooks*) const {
    if (!params || !state || (p_.workspace_bytes && !workspace) || (!p_.inputs.empty() && !inputs) || (!p_.outputs.empty() && !outputs)) return GRAPHC_NULL_POINTER;
    for (size_t i = 0; i < p_.inputs.size(); i++)
      if (!inputs[i]) return GRAPHC_NULL_POINTER;
    for (size_t o = 0; o < p_.outputs.size(); o++)
      if (!outputs[o]) return GRAPHC_NULL_POINTER;
    if (misaligned(params) || misaligned(state) || (p_.workspace_bytes && misaligned(workspace))) return GRAPHC_MISALIGNED;
    if (is_init_) rows = 1;
    else if (rows == 0 || rows > m_.max_rows || (m_.fixed_rows && rows != m_.max_rows)) return GRAPHC_BAD_ROWS;
    graphc_head heads[2] = {{GRAPHC_MAGIC_PARAMS, GRAPHC_ABI_VERSION, 0, m_.fingerprint, {}}, {GRAPHC_MAGIC_STATE, GRAPHC_ABI_VERSION, 0, m_.fingerprint, {}}};
    if (!is_init_ && (std::memcmp(params, &heads[0], 24) || std::memcmp(state, &heads[1], 24))) return GRAPHC_WRONG_MODEL;
    Bindings bindings{rows, {}, {}, {}};
    for (size_t i = 0; i < p_.inputs.size(); i++) {
      const PlanBuffer& buffer = p_.buffers[p_.inputs[i]];
      Array array = read(inputs[i], buffer.type, rows, m_.max_rows);
      const InputSpec* spec = m_.module.inputs.find(buffer.name);
      if (spec && spec->classes)
        for (double label : array.data)
          if (label < 0 || label >= double(spec->classes)) return GRAPHC_BAD_LABEL;
      bindings.inputs[buffer.name] = std::move(array);
    }
    uint32_t given = 0;
    if (hyper) std::memcpy(&given, hyper, 4);
    if (hyper && given < 4 + 4 * p_.hypers.size()) return GRAPHC_BAD_HYPER;
    for (size_t h = 0; h < p_.hypers.size(); h++) {
      const HyperParameter& spec = *m_.module.hypers.find(p_.hypers[h]);
      double value = spec.value;
      if (hyper) value = read(static_cast<const char*>(hyper) + 4 + 4 * h, Type{spec.dtype, {}}, 1, 1).data[0];
      bindings.hypers[spec.name] = value;
    }
    if (is_init_) return init(params, state, heads, bindings);
    for (const PlacedVariable& v : m_.variables) bindings.variables[v.variable->name] = read(place(v, params, state), v.variable->type, 1, 1);

    auto values = evaluate(graph_, bindings, precision());
    for (size_t o = 0; o < p_.outputs.size(); o++) write(outputs[o], values[graph_.outputs[o].value], p_.buffers[p_.outputs[o]].type, m_.max_rows);
    if (graph_.loss && !std::isfinite(values[*graph_.loss].data[0])) return GRAPHC_NOT_FINITE;
    for (const Update& u : graph_.updates) write(place(*by_name_.at(u.variable), params, state), values[u.value], by_name_.at(u.variable)->variable->type, 1);
    return GRAPHC_OK;
  }

 private:
  Precision precision() const { return m_.target.fma ? Precision::f32_fused : Precision::f32_unfused; }

  static char* place(const PlacedVariable& v, void* params, void* state) {
    return static_cast<char*>(v.region == Region::params ? params : state) + v.offset;
  }

  // It reads no variable, so what fills one need not wait for another.
  graphc_status init(void* params, void* state, const graphc_head (&heads)[2], const Bindings& bindings) const {
    std::memset(params, 0, m_.params_bytes);
    std::memset(state, 0, m_.state_bytes);
    std::memcpy(params, &heads[0], sizeof(graphc_head));
    std::memcpy(state, &heads[1], sizeof(graphc_head));
    std::vector<const Update*> others;
    for (const Update& u : graph_.updates) {
      const PlacedVariable& v = *by_name_.at(u.variable);
      size_t count = size_t(v.variable->type.shape.count_at(1));
      if (bytes(v.variable->type.dtype) != 4 || !fill(graph_, u.value, bindings.hypers, m_.target.fma, {reinterpret_cast<uint32_t*>(place(v, params, state)), count}))
        others.push_back(&u);
    }
    if (others.empty()) return GRAPHC_OK;
    auto values = evaluate(graph_, bindings, precision());
    for (const Update* u : others) write(place(*by_name_.at(u->variable), params, state), values[u->value], by_name_.at(u->variable)->variable->type, 1);
    return GRAPHC_OK;
  }

  const PlanModule& m_;
  const Plan& p_;
  const Graph& graph_;
  bool is_init_;
  std::unordered_map<std::string, const PlacedVariable*> by_name_;
};

}  // namespace

EntryCall evaluator_entry(const PlanModule& plan, const Plan& entry) { return EvaluatorEntry(plan, entry); }

}  // namespace graphc
