// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cluster -> loops: the expressions of a cluster and the loops around them.
#pragma once

#include <functional>

#include "compiler/plan/fuse.h"
#include "compiler/plan/schedule.h"
#include "ir/loops.h"
#include "ir/target.h"

namespace graphc {

// Where values live: numbers of plan buffers.
struct BufferMap {
  std::function<uint32_t(ValueId)> value;   // of a value in memory, views resolved
  std::function<uint32_t(uint32_t)> output, update;  // of the graph's outputs and updates by number
};

struct Lowered {
  loops::Kernel kernel;
  std::vector<uint32_t> arguments;  // plan buffers, by the kernel's buffer numbers
  double flops = 0;
  // A workspace buffer of this type is the kernel's own: the last argument, which is yet to be filled in.
  std::optional<Type> scratch = {};
  // An update whose old value is read at another element than the one that is written: it cannot be in place.
  std::vector<uint32_t> unsafe_updates;
};

// transposed: the plan buffer that holds a contraction's first operand as [.., M, K], where transpose_first_operand asked for it.
Lowered lower(const Graph& graph, const Fusion& fusion, const Cluster& cluster, const BufferMap& buffers, const Target& target,
              int64_t max_rows, const AdjustSchedule& adjust = {}, std::optional<uint32_t> transposed = {});

// True where a contraction's first operand is [.., K, M] and the caches cannot hold one column of it.
bool transpose_first_operand(const Graph& graph, const Cluster& cluster, const Target& target, int64_t max_rows);
// Copies the last two axes of `type` in the other order.
Lowered lower_transpose(const Type& type, uint32_t from, uint32_t to, int64_t max_rows);
// Copies `type` from one buffer to another.
Lowered lower_copy(const Type& type, uint32_t from, uint32_t to, int64_t max_rows);

// Element strides of a row-major array at the maximum of rows.
std::vector<int64_t> row_major_strides(const Shape& shape, int64_t max_rows);

}  // namespace graphc
