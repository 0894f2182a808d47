// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/bindings.h"

namespace graphc::driver {

template <class T>
static Array array_of(const std::vector<T>& values, DType dtype) {
  return {dtype, {}, {values.begin(), values.end()}};
}

Bindings bind(const PlanModule& plan, const std::string& entry, Instance& net, int64_t rows) {
  Bindings bindings{rows, {}, {}, {}};
  for (const Variable& v : plan.module.variables) {
    Array array = v.type.dtype == DType::f32   ? array_of(net.get<float>(v.name), DType::f32)
                  : v.type.dtype == DType::i32 ? array_of(net.get<int32_t>(v.name), DType::i32)
                                               : array_of(net.get<uint8_t>(v.name), DType::u8);
    array.dims = v.type.shape.at(rows);
    bindings.variables[v.name] = std::move(array);
  }
  if (const Plan* p = plan.plan(entry))
    for (const std::string& name : p->hypers) bindings.hypers[name] = net.hyper(name);
  return bindings;
}

Graph loss_only(const Graph& entry) {
  Graph graph = entry;
  graph.outputs = {{"loss", *entry.loss}};
  graph.updates.clear();
  return graph;
}

}  // namespace graphc::driver
