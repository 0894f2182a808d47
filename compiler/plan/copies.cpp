// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that only copy: a contraction's second operand into [.., K, N], and a value to where it belongs.
#include <algorithm>

#include "compiler/plan/lower.h"
#include "compiler/plan/schedule.h"

namespace graphc {

using namespace loops;

bool needs_packing(const Graph& graph, const Cluster& c) {
  if (c.kind != Cluster::contraction) return false;
  const Shape& s = c.domain;
  if (s[s.rank() - 1].is(1) || s[s.rank() - 2].is(1)) return false;  // summed along lanes of k
  return graph[c.anchor].attribute<int64_t>(1) != 0;
}

// `to` is [.., columns, rows] of `from` [.., rows, columns].
Lowered lower_packing(const Graph& graph, const Cluster& c, uint32_t from, uint32_t to, const Target&, int64_t max_rows) {
  Shape source = graph[graph[c.anchor].operands[1]].type.shape, result = source;
  int rank = source.rank();
  std::swap(result[rank - 1], result[rank - 2]);
  auto s = row_major_strides(source, max_rows), r = row_major_strides(result, max_rows);
  Lowered l;
  l.arguments = {from, to};
  l.kernel.name = "pack";
  l.kernel.buffers = {{DType::f32, false}, {DType::f32, true}};
  l.kernel.variables = uint32_t(rank);
  Index load, store;
  for (int a = 0; a < rank; a++) {
    int in_source = a == rank - 1 ? rank - 2 : a == rank - 2 ? rank - 1 : a;
    load.add(uint32_t(a), s[size_t(in_source)]);
    store.add(uint32_t(a), r[size_t(a)]);
  }
  ExprId e = l.kernel.add({.kind = Expr::load, .dtype = DType::f32, .id = 0, .index = load});
  uint32_t i = uint32_t(rank - 2), j = uint32_t(rank - 1);
  Block body{{.kind = Statement::transpose, .variable = i, .extent = result[rank - 2], .buffer = 1, .index = store, .value = e, .n_variable = j, .n_extent = result[rank - 1]}};
  for (int a = rank - 2; a-- > 0;) body = {{.kind = Statement::loop, .variable = uint32_t(a), .extent = result[a], .body = std::move(body)}};
  l.kernel.body = std::move(body);
  l.kernel.task_variable = 0;
  l.kernel.task_extent = result[0];
  l.kernel.task_chunk = choose_chunk(result[0].at(max_rows), double(result.count_at(max_rows)) / double(std::max<int64_t>(result[0].at(max_rows), 1)), 16);
  return l;
}

Lowered lower_copy(const Type& type, uint32_t from, uint32_t to, int64_t max_rows) {
  Lowered l;
  l.arguments = {from, to};
  l.kernel.name = "copy";
  l.kernel.buffers = {{type.dtype, false}, {type.dtype, true}};
  l.kernel.variables = 1;
  Index at;
  at.add(0, 1);
  ExprId e = l.kernel.add({.kind = Expr::load, .dtype = type.dtype, .id = 0, .index = at});
  Dim count = type.shape.count();
  l.kernel.body = {{.kind = Statement::vector, .variable = 0, .extent = count,
                    .body = {{.kind = Statement::store, .buffer = 1, .index = at, .value = e}}}};
  l.kernel.task_extent = count;
  l.kernel.task_chunk = choose_chunk(count.at(max_rows), 1, 64);
  return l;
}

}  // namespace graphc
