// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R6: placement in memory, its closeness to the bound, and that a step touches nothing but what it was given.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/frontend/model_file.h"
#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "compiler/plan/place.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

static std::vector<Lifetime> lifetimes_of(const Plan& p) {
  std::vector<Lifetime> all;
  for (const PlanBuffer& b : p.buffers)
    if (b.region == Region::workspace) all.push_back({b.bytes, b.first_stage, b.last_stage});
  return all;
}

TEST_CASE("random lifetimes never overlap and stay near the bound") {
  Random random(1);
  for (int round = 0; round < 300; round++) {
    std::vector<Lifetime> buffers;
    auto n = 1 + random.below(60);
    for (int64_t i = 0; i < n; i++) {
      auto first = uint32_t(random.below(40));
      buffers.push_back({uint64_t(1 + random.below(5000)), first, first + uint32_t(random.below(10))});
    }
    uint64_t end = 0;
    auto at = place_in_memory(buffers, 12, 64, &end);
    for (size_t i = 0; i < buffers.size(); i++) {
      CHECK(at[i] % 64 == 0);
      CHECK(at[i] >= 12);
      CHECK(at[i] + buffers[i].bytes <= end);
      for (size_t j = 0; j < i; j++) {
        bool meet = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
        bool overlap = at[i] < at[j] + buffers[j].bytes && at[j] < at[i] + buffers[i].bytes;
        CHECK_FALSE((meet && overlap));
      }
    }
    CHECK(double(end - 64) <= 1.25 * double(live_bytes_bound(buffers, 64)));
  }
}

TEST_CASE("the repository's models need at most 1.10 of the bytes that are alive at once") {
  for (const char* name : {"examples/digits/digits", "tests/bench/models/logreg", "tests/bench/models/mlp", "tests/bench/models/wide",
                           "tests/bench/models/deep_narrow", "tests/bench/models/autoencoder"}) {
    PlanModule m = build_plan(read_model(std::string(GRAPHC_SOURCE_DIR) + "/" + name + ".gc").model, Target{.vector_floats = 16, .vector_registers = 32}, {.max_rows = 128});
    for (const Plan& p : m.plans) {
      auto lifetimes = lifetimes_of(p);
      if (lifetimes.empty()) continue;
      uint64_t bound = live_bytes_bound(lifetimes, 64) + (4 * p.hypers.size() + 63) / 64 * 64;
      CHECK_MESSAGE(double(p.workspace_bytes) <= 1.10 * double(bound), name << " " << p.entry << ": " << p.workspace_bytes << " of " << bound);
    }
  }
}

namespace {

// `bytes` that end at a page nobody may touch, after one that nobody may touch; 64-byte aligned at the end only if bytes are.
class Guarded {
 public:
  explicit Guarded(size_t bytes, int fill = 0xFF) : bytes_(bytes) {
    size_t page = size_t(sysconf(_SC_PAGESIZE));
    size_ = (bytes + page - 1) / page * page + 2 * page;
    base_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + size_ - page, page, PROT_NONE);
    std::memset(base_ + page, fill, size_ - 2 * page);
    at_end_ = base_ + size_ - page - bytes;
    at_begin_ = base_ + page;
  }
  ~Guarded() { munmap(base_, size_); }
  Guarded(const Guarded&) = delete;
  void* place(bool at_end) const { return at_end ? at_end_ : at_begin_; }

 private:
  size_t bytes_, size_;
  char *base_, *at_end_, *at_begin_;
};

}  // namespace

TEST_CASE("guard pages around everything that is passed") {
  Program program = compile(read_model(std::string(GRAPHC_SOURCE_DIR) + "/examples/digits/digits.gc").model, {.max_rows = 32});
  const graphc_module& m = program.module();
  auto entry = [&](const std::string& name) -> const graphc_entry_info& {
    return *std::find_if(m.entry, m.entry + m.entries, [&](const graphc_entry_info& e) { return e.name == name; });
  };
  Random random(3);
  for (bool at_end : {true, false})
    for (uint32_t rows : {32u, 23u, 1u}) {
      Guarded params(m.params_bytes), state(m.state_bytes), workspace(m.workspace_bytes);
      REQUIRE(entry("init").run(params.place(at_end), state.place(at_end), workspace.place(at_end), nullptr, nullptr, 1, nullptr, nullptr) == GRAPHC_OK);
      for (const char* name : {"step", "eval", "predict", "grad"}) {
        const graphc_entry_info& e = entry(name);
        std::vector<std::unique_ptr<Guarded>> arrays;
        std::vector<const void*> inputs;
        std::vector<void*> outputs;
        for (uint32_t i = 0; i < e.inputs; i++) {
          size_t count = e.input[i].bytes / 4 / 32 * rows;  // only this call's rows exist
          arrays.push_back(std::make_unique<Guarded>(count * 4));
          void* p = arrays.back()->place(at_end);
          for (size_t k = 0; k < count; k++) {
            if (e.input[i].dtype == GRAPHC_F32) static_cast<float*>(p)[k] = float(random.uniform(0, 16));
            else static_cast<int32_t*>(p)[k] = int32_t(random.below(10));
          }
          inputs.push_back(p);
        }
        for (uint32_t o = 0; o < e.outputs; o++) {
          bool has_rows = e.output[o].rank && e.output[o].shape[0] < 0;
          arrays.push_back(std::make_unique<Guarded>(has_rows ? e.output[o].bytes / 32 * rows : e.output[o].bytes));
          outputs.push_back(arrays.back()->place(at_end));
        }
        CHECK(e.run(params.place(at_end), state.place(at_end), workspace.place(at_end), inputs.data(), outputs.data(), rows, nullptr, nullptr) == GRAPHC_OK);
        if (std::string(name) != "predict") CHECK(std::isfinite(*static_cast<float*>(outputs[0])));
      }
    }
}
