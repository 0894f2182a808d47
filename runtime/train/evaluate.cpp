// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/evaluate.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

#include "runtime/train/background_task.h"
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

namespace {

// The values of a column, row after row: blocks of about a megabyte, the next of which is read while this one is used.
class RowsOf {
 public:
  RowsOf(const Column& column, uint64_t rows)
      : column_(column), bytes_(column.width() * element_bytes(column.dtype)), rows_(rows), values_(column.width()) {
    block_ = std::max<uint64_t>(1, (uint64_t{1} << 20) / std::max<uint64_t>(1, bytes_));
  }
  std::span<const double> operator()(uint64_t row) {
    if (column_.source && row / block_ != here_.number) take(row / block_);
    const std::byte* data = column_.source ? here_.data.data() + row % block_ * bytes_ : column_.data.data() + row * bytes_;
    to_doubles(data, column_.dtype, 0, values_);
    return values_;
  }

 private:
  struct Block {
    uint64_t number = ~uint64_t{0};
    std::vector<std::byte> data;
  };

  void take(uint64_t number) {
    task_.wait();
    if (next_.number != number) read(next_, number);
    std::swap(here_, next_);
    if ((number + 1) * block_ < rows_) task_.start([this, number] { read(next_, number + 1); });
  }

  void read(Block& block, uint64_t number) {
    std::vector<uint32_t> rows(std::min(block_, rows_ - number * block_));
    std::iota(rows.begin(), rows.end(), static_cast<uint32_t>(number * block_));
    block.data.resize(rows.size() * bytes_);
    block.number = ~uint64_t{0};
    column_.read(rows, block.data.data());
    block.number = number;
  }

  const Column& column_;
  uint64_t bytes_, rows_, block_ = 1;
  std::vector<double> values_;
  Block here_, next_;
  BackgroundTask task_;  // last, so that it ends before what it writes to
};

}  // namespace

void fit(Instance& net, const Dataset& dataset) {
  auto rows_of = [&](const graphc_tensor& input) -> Instance::Rows {
    const Column* column = dataset.find(input.name);
    if (!column || column->width() != elements_per_row(input)) return {};
    auto rows = std::make_shared<RowsOf>(*column, dataset.rows);
    return [rows](uint64_t row) { return (*rows)(row); };
  };
  net.fit(rows_of, dataset.rows);
}

}  // namespace graphc
