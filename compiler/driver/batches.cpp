// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/batches.h"

#include "compiler/measure.h"
#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc::driver {

uint64_t rows_of_batches(const Safetensors& file, const Module& tables, const std::string& path) {
  for (const InputSpec& input : tables.inputs) {
    const StoredTensor* first = file.find(input.name + "0");
    if (!first || !input.type.shape.rank() || !input.type.shape[0].is_batch || first->shape.empty()) continue;
    int64_t rows = first->shape[0] / input.type.shape[0].size;
    if (rows >= 1 && rows <= int64_t{1} << 30) return uint64_t(rows);
  }
  throw Error(path +
              ": error: there is no first minibatch: tensors are named after the inputs, with a number: x0, y0, x1, y1, ...");
}

Batches::Batches(Safetensors file, const graphc_entry_info& entry, uint64_t rows, const std::string& path)
    : tensors_(std::move(file.tensors)) {
  ErrorList errors;
  auto find = [&](const std::string& name) -> const StoredTensor* {
    for (const StoredTensor& tensor : tensors_)
      if (tensor.name == name) return &tensor;
    return nullptr;
  };
  for (size_t n = 0; errors.empty(); n++) {
    std::vector<const void*> pointers;
    for (uint32_t i = 0; i < entry.inputs; i++) {
      const graphc_tensor& input = entry.input[i];
      const StoredTensor* tensor = find(input.name + std::to_string(n));
      if (!tensor) continue;
      if (tensor->dtype != input.dtype || tensor->shape != shape_at(input, rows))
        errors.add(path, "tensor \"" + tensor->name + "\" is " + describe(tensor->dtype, tensor->shape) + ", the model wants " +
                             describe(input.dtype, shape_at(input, rows)));
      pointers.push_back(tensor->data.data());
    }
    if (pointers.empty()) break;
    if (pointers.size() != entry.inputs) errors.add(path, "minibatch " + std::to_string(n) + " lacks some of the inputs");
    pointers_.push_back(std::move(pointers));
  }
  if (pointers_.empty())
    errors.add(path, "there is no minibatch: tensors are named after the inputs, with a number: x0, y0, x1, y1, ...");
  errors.throw_if_any();
}

Batches::Batches(const graphc_entry_info& entry, uint64_t rows, uint64_t seed) {
  constexpr size_t count = 8;
  for (size_t n = 0; n < count; n++)
    for (uint32_t i = 0; i < entry.inputs; i++) tensors_.push_back(random_input(entry.input[i], rows, seed + n * 1000 + i));
  for (size_t n = 0; n < count; n++) {
    auto& pointers = pointers_.emplace_back();
    for (uint32_t i = 0; i < entry.inputs; i++) pointers.push_back(tensors_[n * entry.inputs + i].data.data());
  }
}

}  // namespace graphc::driver
