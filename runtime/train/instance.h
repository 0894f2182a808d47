// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instance: one network that trains: a module of the C ABI (evaluator, JIT or object file) with its own params, state and
// workspace. Not for two threads at once; any number of instances may share a module. Refusals throw Error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/train/aligned_bytes.h"
#include "runtime/train/stored_tensor.h"

namespace graphc {

class Pool;

struct StepResult {
  graphc_status status = GRAPHC_OK;  // GRAPHC_OK, or GRAPHC_NOT_FINITE: nothing was updated
  float loss = 0;
  std::span<const float> metrics;  // in the order of metric_names; both live until the next call of this entry
  std::span<const std::string> metric_names;
  float metric(std::string_view name) const;
};

// Sample-weighted means over any number of rows; not a number for 0 rows.
struct Score {
  uint64_t rows = 0;
  double loss = 0;
  std::vector<double> metrics;
  void add(const StepResult& result, uint64_t rows);  // sums; mean() divides
  Score mean() const;
};

class Instance {
 public:
  // `keep_alive` owns the module's code where it is not static. Begins with `init(seed)`.
  explicit Instance(const graphc_module* module, std::shared_ptr<const void> keep_alive = nullptr, uint64_t seed = 1);
  ~Instance();
  Instance(Instance&&) noexcept;
  Instance& operator=(Instance&&) noexcept;
  Instance clone() const;  // same module and threads; copies of params and state; own workspace

  const graphc_module& module() const { return *module_; }
  void init(uint64_t seed);
  // Every later call runs on so many threads, the caller among them (1 at first); same bits for any number. The threads are
  // the instance's own, shared by its clones. Throws Error (out of resources) where the system gives no further thread.
  void set_threads(uint32_t threads);
  // Threads of the caller's: one Pool for several instances, or another scheduler. null: one thread. Must outlive the instance.
  void set_hooks(const graphc_hooks* hooks);

  // One optimizer step on rows <= max_rows. `entry` names another step of the module ("step_critic").
  StepResult step(const Arrays& inputs, uint32_t rows, std::string_view entry = "step");
  // Loss and metrics of any number of rows, nothing updated. A loss that is not finite is reported as it is.
  Score eval(const Arrays& inputs, uint64_t rows, std::string_view entry = "eval");
  // The outputs of any number of rows; the short form returns one f32 output (the first, where `output` is empty).
  void predict(const Arrays& inputs, uint64_t rows, const OutputArrays& outputs);
  std::vector<float> predict(const Arrays& inputs, uint64_t rows, std::string_view output = {});
  // Any entry, rows <= max_rows; outputs that are not asked for go to a scratch buffer.
  graphc_status run(std::string_view entry, const Arrays& inputs, const OutputArrays& outputs, uint32_t rows);

  // A run-time number of every entry that has it (learning_rate); counters and rates stay until set again.
  void set_hyper(std::string_view name, double value);
  double hyper(std::string_view name) const;
  std::vector<std::string> hyper_names() const;

  // Variables in their logical, dense, row-major form; T is the variable's type.
  template <Element T = float>
  std::vector<T> get(std::string_view name) const {
    std::vector<T> values(checked(name, dtype_of<T>));
    read(name, values);
    return values;
  }
  void set(std::string_view name, const ArrayView& values);
  const graphc_tensor& variable(std::string_view name) const;

  // standardize: mean and population standard deviation (1 for a constant column) of every fitted variable, in f64, rows in
  // order.
  void fit(const Arrays& inputs, uint64_t rows);
  // The same from rows that come one by one: `rows_of(input)` gives a function whose result, the values of row r, lives until
  // its next call; an empty one where there is no such input. Every row is asked for twice, in order.
  using Rows = std::function<std::span<const double>(uint64_t row)>;
  void fit(const std::function<Rows(const graphc_tensor& input)>& rows_of, uint64_t rows);
  bool needs_fit() const;  // has fitted variables, and neither fit, load nor set brought them

  // The weights: parameters, running and fitted state, in safetensors, or in .npz where the path ends so. load wants exactly those names, shapes and types;
  // it changes nothing when it throws, and returns the file's metadata.
  void save(const std::string& path, const std::map<std::string, std::string>& metadata = {}) const;
  std::map<std::string, std::string> load(const std::string& path);

  // Where the optimizer keeps averages of the parameters (average(0.999) in the model): a clone that has them as its parameters.
  // keep_as_average: the other way, the averages begin anew at what the parameters are.
  bool has_averages() const;
  Instance averaged() const;
  void keep_as_average();

  // All variables, or the weights alone, as copies. set_variables wants exactly those of one of the two lists; it changes nothing
  // when it throws, and `source` stands for them in errors.
  std::vector<StoredTensor> variables() const;
  std::vector<StoredTensor> weights() const;
  void set_variables(std::span<const StoredTensor> variables, const std::string& source);
  void set_weights(std::span<const StoredTensor> weights, const std::string& source);

  std::span<std::byte> params() { return params_.span(); }  // with their heads; for fwrite, EMA, target networks
  std::span<std::byte> state() { return state_.span(); }

  // For loops that prepare their own pointers (the trainer): one of the module's entries with its hyper struct and outputs.
  class Entry;
  Entry& entry(std::string_view name);
  bool has_entry(std::string_view name) const;
  StepResult score(Entry& entry, const void* const* inputs, uint32_t rows);  // step or eval
  graphc_status call(Entry& entry, const void* const* inputs, void* const* outputs, uint32_t rows);
  const std::vector<std::string>& metric_names(std::string_view entry = "step");

 private:
  uint64_t checked(std::string_view name, uint8_t dtype) const;  // elements
  void read(std::string_view name, const OutputArray& values) const;
  std::vector<StoredTensor> copies(bool weights_only) const;
  void replace(std::span<const StoredTensor> tensors, bool weights_only, const std::string& source);
  std::byte* place(const graphc_tensor& variable) const;
  template <class Action> void for_each_average(Action action) const;
  [[noreturn]] void refuse(const Entry& entry, graphc_status status, const void* const* inputs, uint32_t rows) const;
  template <class Run> graphc_status run_shared(class Sharing& sharing, uint32_t rows, Run run);
  void run_rows(Entry& entry, const Arrays& inputs, const OutputArrays& outputs, uint64_t rows, Score* score);

  const graphc_module* module_;
  std::shared_ptr<const void> keep_alive_;
  AlignedBytes params_, state_, workspace_;
  std::vector<Entry> entries_;
  std::shared_ptr<Pool> pool_;            // of set_threads
  const graphc_hooks* hooks_ = nullptr;
  bool fitted_ = false;
};

}  // namespace graphc
