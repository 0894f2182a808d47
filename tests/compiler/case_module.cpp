// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/case_module.h"

#include <bit>
#include <cmath>

#include "compiler/passes/inline_calls.h"
#include "compiler/passes/simplify.h"
#include "compiler/plan/plan.h"
#include "tests/compiler/guarded_memory.h"

namespace graphc_test {

using namespace graphc;

namespace {

// Calls action(element, place) for each element of an array at this call's rows; strides come from the maximum of rows.
template <class Action> void for_each_place(const Array& a, const Type& type, int64_t max_rows, Action action) {
  auto widest = type.shape.at(max_rows);
  for (size_t i = 0; i < a.data.size(); i++) {
    int64_t rest = int64_t(i), place = 0, stride = 1;
    for (size_t d = a.dims.size(); d-- > 0;) {
      place += rest % a.dims[d] * stride;
      rest /= a.dims[d];
      stride *= widest[d];
    }
    action(i, place);
  }
}

void store(void* to, const Array& a, const Type& type, int64_t max_rows) {
  for_each_place(a, type, max_rows, [&](size_t i, int64_t place) {
    if (a.dtype == DType::f32) static_cast<float*>(to)[place] = float(a.data[i]);
    else if (a.dtype == DType::i32) static_cast<int32_t*>(to)[place] = int32_t(a.data[i]);
    else static_cast<uint8_t*>(to)[place] = uint8_t(a.data[i]);
  });
}

Array load(const void* from, const Type& type, int64_t rows, int64_t max_rows) {
  Array a{type.dtype, type.shape.at(rows), {}};
  a.data.resize(size_t(a.count()));
  for_each_place(a, type, max_rows, [&](size_t i, int64_t place) {
    if (type.dtype == DType::f32) a.data[i] = static_cast<const float*>(from)[place];
    else if (type.dtype == DType::i32) a.data[i] = static_cast<const int32_t*>(from)[place];
    else a.data[i] = static_cast<const uint8_t*>(from)[place];
  });
  return a;
}

// What the caller must own of an input or output: where rows are outermost, those of this call.
size_t bytes_of(const Type& type, int64_t rows, int64_t max_rows) {
  bool outermost = true;
  for (int a = 1; a < type.shape.rank(); a++) outermost &= !type.shape[a].is_batch;
  return size_t(type.shape.count_at(outermost ? rows : max_rows) * bytes(type.dtype));
}

}  // namespace

void CaseModule::add(Graph graph, const std::vector<std::pair<std::string, Type>>& inputs) {
  for (const auto& [name, type] : inputs)
    if (!module_.inputs.find(name)) module_.inputs.push_back({name, type});
  module_.entries.push_back(simplify(inline_calls(graph)));
}

void CaseModule::add_parameter(const std::string& name, const Type& type) { module_.variables.push_back({name, type}); }

void CaseModule::compile(const Target& target, bool fused, const AdjustSchedule& adjust) {
  Module all = module_;
  all.entries.push_back(Graph("init"));
  plan_ = graphc::plan(all, target, max_rows_, {.fused = fused, .adjust = adjust});
  verify(plan_);
  jit_ = Jit::create(plan_);
}

std::vector<Array> CaseModule::run(const std::string& entry, const Bindings& bindings, const graphc_hooks* hooks, int poison) {
  const Plan& p = *plan_.plan(entry);
  auto side = calls_++ % 2 ? GuardedMemory::begin : GuardedMemory::end;
  GuardedMemory params(plan_.params_bytes, 64, side, 0), state(plan_.state_bytes, 64, side, 0), workspace(plan_.workspace_bytes, 64, side, poison);
  if (jit_->entry("init")(params.data(), state.data(), workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) != GRAPHC_OK) throw InternalError("init refused");
  auto place_of = [&](const std::string& name) {
    for (const PlacedVariable& v : plan_.variables)
      if (v.variable->name == name) return std::pair{params.data() + v.offset, v.variable->type};
    throw InternalError("no parameter " + name);
  };
  for (const auto& [name, value] : bindings.variables) {
    auto [place, type] = place_of(name);
    store(place, value, type, plan_.max_rows);
  }
  std::vector<GuardedMemory> in, out;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (uint32_t b : p.inputs) {
    const Type& type = p.buffers[b].type;
    in.emplace_back(bytes_of(type, bindings.rows, plan_.max_rows), size_t(bytes(type.dtype)), side, 0);
    store(in.back().data(), bindings.inputs.at(p.buffers[b].name), type, plan_.max_rows);
    inputs.push_back(in.back().data());
  }
  for (uint32_t b : p.outputs) {
    const Type& type = p.buffers[b].type;
    out.emplace_back(bytes_of(type, bindings.rows, plan_.max_rows), size_t(bytes(type.dtype)), side, 0x55);
    outputs.push_back(out.back().data());
  }
  graphc_status status = jit_->entry(entry)(params.data(), state.data(), workspace.data(), inputs.data(), outputs.data(), uint32_t(bindings.rows), nullptr, hooks);
  if (status < 0) throw InternalError("entry refused: " + std::to_string(status));
  std::vector<Array> result;
  for (size_t o = 0; o < p.outputs.size(); o++) result.push_back(load(out[o].data(), p.buffers[p.outputs[o]].type, bindings.rows, plan_.max_rows));
  for (const Update& u : plan_.module.entries.find(entry)->updates) {
    auto [place, type] = place_of(u.variable);
    result.push_back(load(place, type, bindings.rows, plan_.max_rows));
  }
  return result;
}

std::vector<Array> CaseModule::oracle(const std::string& entry, const Bindings& bindings) const {
  const Graph& graph = *plan_.module.entries.find(entry);
  auto values = evaluate(graph, bindings, plan_.target.fma ? Precision::f32_fused : Precision::f32_unfused);
  std::vector<Array> result;
  for (const Output& o : graph.outputs) result.push_back(values[o.value]);
  for (const Update& u : graph.updates) result.push_back(values[u.value]);
  return result;
}

std::string difference(const Array& a, const Array& b) {
  if (a.dims != b.dims) return "other sizes";
  for (size_t i = 0; i < a.data.size(); i++) {
    if (std::isnan(a.data[i]) && std::isnan(b.data[i])) continue;
    if (std::bit_cast<uint64_t>(a.data[i]) != std::bit_cast<uint64_t>(b.data[i]))
      return "element " + std::to_string(i) + ": " + std::to_string(a.data[i]) + " and " + std::to_string(b.data[i]);
  }
  return "";
}

}  // namespace graphc_test
