// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/train/linear_module.h"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstring>

namespace graphc_test {
namespace {

constexpr uint64_t fingerprint = 0x11aea5;

struct alignas(64) Params {
  graphc_head head;
  float weight[8];  // elements 0 and 4 are the tensor
  float pad[8];
  float bias;
};
struct alignas(64) State {
  graphc_head head;
  float mean[2];
  float pad[14];
  float scale[2];
  float pad2[14];
  int32_t steps;
};
struct StepHyper {
  uint32_t size;
  float learning_rate;
};
struct InitHyper {
  uint32_t size, seed_lo, seed_hi;
};

graphc_tensor tensor(const char* name, uint8_t role, std::initializer_list<int64_t> shape, std::initializer_list<int64_t> stride,
                     uint64_t offset = 0, const char* of = nullptr, uint8_t dtype = GRAPHC_F32) {
  graphc_tensor result{};
  result.name = name, result.role = role, result.dtype = dtype, result.rank = static_cast<uint8_t>(shape.size());
  std::copy(shape.begin(), shape.end(), result.shape);
  std::copy(stride.begin(), stride.end(), result.stride);
  result.offset = offset, result.of = of;
  return result;
}

graphc_status init(void* params, void* state, void*, const void* const*, void* const*, uint32_t, const void* hyper,
                   const graphc_hooks*) {
  auto* p = static_cast<Params*>(params);
  auto* s = static_cast<State*>(state);
  const auto* h = static_cast<const InitHyper*>(hyper);
  *p = Params{};
  *s = State{};
  p->head = {GRAPHC_MAGIC_PARAMS, GRAPHC_ABI_VERSION, 0, fingerprint, {}};
  s->head = {GRAPHC_MAGIC_STATE, GRAPHC_ABI_VERSION, 0, fingerprint, {}};
  p->weight[0] = static_cast<float>(h->seed_lo % 1000) / 1000;
  p->weight[4] = static_cast<float>(h->seed_hi % 1000) / 1000;
  s->scale[0] = s->scale[1] = 1;
  return GRAPHC_OK;
}

float normal(const State& s, const float* x, int f) { return (x[f] - s.mean[f]) / s.scale[f]; }
float output(const Params& p, const State& s, const float* x) {
  return normal(s, x, 0) * p.weight[0] + normal(s, x, 1) * p.weight[4] + p.bias;
}

graphc_status check(const void* params, const void* state, uint32_t rows) {
  if (!params || !state) return GRAPHC_NULL_POINTER;
  if (rows == 0 || rows > linear_max_rows) return GRAPHC_BAD_ROWS;
  if (static_cast<const Params*>(params)->head.fingerprint != fingerprint) return GRAPHC_WRONG_MODEL;
  return GRAPHC_OK;
}

// outputs: mae, loss - the loss is found by its name, not by its place.
graphc_status run(void* params, void* state, const void* const* inputs, void* const* outputs, uint32_t rows, const void* hyper,
                  bool update) {
  if (graphc_status status = check(params, state, rows)) return status;
  auto& p = *static_cast<Params*>(params);
  auto& s = *static_cast<State*>(state);
  const auto* x = static_cast<const float*>(inputs[0]);
  const auto* y = static_cast<const float*>(inputs[1]);
  float loss = 0, mae = 0, dw0 = 0, dw1 = 0, db = 0;
  for (uint32_t r = 0; r < rows; ++r) {
    float error = output(p, s, x + 2 * r) - y[r];
    loss += error * error / rows;
    mae += std::fabs(error) / rows;
    dw0 += 2 * error * normal(s, x + 2 * r, 0) / rows;
    dw1 += 2 * error * normal(s, x + 2 * r, 1) / rows;
    db += 2 * error / rows;
  }
  *static_cast<float*>(outputs[0]) = mae;
  *static_cast<float*>(outputs[1]) = loss;
  if (!std::isfinite(loss)) return GRAPHC_NOT_FINITE;
  if (!update) return GRAPHC_OK;
  float rate = hyper ? static_cast<const StepHyper*>(hyper)->learning_rate : 0.1f;
  p.weight[0] -= rate * dw0;
  p.weight[4] -= rate * dw1;
  p.bias -= rate * db;
  ++s.steps;
  return GRAPHC_OK;
}

graphc_status step(void* params, void* state, void*, const void* const* inputs, void* const* outputs, uint32_t rows,
                   const void* hyper, const graphc_hooks*) {
  return run(params, state, inputs, outputs, rows, hyper, true);
}
graphc_status eval(void* params, void* state, void*, const void* const* inputs, void* const* outputs, uint32_t rows,
                   const void* hyper, const graphc_hooks*) {
  return run(params, state, inputs, outputs, rows, hyper, false);
}
graphc_status predict(void* params, void* state, void*, const void* const* inputs, void* const* outputs, uint32_t rows,
                      const void*, const graphc_hooks*) {
  if (graphc_status status = check(params, state, rows)) return status;
  const auto* x = static_cast<const float*>(inputs[0]);
  for (uint32_t r = 0; r < rows; ++r)
    static_cast<float*>(outputs[0])[r] = output(*static_cast<Params*>(params), *static_cast<State*>(state), x + 2 * r);
  return GRAPHC_OK;
}

}  // namespace

const graphc_module& linear_module() {
  static const graphc_tensor variables[] = {
      tensor("weight", GRAPHC_ROLE_PARAMETER, {2, 1}, {4, 1}, offsetof(Params, weight)),
      tensor("bias", GRAPHC_ROLE_PARAMETER, {}, {}, offsetof(Params, bias)),
      tensor("scaled.mean", GRAPHC_ROLE_FITTED, {2}, {1}, offsetof(State, mean), "x:mean"),
      tensor("scaled.scale", GRAPHC_ROLE_FITTED, {2}, {1}, offsetof(State, scale), "x:scale"),
      tensor("steps", GRAPHC_ROLE_OPTIMIZER, {}, {}, offsetof(State, steps), nullptr, GRAPHC_I32),
  };
  static const graphc_tensor inputs[] = {tensor("x", GRAPHC_ROLE_INPUT, {-1, 2}, {2, 1}),
                                         tensor("y", GRAPHC_ROLE_INPUT, {-1}, {1})};
  static const graphc_tensor scores[] = {tensor("mae", GRAPHC_ROLE_OUTPUT, {}, {}), tensor("loss", GRAPHC_ROLE_OUTPUT, {}, {})};
  static const graphc_tensor outputs[] = {tensor("value", GRAPHC_ROLE_OUTPUT, {-1}, {1})};
  static const graphc_hyper init_hyper[] = {{"seed_lo", GRAPHC_I32, 4, 0}, {"seed_hi", GRAPHC_I32, 8, 0}};
  static const graphc_hyper step_hyper[] = {{"learning_rate", GRAPHC_F32, 4, 0.1}};
  static const graphc_entry_info entries[] = {
      {"init", init, 0, 0, 2, sizeof(InitHyper), nullptr, nullptr, init_hyper},
      {"step", step, 2, 2, 1, sizeof(StepHyper), inputs, scores, step_hyper},
      {"eval", eval, 2, 2, 0, 0, inputs, scores, nullptr},
      {"predict", predict, 1, 1, 0, 0, inputs, outputs, nullptr},
  };
  static const graphc_module module = {GRAPHC_ABI_VERSION, linear_max_rows, "linear", "host", fingerprint,
                                       sizeof(Params),     sizeof(State),   64,       5,      4,
                                       variables,          entries};
  return module;
}

graphc::Dataset plane(uint64_t rows) {
  std::vector<float> x, y;
  for (uint64_t i = 0; i < rows; ++i) {
    float a = static_cast<float>(i * 7 % 13), b = static_cast<float>(i * 5 % 11);
    x.insert(x.end(), {a, b});
    y.push_back(3 * a - 2 * b + 1);
  }
  graphc::Dataset dataset;
  dataset.source = "plane";
  dataset.add("x", x, rows);
  dataset.add("y", y, rows);
  return dataset;
}

Folder::Folder() {
  static std::atomic<int> counter{0};
  path = std::filesystem::temp_directory_path() / ("graphc-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  std::filesystem::create_directories(path);
}

}  // namespace graphc_test
