// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that only copy: a contraction's first operand into [.., M, K], and a value to where it belongs.
#include <algorithm>

#include "compiler/plan/lower.h"
#include "compiler/plan/schedule.h"

namespace graphc {

using namespace loops;

bool transpose_first_operand(const Graph& graph, const Cluster& c, const Target& target, int64_t max_rows) {
  if (c.kind != Cluster::contraction || target.vector_floats < 4) return false;
  const Node& n = graph[c.anchor];
  const Shape &s = c.domain, &a = graph[n.operands[0]].type.shape;
  bool vectors = s[s.rank() - 1].is(1) || s[s.rank() - 2].is(1);  // summed along lanes of k
  if (!n.attribute<int64_t>(0) || vectors) return false;
  int64_t steps = a[a.rank() - 2].at(max_rows), stride = a[a.rank() - 1].at(max_rows);
  // A column of it does not stay in the first cache for the next rows of the result, and columns enough of the other operand pay for
  // the copy.
  constexpr int64_t enough_columns = 1000;
  return steps > 2 * rows_kept(target.l1_bytes, stride) && s[s.rank() - 1].at(max_rows) >= enough_columns;
}

// `to` is [.., columns, rows] of `from` [.., rows, columns].
Lowered lower_transpose(const Type& type, uint32_t from, uint32_t to, int64_t max_rows) {
  Shape source = type.shape, result = source;
  int rank = source.rank();
  std::swap(result[rank - 1], result[rank - 2]);
  auto s = row_major_strides(source, max_rows), r = row_major_strides(result, max_rows);
  Lowered l;
  l.arguments = {from, to};
  l.kernel.name = "transpose";
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
