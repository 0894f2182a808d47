// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/dataset.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "runtime/train/error.h"
#include "runtime/train/split.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

const StoredTensor* Dataset::find(std::string_view name) const {
  for (const StoredTensor& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

void Dataset::add(std::string name, const ArrayView& values, uint64_t count, std::vector<int64_t> row_shape) {
  if (!columns.empty() && count != rows)
    throw Error("data set: column \"" + name + "\" has " + std::to_string(count) + " rows, the others have " +
                std::to_string(rows));
  if (find(name)) throw Error("data set: there are two columns \"" + name + "\"");
  uint64_t width = 1;
  for (int64_t dim : row_shape) width *= static_cast<uint64_t>(dim);
  if (row_shape.empty() && values.size() != unknown_size && count && values.size() != count) {
    width = values.size() / count;
    row_shape.push_back(static_cast<int64_t>(width));
  }
  if (values.size() != unknown_size && values.size() != width * count)
    throw Error("data set: column \"" + name + "\": " + std::to_string(values.size()) + " elements are not " +
                std::to_string(count) + " rows of " + std::to_string(width));
  rows = count;
  StoredTensor& column = columns.emplace_back();
  column.name = std::move(name);
  column.dtype = values.dtype();
  column.shape = {static_cast<int64_t>(count)};
  column.shape.insert(column.shape.end(), row_shape.begin(), row_shape.end());
  const auto* bytes = static_cast<const std::byte*>(values.data());
  column.data.assign(bytes, bytes + width * count * element_bytes(values.dtype()));
}

Dataset take_rows(const Dataset& dataset, std::span<const uint32_t> rows) {
  Dataset result{dataset.source, rows.size(), {}, dataset.class_names};
  for (const StoredTensor& column : dataset.columns) {
    StoredTensor& taken = result.columns.emplace_back(StoredTensor{column.name, column.dtype, column.shape, {}});
    taken.shape[0] = static_cast<int64_t>(rows.size());
    size_t stride = dataset.rows ? column.data.size() / dataset.rows : 0;
    taken.data.resize(stride * rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= dataset.rows)
        throw Error(dataset.source + ": row " + std::to_string(rows[i]) + " does not exist, there are " +
                    std::to_string(dataset.rows));
      if (stride) std::memcpy(taken.data.data() + i * stride, column.data.data() + rows[i] * stride, stride);
    }
  }
  return result;
}

DatasetSplit split_dataset(const Dataset& dataset, double test_fraction, uint32_t seed) {
  Split split = split_rows(dataset.rows, test_fraction, seed);
  std::sort(split.test.begin(), split.test.end());
  std::sort(split.train.begin(), split.train.end());
  return {take_rows(dataset, split.train), take_rows(dataset, split.test)};
}

WantedColumns wanted_columns(const graphc_module& module, std::string_view name) {
  const graphc_entry_info *entry = find_entry(module, name), *predict = find_entry(module, "predict");
  if (!entry) throw Error(std::string(module.name) + ": the module has no entry \"" + std::string(name) + "\"");
  std::vector<const graphc_tensor*> features, labels;
  for (uint32_t i = 0; i < entry->inputs; ++i) {
    const graphc_tensor* input = &entry->input[i];
    auto same = [&](const graphc_tensor& other) { return std::string_view(other.name) == input->name; };
    bool feature = predict ? std::any_of(predict->input, predict->input + predict->inputs, same) : i == 0;
    (feature ? features : labels).push_back(input);
  }
  if (features.size() != 1 || labels.size() > 1)
    throw Error(std::string(module.name) + ": the model has " + std::to_string(features.size()) + " inputs and " +
                std::to_string(labels.size()) +
                " targets; a data file serves one input and at most one target, use a Dataset from C++");
  auto wanted = [](const graphc_tensor& tensor) {
    return WantedColumn{tensor.name, tensor.dtype, tensor.limit, elements_per_row(tensor)};
  };
  WantedColumns columns{wanted(*features[0]), std::nullopt, {}};
  if (!labels.empty()) columns.label = wanted(*labels[0]);
  return columns;
}

}  // namespace graphc
