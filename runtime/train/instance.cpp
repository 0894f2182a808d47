// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/instance.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <system_error>

#include "runtime/pool/pool.h"
#include "runtime/train/entry.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

float StepResult::metric(std::string_view name) const {
  for (size_t i = 0; i < metric_names.size(); ++i)
    if (metric_names[i] == name) return metrics[i];
  throw Error("metric \"" + std::string(name) + "\" does not exist" +
              suggest(std::string(name), {metric_names.begin(), metric_names.end()}));
}

void Score::add(const StepResult& result, uint64_t count) {
  if (metrics.empty()) metrics.resize(result.metrics.size());
  rows += count;
  loss += static_cast<double>(result.loss) * static_cast<double>(count);
  for (size_t i = 0; i < metrics.size(); ++i) metrics[i] += static_cast<double>(result.metrics[i]) * static_cast<double>(count);
}

Score Score::mean() const {
  Score result = *this;
  result.loss /= static_cast<double>(rows);
  for (double& metric : result.metrics) metric /= static_cast<double>(rows);
  return result;
}

Instance::Instance(const graphc_module* module, std::shared_ptr<const void> keep_alive, uint64_t seed)
    : module_(module), keep_alive_(std::move(keep_alive)) {
  if (!module) throw Error("Instance: the module is a null pointer");
  if (module->abi != GRAPHC_ABI_VERSION)
    throw Error(std::string(module->name) + ": the module was compiled for ABI " + std::to_string(module->abi) +
                ", this program has " + std::to_string(GRAPHC_ABI_VERSION) + "; compile it again");
  params_ = AlignedBytes(module->params_bytes, "parameters");
  state_ = AlignedBytes(module->state_bytes, "state");
  workspace_ = AlignedBytes(module->workspace_bytes, "workspace");
  entries_.reserve(module->entries);
  for (uint32_t i = 0; i < module->entries; ++i) entries_.emplace_back(&module->entry[i], module->max_rows);
  init(seed);
}

Instance::~Instance() = default;
Instance::Instance(Instance&&) noexcept = default;
Instance& Instance::operator=(Instance&&) noexcept = default;

Instance Instance::clone() const {
  Instance copy(module_, keep_alive_);
  std::copy_n(params_.data(), params_.size(), copy.params_.data());
  std::copy_n(state_.data(), state_.size(), copy.state_.data());
  for (const std::string& name : hyper_names()) copy.set_hyper(name, hyper(name));
  copy.pool_ = pool_;
  copy.hooks_ = hooks_;
  copy.fitted_ = fitted_;
  return copy;
}

void Instance::set_threads(uint32_t threads) {
  if (threads == 0) throw Error("threads: 0 were asked for; the least is 1, the caller");
  try {
    pool_ = threads == 1 ? nullptr : std::make_shared<Pool>(threads);
  } catch (const std::system_error& error) {
    throw Error("threads: the system does not give " + std::to_string(threads) + ": " + error.what(), ErrorKind::out_of_resources);
  }
  hooks_ = pool_ ? pool_->hooks() : nullptr;
}

void Instance::set_hooks(const graphc_hooks* hooks) {
  pool_.reset();
  hooks_ = hooks;
}

void Instance::init(uint64_t seed) {
  Entry& init = entry("init");
  const graphc_hyper *low = init.find_hyper("seed_lo"), *high = init.find_hyper("seed_hi");
  if (low) init.set_hyper(*low, static_cast<double>(seed & 0xffffffffu));
  if (high) init.set_hyper(*high, static_cast<double>(seed >> 32));
  call(init, nullptr, nullptr, 1);
  fitted_ = false;
}

StepResult Instance::step(const Arrays& inputs, uint32_t rows, std::string_view name) {
  Entry& step = entry(name);
  std::vector<const void*> pointers = step.bind_inputs(inputs, rows);
  return score(step, pointers.data(), rows);
}

Score Instance::eval(const Arrays& inputs, uint64_t rows, std::string_view name) {
  Score score;
  run_rows(entry(name), inputs, {}, rows, &score);
  return score.mean();
}

void Instance::predict(const Arrays& inputs, uint64_t rows, const OutputArrays& outputs) {
  run_rows(entry("predict"), inputs, outputs, rows, nullptr);
}

std::vector<float> Instance::predict(const Arrays& inputs, uint64_t rows, std::string_view output) {
  Entry& predict = entry("predict");
  const graphc_entry_info& info = predict.info();
  if (info.outputs == 0) throw Error("predict: the model has no output");
  if (output.empty()) output = info.output[0].name;
  std::vector<float> values;
  for (uint32_t i = 0; i < info.outputs; ++i)
    if (output == info.output[i].name) values.resize(elements_at(info.output[i], rows));
  run_rows(predict, inputs, {{output, values}}, rows, nullptr);
  return values;
}

graphc_status Instance::run(std::string_view name, const Arrays& inputs, const OutputArrays& outputs, uint32_t rows) {
  Entry& entry = this->entry(name);
  std::vector<const void*> in = entry.bind_inputs(inputs, rows);
  std::vector<void*> out = entry.bind_outputs(outputs, rows);
  for (uint32_t i = 0; i < out.size(); ++i)
    if (!out[i] && rows <= module_->max_rows) out[i] = entry.scratch(i);
  return call(entry, in.data(), out.data(), rows);
}

// Cuts the rows into blocks of at most max_rows and moves every pointer along.
void Instance::run_rows(Entry& entry, const Arrays& inputs, const OutputArrays& outputs, uint64_t rows, Score* score) {
  const graphc_entry_info& info = entry.info();
  std::vector<const void*> first_in = entry.bind_inputs(inputs, rows), in = first_in;
  std::vector<void*> first_out = entry.bind_outputs(outputs, rows), out = first_out;
  if (rows == 0) throw Error(std::string(info.name) + ": 0 rows given; at least one is needed");
  auto offset = [&](const graphc_tensor& tensor, uint64_t row, bool written) {
    uint64_t stride = elements_per_row(tensor);
    if (row && (stride ? !rows_are_outermost(tensor) : written))
      throw Error(std::string(info.name) + ": \"" + tensor.name + "\" (" + describe(tensor) + ") cannot be cut into blocks of " +
                  std::to_string(module_->max_rows) + " rows; give at most so many, or compile for a larger batch");
    return row * stride * element_bytes(tensor.dtype);
  };
  for (uint64_t row = 0; row < rows; row += module_->max_rows) {
    auto block = static_cast<uint32_t>(std::min<uint64_t>(module_->max_rows, rows - row));
    for (uint32_t i = 0; i < info.inputs; ++i)
      in[i] = static_cast<const std::byte*>(first_in[i]) + offset(info.input[i], row, false);
    if (score) {
      score->add(this->score(entry, in.data(), block), block);
      continue;
    }
    for (uint32_t i = 0; i < info.outputs; ++i)
      out[i] = first_out[i] ? static_cast<std::byte*>(first_out[i]) + offset(info.output[i], row, true) : entry.scratch(i);
    call(entry, in.data(), out.data(), block);
  }
}

void Instance::set_hyper(std::string_view name, double value) {
  bool found = false;
  for (Entry& entry : entries_)
    if (const graphc_hyper* hyper = entry.find_hyper(name)) entry.set_hyper(*hyper, value), found = true;
  if (!found)
    throw Error("hyper-parameter \"" + std::string(name) + "\" does not exist" + suggest(std::string(name), hyper_names()));
}

double Instance::hyper(std::string_view name) const {
  for (const Entry& entry : entries_)
    if (const graphc_hyper* hyper = entry.find_hyper(name)) return entry.get_hyper(*hyper);
  throw Error("hyper-parameter \"" + std::string(name) + "\" does not exist" + suggest(std::string(name), hyper_names()));
}

std::vector<std::string> Instance::hyper_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (std::string_view(entry.info().name) == "init") continue;
    for (uint32_t i = 0; i < entry.info().hypers; ++i)
      if (std::find(names.begin(), names.end(), entry.info().hyper[i].name) == names.end())
        names.push_back(entry.info().hyper[i].name);
  }
  return names;
}

Instance::Entry& Instance::entry(std::string_view name) {
  for (Entry& entry : entries_)
    if (name == entry.info().name) return entry;
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.info().name);
  throw Error(std::string(module_->name) + ": the module has no entry \"" + std::string(name) + "\"" +
              suggest(std::string(name), names));
}

bool Instance::has_entry(std::string_view name) const { return find_entry(*module_, name) != nullptr; }

const std::vector<std::string>& Instance::metric_names(std::string_view name) { return entry(name).metric_names(); }

StepResult Instance::score(Entry& entry, const void* const* inputs, uint32_t rows) {
  StepResult result;
  result.status = call(entry, inputs, entry.score_outputs(), rows);
  entry.collect(result);
  return result;
}

template <class Run> graphc_status Instance::run_shared(Sharing& sharing, uint32_t rows, Run run) {
  using Clock = std::chrono::steady_clock;
  graphc_hooks hooks = *hooks_;
  hooks.least_work = sharing.threshold(rows);
  if (!sharing.wants_time()) return run(&hooks);
  auto start = Clock::now();
  graphc_status status = run(&hooks);
  sharing.took(std::chrono::duration<double>(Clock::now() - start).count());
  return status;
}

graphc_status Instance::call(Entry& entry, const void* const* inputs, void* const* outputs, uint32_t rows) {
  auto run = [&](const graphc_hooks* hooks) {
    return entry.info().run(params_.data(), state_.data(), workspace_.data(), inputs, outputs, rows, entry.hyper(), hooks);
  };
  graphc_status status = pool_ ? run_shared(entry.sharing(), rows, run) : run(hooks_);
  if (status < 0) refuse(entry, status, inputs, rows);
  return status;
}

void Instance::refuse(const Entry& entry, graphc_status status, const void* const* inputs, uint32_t rows) const {
  const graphc_entry_info& info = entry.info();
  std::string text = std::string(module_->name) + "." + info.name + ": " + status_text(status);
  if (status == GRAPHC_BAD_ROWS)
    text += " (rows " + std::to_string(rows) + ", maximum " + std::to_string(module_->max_rows) + ")";
  for (uint32_t i = 0; status == GRAPHC_BAD_LABEL && i < info.inputs; ++i) {
    const graphc_tensor& tensor = info.input[i];
    if (tensor.limit <= 0 || tensor.dtype != GRAPHC_I32) continue;
    const auto* labels = static_cast<const int32_t*>(inputs[i]);
    uint64_t count = elements_at(tensor, rows);
    const int32_t* bad = std::find_if(labels, labels + count, [&](int32_t label) { return label < 0 || label >= tensor.limit; });
    if (bad == labels + count) continue;
    text += ": input \"" + std::string(tensor.name) + "\" has " + std::to_string(*bad) + " at element " +
            std::to_string(bad - labels) + ", labels must lie in 0.." + std::to_string(tensor.limit - 1);
    break;
  }
  throw Error(text);
}

}  // namespace graphc
