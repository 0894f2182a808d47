// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/dataset.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "runtime/train/error.h"
#include "runtime/train/split.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

const Column* Dataset::find(std::string_view name) const {
  for (const Column& column : columns)
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
  Column& column = columns.emplace_back();
  column.name = std::move(name);
  column.dtype = values.dtype();
  column.shape = {static_cast<int64_t>(count)};
  column.shape.insert(column.shape.end(), row_shape.begin(), row_shape.end());
  const auto* bytes = static_cast<const std::byte*>(values.data());
  column.data.assign(bytes, bytes + width * count * element_bytes(values.dtype()));
}

Dataset take_rows(const Dataset& dataset, std::span<const uint32_t> rows) {
  for (uint32_t row : rows)
    if (row >= dataset.rows)
      throw Error(dataset.source + ": row " + std::to_string(row) + " does not exist, there are " + std::to_string(dataset.rows));
  Dataset result{dataset.source, rows.size(), {}, dataset.class_names};
  std::map<const void*, std::shared_ptr<const std::vector<uint32_t>>> picked;  // columns of one source share their row numbers
  for (const Column& column : dataset.columns) {
    if (!column.source) {
      result.columns.emplace_back(load(column, rows));
      continue;
    }
    Column& taken = result.columns.emplace_back(StoredTensor{column.name, column.dtype, column.shape, {}});
    taken.shape[0] = static_cast<int64_t>(rows.size());
    taken.source = column.source;
    auto& numbers = picked[column.picked.get()];
    if (!numbers) {
      std::vector<uint32_t> theirs(rows.begin(), rows.end());
      for (uint32_t& row : theirs) row = column.picked ? (*column.picked)[row] : row;
      numbers = std::make_shared<const std::vector<uint32_t>>(std::move(theirs));
    }
    taken.picked = numbers;
  }
  return result;
}

Dataset first_rows(const Dataset& dataset, uint32_t count) {
  std::vector<uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return take_rows(dataset, rows);
}

std::vector<int32_t> labels_of(const Dataset& dataset, std::string_view name, const std::string& what) {
  const Column* column = dataset.find(name);
  if (!column || column->dtype == GRAPHC_F32 || column->width() != 1)
    throw Error(dataset.source + ": error: " + what + " needs a target with one class a row");
  StoredTensor labels = load(*column);
  if (labels.dtype == GRAPHC_I32) return {labels.as<int32_t>().begin(), labels.as<int32_t>().end()};
  return {labels.as<uint8_t>().begin(), labels.as<uint8_t>().end()};
}

DatasetSplit split_dataset(const Dataset& dataset, double test_fraction, uint32_t seed, std::string_view stratified_by) {
  Split split = stratified_by.empty() ? split_rows(dataset.rows, test_fraction, seed)
                                      : split_stratified(labels_of(dataset, stratified_by, "a stratified split"), test_fraction, seed);
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
  if (features.empty())
    throw Error(std::string(module.name) + ": the entry \"" + std::string(name) + "\" has no input that predict has too");
  auto wanted = [](const graphc_tensor* tensor) {
    return WantedColumn{tensor->name, tensor->dtype, tensor->limit, elements_per_row(*tensor)};
  };
  WantedColumns columns;
  columns.features = wanted(features[0]);
  columns.label.reset();
  auto label = std::find_if(labels.begin(), labels.end(), [](const graphc_tensor* tensor) { return tensor->limit > 0; });
  if (label == labels.end())
    label = std::find_if(labels.begin(), labels.end(), [](const graphc_tensor* t) { return t->name != weight_input; });
  if (label != labels.end()) columns.label = wanted(*label);
  for (size_t i = 1; i < features.size(); ++i) columns.others.push_back(wanted(features[i]));
  for (auto other = labels.begin(); other != labels.end(); ++other)
    if (other != label) columns.others.push_back(wanted(*other));
  // What training finds by name may stand in a file for predict too.
  if (entry == predict && find_entry(module, "eval"))
    for (const WantedColumn& other : wanted_columns(module, "eval").others) {
      auto same = [&](const graphc_tensor& input) { return other.name == input.name; };
      if (std::none_of(predict->input, predict->input + predict->inputs, same)) columns.left_out.push_back(other.name);
    }
  return columns;
}

}  // namespace graphc
