// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first step of the plan: groups the graph into clusters, one kernel each, and decides which values go to memory.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace graphc {

struct Cluster {
  enum Kind : uint8_t {
    map,          // elementwise over `domain`
    row,          // reductions along the last axis of `domain`, and elementwise before and behind them
    column,       // the reduction `anchor` along another axis, and elementwise behind it; `domain` is its operand's shape
    contraction,  // `anchor` over `domain`, its result's shape, and elementwise behind it
    region,       // `anchor` lays its operands into its result
    scatter,      // `anchor` adds rows at indices
  } kind;
  Shape domain;
  ValueId anchor = no_value;
  std::vector<ValueId> reduces = {};   // row: in order
  std::vector<ValueId> stored = {};    // values that later clusters read from memory
  std::vector<uint32_t> outputs = {};  // numbers of the graph's outputs and updates that are written here
  std::vector<uint32_t> updates = {};
  std::vector<std::string> decisions = {};
};

inline constexpr uint32_t no_cluster = ~0u;

struct Fusion {
  std::vector<Cluster> clusters;
  std::vector<uint32_t> home;   // of each value: the cluster that computes it for memory or holds it as its anchor
  std::vector<bool> in_memory;  // a later cluster may load it
  std::vector<ValueId> view_of;  // a reshape that is its operand's bytes: that operand; else the value itself
};

// fused: false gives one kernel a node, for the oracle ladder.
Fusion fuse(const Graph& graph, bool fused = true);

// Reads of these are loads wherever they stand: inputs, variables, hypers, constants with several elements.
bool is_memory_source(const Node& node);
// Computed inside of its consumers unless someone needs it in memory: elementwise, index maps, gather, other sources.
bool is_floating(const Graph& graph, ValueId v);
// A reshape that only adds or removes axes of size 1.
bool changes_unit_axes_only(const Shape& from, const Shape& to);

}  // namespace graphc
