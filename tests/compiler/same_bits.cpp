// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/same_bits.h"

#include <algorithm>
#include <cstring>

#include "compiler/codegen/codegen.h"
#include "compiler/graphc.h"
#include "compiler/plan/place.h"
#include "ir/parse.h"
#include "ir/parse_plan.h"
#include "ir/print.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/shuffled_tasks.h"

namespace graphc_test {

using namespace graphc;

namespace {

struct Array {
  std::string name;
  uint8_t dtype;
  std::string bytes;
};
struct Call {
  std::string title;
  graphc_status status;
  std::vector<Array> arrays;  // parameters and state, then outputs
};

// Two calls of each entry, the second with fewer rows.
std::vector<Call> calls_of(const Program& program, const Checks& checks, Side side, Order order) {
  const graphc_module& m = program.module();
  AbiRun run(m, side);
  Random random(6);
  Shuffled shuffled{order};
  graphc_hooks hooks{sizeof(graphc_hooks), &shuffled, 1, Shuffled::run};
  std::vector<Call> calls;
  for (uint32_t rows : {m.max_rows, m.max_rows - m.max_rows / 3})
    for (uint32_t e = 0; e < m.entries; e++) {
      const graphc_entry_info& entry = m.entry[e];
      std::string name = entry.name;
      auto begins = [&](const std::string& with) { return name.rfind(with, 0) == 0; };
      if (name == "init" || (!checks.entries.empty() && std::none_of(checks.entries.begin(), checks.entries.end(), begins))) continue;
      double most = begins("apply") ? 0.01 : 1;  // gradients are small, so that the model stays one that trains
      auto arrays = run.arrays(name, rows, random, -most, most);
      std::memset(run.workspace.data(), 0xFF, run.workspace.bytes().size());
      Call call{name + " of " + std::to_string(rows) + " rows", 0, {}};
      call.status = run.call(name, arrays, rows, nullptr, order == Order::forward ? nullptr : &hooks);
      call.arrays.push_back({"params", GRAPHC_F32, bytes_of(run.params.bytes())});
      call.arrays.push_back({"state", GRAPHC_F32, bytes_of(run.state.bytes())});
      // Behind a loss that is not finite nothing but the loss has to be there.
      uint32_t outputs = call.status == GRAPHC_OK ? entry.outputs : std::min(entry.outputs, 1u);
      for (uint32_t o = 0; o < outputs; o++)
        call.arrays.push_back({entry.output[o].name, entry.output[o].dtype, bytes_of(arrays.memory[entry.inputs + o].bytes())});
      calls.push_back(std::move(call));
    }
  return calls;
}

// Empty, or the first element that differs; two NaNs are equal.
std::string difference(const Array& a, const Array& b) {
  auto is_nan = [](uint32_t bits) { return (bits & 0x7FFFFFFFu) > 0x7F800000u; };
  size_t size = a.dtype == GRAPHC_U8 ? 1 : 4;
  for (size_t i = 0; i < a.bytes.size(); i += size) {
    if (!std::memcmp(&a.bytes[i], &b.bytes[i], size)) continue;
    uint32_t x = 0, y = 0;
    std::memcpy(&x, &a.bytes[i], size), std::memcpy(&y, &b.bytes[i], size);
    if (a.dtype == GRAPHC_F32 && is_nan(x) && is_nan(y)) continue;
    char text[100];
    std::snprintf(text, sizeof text, "%s at element %zu: %08x, and the evaluator says %08x", a.name.c_str(), i / size, x, y);
    return text;
  }
  return "";
}

std::string difference(const std::vector<Call>& found, const std::vector<Call>& expected) {
  for (size_t c = 0; c < expected.size(); c++) {
    if (found[c].status != expected[c].status) return found[c].title + ": status " + std::to_string(found[c].status) + ", expected " + std::to_string(expected[c].status);
    for (size_t a = 0; a < expected[c].arrays.size(); a++)
      if (std::string d = difference(found[c].arrays[a], expected[c].arrays[a]); !d.empty()) return found[c].title + ": " + d;
  }
  return "";
}

std::string broken_text(const PlanModule& plan) {
  try {
    std::string module = print(plan.module), whole = print(plan);
    if (print(parse_module(module, "printed")) != module) return "the module's text reads back as another";
    if (print(parse_plan(whole, "printed")) != whole) return "the plan's text reads back as another";
  } catch (const CompileError& error) {
    return error.what();
  }
  return "";
}

std::string broken_memory(const PlanModule& plan) {
  for (const Plan& p : plan.plans) {
    std::vector<Lifetime> lifetimes;
    for (const PlanBuffer& b : p.buffers)
      if (b.region == Region::workspace) lifetimes.push_back({b.bytes, b.first_stage, b.last_stage});
    if (lifetimes.empty()) continue;
    uint64_t bound = live_bytes_bound(lifetimes, 64);
    if (double(p.workspace_bytes) > 1.25 * double(bound)) return p.entry + " takes " + std::to_string(p.workspace_bytes) + " bytes, alive are " + std::to_string(bound);
  }
  return "";
}

struct Way {
  unsigned variant;
  const char* name;
  bool fused;
  Target target;
  Order order;
  Side side;
};

}  // namespace

std::string broken_promise(const RandomModel& m, const Checks& checks, bool* not_finite) {
  Target host = describe_target(), eight = host, four = host;
  eight.vector_floats = 8, eight.vector_registers = 16;
  four.vector_floats = 4, four.vector_registers = 16, four.fma = four.masks = false;
  auto compiled = [&](CompileOptions::Backend backend, bool fused, const Target& target) {
    return compile(m.model, {.max_rows = m.max_rows, .backend = backend, .fused = fused, .target = target});
  };
  std::vector<Call> of_host, of_plain;  // by the evaluator, for the two classes of targets
  for (const Way& way : {Way{fused, "fused", true, host, Order::random, Side::end}, Way{unfused, "one kernel a node", false, host, Order::reverse, Side::begin},
                         Way{narrow, "8 floats", true, eight, Order::reverse, Side::begin}, Way{plain, "4 floats, no FMA", true, four, Order::forward, Side::end}}) {
    if (!(checks.variants & way.variant)) continue;
    Program program = compiled(CompileOptions::jit, way.fused, way.target);
    if (std::string what = broken_text(program.plan()); !what.empty()) return "text: " + std::string(way.name) + ": " + what;
    if (std::string what = broken_memory(program.plan()); !what.empty()) return "memory: " + std::string(way.name) + ": " + what;
    std::vector<Call>& expected = way.target.fma == host.fma ? of_host : of_plain;
    if (expected.empty()) expected = calls_of(compiled(CompileOptions::evaluator, true, way.target), checks, Side::end, Order::forward);
    if (not_finite)
      for (const Call& c : expected) *not_finite |= c.status == GRAPHC_NOT_FINITE;
    std::string what = difference(calls_of(program, checks, way.side, way.order), expected);
    if (!what.empty()) return "bits: " + std::string(way.name) + ": " + what;
  }
  return "";
}

}  // namespace graphc_test
