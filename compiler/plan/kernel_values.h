// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The expressions of one kernel: each value of its cluster at given indices, loaded or computed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/plan/lower.h"

namespace graphc {

loops::Index variable_index(uint32_t variable);
// scale * index added to `to`
void add_scaled(loops::Index& to, const loops::Index& index, int64_t scale);

class KernelValues {
 protected:
  using At = std::vector<loops::Index>;  // an index for each axis

  KernelValues(const Graph& graph, const Fusion& fusion, const Cluster& cluster, const BufferMap& buffers, int64_t max_rows)
      : graph_(graph), fusion_(fusion), c_(cluster), id_(uint32_t(&cluster - fusion.clusters.data())), buffers_(buffers), max_rows_(max_rows) {}

  const Node& node(ValueId v) const { return graph_[v]; }
  uint32_t argument(uint32_t buffer, DType dtype, bool written);  // the kernel's number of a buffer of the plan
  loops::Index place(const Shape& shape, const At& at) const;
  At identity(int rank, uint32_t first = 0) const;  // variables one after the other
  loops::ExprId constant(double value, DType dtype) { return k_.add({.kind = loops::Expr::constant, .dtype = dtype, .value = value}); }
  loops::ExprId load(ValueId v, const At& at);
  loops::ExprId value(ValueId v, const At& at);
  bool computed_here(ValueId v) const { return fusion_.home[v] == id_ && fusion_.view_of[v] == v; }

  const Graph& graph_;
  const Fusion& fusion_;
  const Cluster& c_;
  uint32_t id_;
  const BufferMap& buffers_;
  int64_t max_rows_;
  loops::Kernel k_;
  std::vector<uint32_t> arguments_;      // buffers of the plan
  std::map<ValueId, uint32_t> results_;  // what a statement computes: its result's number

 private:
  loops::ExprId compute(ValueId v, const At& at);
  At moved(const Node& n, const At& at) const;
  loops::ExprId gather(ValueId v, const At& at);

  std::map<std::string, loops::ExprId> known_;
};

}  // namespace graphc
