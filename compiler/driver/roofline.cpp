// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/roofline.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/timing.h"
#include "ir/parse_loops.h"
#include "runtime/train/aligned_bytes.h"

namespace graphc::driver {

namespace {

constexpr double burst_seconds = 0.01;  // of each kernel; the fastest call counts
constexpr uint64_t most_bytes = 128 << 20;

// A kernel whose buffers lie in a workspace, one behind the other.
struct Probe {
  std::string text;
  std::vector<uint64_t> bytes;  // of each buffer
  double amount = 0;            // of operations or of bytes moved, in one call
};

// As many sums as fill the registers; both operands stay in the first level.
Probe multiply_adds(const Target& target) {
  int rows = target.vector_registers >= 32 ? 8 : 4, columns = 3 * target.vector_floats, length = 128, repeats = 32;
  return {fmt::format(R"(graphc.loops 1
kernel "multiply_adds" {{
  buffer b0: f32
  buffer b1: f32
  buffer b2: f32 written
  variables 4 results 1
  e0: f32 = load b0[{2} i1 + i3]
  e1: f32 = load b1[i2 + {1} i3]
  e2: f32 = result r0
  loop i0 in {3} {{
    r0 = contract i1 in {0}, i2 in {1}, sum i3 in {2} of e0 * e1 tile {0} x {1} {{
      b2[{1} i1 + i2] = e2
    }}
  }}
}}
)",
                      rows, columns, length, repeats),
          {uint64_t(4 * rows * length), uint64_t(4 * columns * length), uint64_t(4 * rows * columns)},
          2.0 * rows * columns * length * repeats};
}

// Small memories are walked several times in a call, so that the call itself costs nothing.
uint64_t repeats_of(uint64_t bytes) { return std::max<uint64_t>(1, (1 << 20) / bytes); }

// An update in place, as an optimizer's: two reads and a write.
Probe update(uint64_t bytes) {
  uint64_t count = bytes / 8, repeats = repeats_of(bytes);
  return {fmt::format(R"(graphc.loops 1
kernel "update" {{
  buffer b0: f32
  buffer b1: f32 written
  variables 2 results 0
  e0: f32 = load b0[i1]
  e1: f32 = load b1[i1]
  e2: f32 = add e0, e1
  loop i0 in {} {{
    vector i1 in {} {{
      b1[i1] = e2
    }}
  }}
}}
)",
                      repeats, count),
          {count * 4, count * 4},
          12.0 * double(count * repeats)};
}

// Sums of eight neighbouring blocks: nearly all of it reads.
Probe read(uint64_t bytes) {
  constexpr int width = 128, streams = 8;
  uint64_t blocks = bytes / (4 * width * (streams + 1)), repeats = repeats_of(bytes);
  std::string loads, sums;
  for (int j = 0; j < streams; j++) {
    loads += fmt::format("  e{}: f32 = load b0[{} i1 + i2 + {}]\n", j, width * streams, width * j);
    if (j) sums += fmt::format("  e{}: f32 = add e{}, e{}\n", streams + j - 1, j == 1 ? 0 : streams + j - 2, j);
  }
  return {fmt::format(R"(graphc.loops 1
kernel "read" {{
  buffer b0: f32
  buffer b1: f32 written
  variables 3 results 0
{}{}  loop i0 in {} {{
    loop i1 in {} {{
      vector i2 in {} {{
        b1[{} i1 + i2] = e{}
      }}
    }}
  }}
}}
)",
                      loads, sums, repeats, blocks, width, width, 2 * streams - 2),
          {blocks * width * streams * 4, blocks * width * 4},
          4.0 * width * (streams + 1) * double(blocks * repeats)};
}

// The most that it does in a second.
double rate(const Target& target, const Probe& probe) {
  PlanModule module;
  module.target = target;
  module.kernels.push_back(parse_kernel(probe.text, "roofline"));
  Plan plan;
  plan.entry = "probe";
  Launch launch{.kernel = 0, .arguments = {}, .label = {}};
  for (uint64_t bytes : probe.bytes) {
    launch.arguments.push_back(uint32_t(plan.buffers.size()));
    plan.buffers.push_back({.name = "memory",
                            .type = {DType::f32, Shape{{Dim(int64_t(bytes / 4))}}},
                            .offset = plan.workspace_bytes,
                            .bytes = bytes});
    plan.workspace_bytes += (bytes + GRAPHC_ALIGNMENT - 1) / GRAPHC_ALIGNMENT * GRAPHC_ALIGNMENT;
  }
  plan.stages.push_back({.launches = {std::move(launch)}});
  module.plans.push_back(std::move(plan));
  auto jit = Jit::create(module);
  graphc_entry entry = jit->entry("probe");

  alignas(GRAPHC_ALIGNMENT) graphc_head params{GRAPHC_MAGIC_PARAMS, GRAPHC_ABI_VERSION, 0, module.fingerprint, {}};
  alignas(GRAPHC_ALIGNMENT) graphc_head state{GRAPHC_MAGIC_STATE, GRAPHC_ABI_VERSION, 0, module.fingerprint, {}};
  AlignedBytes workspace(module.plans[0].workspace_bytes, "measurement of the memory");
  double least = 1e9, end = clock_seconds() + burst_seconds;
  for (int calls = 0; calls < 3 || clock_seconds() < end; calls++) {
    double start = clock_seconds();
    if (entry(&params, &state, workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) != GRAPHC_OK)
      throw InternalError("roofline: a measuring kernel was refused");
    least = std::min(least, clock_seconds() - start);
  }
  return probe.amount / least;
}

}  // namespace

const Roofline::Level& Roofline::level_of(uint64_t footprint) const {
  for (const Level& level : levels)
    if (footprint <= level.bytes) return level;
  return levels.back();
}

double Roofline::least_seconds(double operations, double traffic, uint64_t footprint) const {
  return std::max(operations / flops, traffic / level_of(footprint).bandwidth);
}

std::string Roofline::bound(double operations, double traffic, uint64_t footprint) const {
  const Level& level = level_of(footprint);
  return operations / flops > traffic / level.bandwidth ? "multiply-adds" : level.name;
}

Roofline measure_roofline() {
  Target target = describe_target();
  Roofline roofline;
  roofline.flops = rate(target, multiply_adds(target));
  uint64_t l1 = uint64_t(target.l1_bytes), l2 = uint64_t(target.l2_bytes), l3 = cache_bytes(3, 0);
  auto add = [&](const char* name, uint64_t bytes, uint64_t measured) {
    double bandwidth = std::max(rate(target, update(measured)), rate(target, read(measured)));
    roofline.levels.push_back({name, bytes, bandwidth});
  };
  // Half of a level: the rest of the program lies in it, too.
  add("L1", l1, l1 / 2);
  add("L2", l2, l2 / 2);
  // The last cache is shared by all cores, and by other guests of a virtual machine.
  if (l3 > l2) add("L3", l3, std::min(std::max(2 * l2, l3 / 8), most_bytes / 4));
  add("DRAM", UINT64_MAX, std::clamp<uint64_t>(4 * std::max(l2, l3), 32 << 20, most_bytes));
  return roofline;
}

}  // namespace graphc::driver
