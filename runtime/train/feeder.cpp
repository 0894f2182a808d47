// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/feeder.h"

#include <algorithm>
#include <cstring>

#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

void check_labels(const Dataset& dataset, const StoredTensor& column, const graphc_tensor& input, uint64_t width) {
  if (input.limit <= 0 || column.dtype != GRAPHC_I32) return;
  std::span<const int32_t> labels = column.as<int32_t>();
  auto bad = std::find_if(labels.begin(), labels.end(), [&](int32_t label) { return label < 0 || label >= input.limit; });
  if (bad == labels.end()) return;
  throw Error(dataset.source + ": error: row " + std::to_string(static_cast<uint64_t>(bad - labels.begin()) / width) +
              ": label " + std::to_string(*bad) + " is outside 0.." + std::to_string(input.limit - 1) + ", the model has " +
              std::to_string(input.limit) + " classes; they count from 0");
}

template <class From>
void to_floats(const std::byte* from, uint64_t count, std::byte* to) {
  const auto* source = reinterpret_cast<const From*>(from);
  auto* target = reinterpret_cast<float*>(to);
  for (uint64_t i = 0; i < count; ++i) target[i] = static_cast<float>(source[i]);
}

}  // namespace

Feeder::Feeder(const Dataset& dataset, const graphc_entry_info& entry, uint32_t max_rows) {
  for (uint32_t i = 0; i < entry.inputs; ++i) {
    const graphc_tensor& input = entry.input[i];
    std::string what = dataset.source + ": error: ";
    const StoredTensor* column = dataset.find(input.name);
    if (!column) {
      std::vector<std::string> names;
      for (const StoredTensor& other : dataset.columns) names.push_back(other.name);
      throw Error(what + "the data have no column \"" + input.name + "\" for the model's input " + describe(input) +
                  suggest(input.name, names));
    }
    uint64_t width = elements_per_row(input);
    if (!rows_are_outermost(input))
      throw Error(what + "input \"" + input.name + "\" (" + describe(input) + ") does not begin with the batch");
    if (dataset.rows == 0 || column->array().size() != dataset.rows * width)
      throw Error(what + "column \"" + input.name + "\" is " + describe(column->dtype, column->shape) +
                  ", the model's input is " + describe(input));
    if (column->dtype != input.dtype && input.dtype != GRAPHC_F32)
      throw Error(what + "column \"" + input.name + "\" is of " + std::string(dtype_name(column->dtype)) +
                  ", the model's input is " + describe(input));
    check_labels(dataset, *column, input, width);
    sources_.push_back({column, input.dtype, width, AlignedBytes(width * max_rows * element_bytes(input.dtype), "minibatch")});
    pointers_.push_back(sources_.back().buffer.data());
  }
}

// Rows [row, row + rows) of the column to place `place` of the buffer.
void Feeder::convert(Source& source, uint64_t row, uint64_t place, uint64_t rows) {
  size_t size = element_bytes(source.column->dtype);
  const std::byte* from = source.column->data.data() + row * source.width * size;
  std::byte* to = source.buffer.data() + place * source.width * element_bytes(source.dtype);
  uint64_t count = rows * source.width;
  if (source.column->dtype == source.dtype)
    std::memcpy(to, from, count * size);
  else if (source.column->dtype == GRAPHC_U8)
    to_floats<uint8_t>(from, count, to);
  else
    to_floats<int32_t>(from, count, to);
}

const void* const* Feeder::gather(std::span<const uint32_t> rows) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    pointers_[i] = source.buffer.data();
    if (source.column->dtype == source.dtype && source.width == 1 && element_bytes(source.dtype) == 4) {  // labels
      const std::byte* from = source.column->data.data();
      for (size_t place = 0; place < rows.size(); ++place)
        std::memcpy(source.buffer.data() + 4 * place, from + 4 * size_t{rows[place]}, 4);
      continue;
    }
    for (size_t place = 0; place < rows.size(); ++place) convert(source, rows[place], place, 1);
  }
  return pointers_.data();
}

const void* const* Feeder::range(uint64_t first, uint32_t rows) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (source.column->dtype == source.dtype) {
      pointers_[i] = source.column->data.data() + first * source.width * element_bytes(source.dtype);
    } else {
      convert(source, first, 0, rows);
      pointers_[i] = source.buffer.data();
    }
  }
  return pointers_.data();
}

}  // namespace graphc
