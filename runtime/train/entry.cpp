// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/entry.h"

#include <cmath>
#include <cstring>

#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

// "step: input "x""; built for messages only, since binding happens at every step.
std::string say(const graphc_entry_info& entry, const char* kind, std::string_view name) {
  return std::string(entry.name) + ": " + kind + " \"" + std::string(name) + "\"";
}

size_t index_of(const graphc_entry_info& entry, const char* kind, const graphc_tensor* table, uint32_t count,
                std::string_view name) {
  for (uint32_t i = 0; i < count; ++i)
    if (name == table[i].name) return i;
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) names.push_back(table[i].name);
  throw Error(say(entry, kind, name) + " does not exist" + suggest(std::string(name), names));
}

// Checks type and size of one array against the table.
template <class Void>
void check(const graphc_entry_info& entry, const char* kind, const graphc_tensor& tensor, const BasicArray<Void>& array,
           uint64_t rows) {
  if (array.dtype() != tensor.dtype)
    throw Error(say(entry, kind, tensor.name) + " is " + describe(tensor) + ", the array given is of " +
                std::string(dtype_name(array.dtype())));
  uint64_t needed = elements_at(tensor, rows);
  if (array.size() != unknown_size && array.size() < needed)
    throw Error(say(entry, kind, tensor.name) + " is " + describe(tensor) + ": " + std::to_string(rows) + " rows need " +
                std::to_string(needed) + " elements, the array given has " + std::to_string(array.size()));
  if (!array.data() && needed) throw Error(say(entry, kind, tensor.name) + ": the array given is a null pointer");
}

}  // namespace

Instance::Entry::Entry(const graphc_entry_info* info, uint32_t max_rows) : info_(info), max_rows_(max_rows) {
  if (info->hypers) {
    hyper_.assign((info->hyper_bytes + 3) / 4, 0);
    std::memcpy(hyper_.data(), &info->hyper_bytes, 4);
    for (uint32_t i = 0; i < info->hypers; ++i) set_hyper(info->hyper[i], info->hyper[i].value);
  }
  scratch_.resize(info->outputs);
  for (uint32_t i = 0; i < info->outputs; ++i)
    if (std::string_view(info->output[i].name) == "loss") loss_ = i;
  for (uint32_t i = 0; i < info->outputs; ++i) {
    const graphc_tensor& output = info->output[i];
    if (i == loss_ || output.dtype == GRAPHC_U8 || elements_at(output, 1) != 1 || elements_at(output, 2) != 1) continue;
    metric_.push_back(i);
    metric_names_.push_back(output.name);
  }
  metrics_.resize(metric_.size());
}

const graphc_hyper* Instance::Entry::find_hyper(std::string_view name) const {
  for (uint32_t i = 0; i < info_->hypers; ++i)
    if (name == info_->hyper[i].name) return &info_->hyper[i];
  return nullptr;
}

void Instance::Entry::set_hyper(const graphc_hyper& hyper, double value) {
  auto* place = reinterpret_cast<std::byte*>(hyper_.data()) + hyper.offset;
  std::string what = std::string("\"") + hyper.name + "\" = " + std::to_string(value);
  if (hyper.dtype == GRAPHC_I32) {
    // The seed's halves use all 32 bits, so an i32 takes the unsigned range too.
    if (!(value >= -2147483648.0 && value <= 4294967295.0) || value != std::floor(value))
      throw Error(what + ": a whole number of 32 bits is wanted");
    auto bits = static_cast<uint32_t>(static_cast<int64_t>(value));
    std::memcpy(place, &bits, 4);
  } else {
    auto number = static_cast<float>(value);
    if (!std::isfinite(number)) throw Error(what + ": the number does not fit into f32 (largest 3.4e38)");
    std::memcpy(place, &number, 4);
  }
}

double Instance::Entry::get_hyper(const graphc_hyper& hyper) const {
  const auto* place = reinterpret_cast<const std::byte*>(hyper_.data()) + hyper.offset;
  float number;
  int32_t whole;
  std::memcpy(&number, place, 4);
  std::memcpy(&whole, place, 4);
  return hyper.dtype == GRAPHC_I32 ? whole : static_cast<double>(number);
}

std::vector<const void*> Instance::Entry::bind_inputs(const Arrays& inputs, uint64_t rows) const {
  std::vector<const void*> pointers(info_->inputs);
  for (const NamedArray& item : inputs.items()) {
    size_t i = index_of(*info_, "input", info_->input, info_->inputs, item.name);
    check(*info_, "input", info_->input[i], item.array, rows);
    pointers[i] = item.array.data();
  }
  for (uint32_t i = 0; i < info_->inputs; ++i)
    if (!pointers[i] && elements_at(info_->input[i], rows))
      throw Error(say(*info_, "input", info_->input[i].name) + " (" + describe(info_->input[i]) + ") is missing");
  return pointers;
}

std::vector<void*> Instance::Entry::bind_outputs(const OutputArrays& outputs, uint64_t rows) {
  std::vector<void*> pointers(info_->outputs);
  for (const NamedOutput& item : outputs.items()) {
    size_t i = index_of(*info_, "output", info_->output, info_->outputs, item.name);
    check(*info_, "output", info_->output[i], item.array, rows);
    pointers[i] = item.array.data();
  }
  return pointers;
}

void* Instance::Entry::scratch(uint32_t output) {
  AlignedBytes& bytes = scratch_[output];
  if (!bytes.data()) {
    const graphc_tensor& tensor = info_->output[output];
    bytes = AlignedBytes(elements_at(tensor, max_rows_) * element_bytes(tensor.dtype), "outputs");
  }
  return bytes.data();
}

void* const* Instance::Entry::score_outputs() {
  if (outputs_.empty())
    for (uint32_t i = 0; i < info_->outputs; ++i) outputs_.push_back(scratch(i));
  return outputs_.data();
}

void Instance::Entry::collect(StepResult& result) {
  auto scalar = [&](uint32_t i) {
    float number;
    int32_t whole;
    std::memcpy(&number, outputs_[i], 4);
    std::memcpy(&whole, outputs_[i], 4);
    return info_->output[i].dtype == GRAPHC_F32 ? number : static_cast<float>(whole);
  };
  if (info_->outputs) result.loss = scalar(loss_);
  for (size_t i = 0; i < metric_.size(); ++i) metrics_[i] = scalar(metric_[i]);
  result.metrics = metrics_;
  result.metric_names = metric_names_;
}

std::string status_text(graphc_status status) {
  switch (status) {
    case GRAPHC_OK:
      return "done";
    case GRAPHC_NOT_FINITE:
      return "the loss is not finite";
    case GRAPHC_NULL_POINTER:
      return "a pointer is null that must not be";
    case GRAPHC_MISALIGNED:
      return "params, state or workspace does not lie on a 64-byte boundary";
    case GRAPHC_BAD_ROWS:
      return "the number of rows is 0 or above the maximum the step was compiled for";
    case GRAPHC_BAD_LABEL:
      return "a class label is out of range";
    case GRAPHC_WRONG_MODEL:
      return "params or state belong to another model or another version of graphc";
    case GRAPHC_BAD_HYPER:
      return "the hyper struct is smaller than the entry's";
    case GRAPHC_WRONG_CPU:
      return "this CPU lacks an instruction set that the code was compiled for; compile with another --cpu";
    default:
      return "unknown status " + std::to_string(status);
  }
}

}  // namespace graphc
