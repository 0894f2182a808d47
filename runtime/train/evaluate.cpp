// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/evaluate.h"

#include <algorithm>
#include <string>

#include "runtime/train/entry.h"
#include "runtime/train/feeder.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

Score evaluate(Instance& net, const Dataset& dataset, std::string_view name) {
  Instance::Entry& entry = net.entry(name);
  uint32_t max_rows = net.module().max_rows;
  Feeder feeder(dataset, entry.info(), max_rows);
  Score score;
  for (uint64_t row = 0; row < dataset.rows; row += max_rows) {
    auto rows = static_cast<uint32_t>(std::min<uint64_t>(max_rows, dataset.rows - row));
    score.add(net.score(entry, feeder.range(row, rows), rows), rows);
  }
  return score.mean();
}

StoredTensor predict(Instance& net, const Dataset& dataset, std::string_view name) {
  Instance::Entry& entry = net.entry("predict");
  const graphc_entry_info& info = entry.info();
  uint32_t max_rows = net.module().max_rows, wanted = 0;
  std::vector<std::string> names;
  for (uint32_t i = 0; i < info.outputs; ++i) names.push_back(info.output[i].name);
  auto found = name.empty() ? names.begin() : std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw Error("predict: output \"" + std::string(name) + "\" does not exist" + suggest(std::string(name), names));
  wanted = static_cast<uint32_t>(found - names.begin());
  const graphc_tensor& tensor = info.output[wanted];
  if (!rows_are_outermost(tensor))
    throw Error("predict: output \"" + *found + "\" (" + describe(tensor) + ") does not begin with the batch");

  StoredTensor result{*found, tensor.dtype, shape_at(tensor, dataset.rows), {}};
  result.data.resize(elements_at(tensor, dataset.rows) * element_bytes(tensor.dtype));
  Feeder feeder(dataset, info, max_rows);
  std::vector<void*> outputs(info.outputs);
  for (uint32_t i = 0; i < info.outputs; ++i) outputs[i] = entry.scratch(i);
  for (uint64_t row = 0; row < dataset.rows; row += max_rows) {
    auto rows = static_cast<uint32_t>(std::min<uint64_t>(max_rows, dataset.rows - row));
    outputs[wanted] = result.data.data() + row * elements_per_row(tensor) * element_bytes(tensor.dtype);
    net.call(entry, feeder.range(row, rows), outputs.data(), rows);
  }
  return result;
}

void fit(Instance& net, const Dataset& dataset) {
  std::vector<NamedArray> columns;
  for (const StoredTensor& column : dataset.columns) columns.push_back({column.name, column.array()});
  net.fit(std::span<const NamedArray>(columns), dataset.rows);
}

}  // namespace graphc
