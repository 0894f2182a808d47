// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/aot/description.h"

namespace graphc::aot {

namespace {

using Json = nlohmann::ordered_json;

// A dimension of c * rows stands as -c, as in graphc_abi.h.
Json shape(const Type& type) {
  Json dims = Json::array();
  for (int a = 0; a < type.shape.rank(); a++) dims.push_back(type.shape[a].is_batch ? -type.shape[a].size : type.shape[a].size);
  return dims;
}

Json field(const Field& f) { return {{"name", f.name_in_model}, {"c_name", f.name}, {"type", name(f.type.dtype)}, {"shape", shape(f.type)}}; }

Json region(uint64_t bytes, const std::vector<Field>& fields) {
  Json tensors = Json::array();
  for (const Field& f : fields) {
    Json tensor = field(f);
    tensor.update({{"role", name(f.variable->role)}, {"offset", f.offset}, {"bytes", f.count * uint64_t(graphc::bytes(f.type.dtype))}});
    tensors.push_back(tensor);
  }
  return {{"bytes", bytes}, {"tensors", tensors}};
}

Json arguments(const std::vector<Argument>& list) {
  constexpr const char* places[] = {"parameter", "report", "gradients"};
  Json result = Json::array();
  for (const Argument& a : list) {
    Json one = field(a.field);
    one["place"] = places[a.place];
    result.push_back(one);
  }
  return result;
}

}  // namespace

std::string memory_map_text(const Description& d) {
  const PlanModule& m = *d.plan;
  Json map = {{"model", m.module.name}, {"prefix", d.prefix}, {"target", m.target.triple}, {"cpu", m.target.cpu}, {"features", d.features},
              {"fingerprint", fmt::format("{:016x}", m.fingerprint)}, {"max_rows", m.max_rows}, {"fixed_rows", m.fixed_rows},
              {"fused_multiply_add", m.target.fma}, {"text_bytes", d.text_bytes}, {"constant_bytes", d.constant_bytes}, {"object_bytes", d.object_bytes}, {"undefined_symbols", Json::array()},
              {"params", region(m.params_bytes, d.params)}, {"state", region(m.state_bytes, d.state)}};
  Json entries = Json::array();
  for (const Function& f : d.functions) {
    Json hypers = Json::array(), workspace = Json::array();
    // In the order of the struct behind its size.
    for (const std::string& hyper : f.plan->hypers) hypers.push_back({{"name", hyper}, {"type", name(m.module.hypers.find(hyper)->dtype)}, {"default", m.module.hypers.find(hyper)->value}});
    for (const PlanBuffer& b : f.plan->buffers)
      if (b.region == Region::workspace) workspace.push_back({{"name", b.name}, {"offset", b.offset}, {"bytes", b.bytes}, {"first_stage", b.first_stage}, {"last_stage", b.last_stage}});
    entries.push_back({{"name", f.plan->entry}, {"symbol", f.symbol}, {"function", f.name}, {"stack_bytes", d.stack_bytes.at(f.plan->entry)}, {"inputs", arguments(f.inputs)},
                       {"outputs", arguments(f.outputs)}, {"hypers", hypers}, {"stages", f.plan->stages.size()}, {"workspace", {{"bytes", f.plan->workspace_bytes}, {"buffers", workspace}}}});
  }
  map["entries"] = entries;
  return map.dump(2) + "\n";
}

}  // namespace graphc::aot
