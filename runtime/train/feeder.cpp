// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/feeder.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

template <class From, class To>
void convert(const std::byte* from, uint64_t count, std::byte* to) {
  const auto* source = reinterpret_cast<const From*>(from);
  auto* target = reinterpret_cast<To*>(to);
  for (uint64_t i = 0; i < count; ++i) target[i] = static_cast<To>(source[i]);
}

bool can_convert(uint8_t from, uint8_t to) { return from == to || to == GRAPHC_F32 || (to == GRAPHC_I32 && from == GRAPHC_U8); }

void convert(const std::byte* from, uint8_t from_type, uint64_t count, std::byte* to, uint8_t to_type) {
  if (from_type == to_type)
    std::memcpy(to, from, count * element_bytes(from_type));
  else if (to_type == GRAPHC_I32)
    convert<uint8_t, int32_t>(from, count, to);
  else if (from_type == GRAPHC_U8)
    convert<uint8_t, float>(from, count, to);
  else
    convert<int32_t, float>(from, count, to);
}

// `row_of(i)` is the row of element i.
template <class RowOf>
void check_labels(const Dataset& dataset, std::span<const int32_t> labels, int32_t limit, RowOf row_of) {
  auto bad = std::find_if(labels.begin(), labels.end(), [&](int32_t label) { return label < 0 || label >= limit; });
  if (bad == labels.end()) return;
  throw Error(dataset.source + ": error: row " + std::to_string(row_of(static_cast<uint64_t>(bad - labels.begin()))) +
              ": label " + std::to_string(*bad) + " is outside 0.." + std::to_string(limit - 1) + ", the model has " +
              std::to_string(limit) + " classes; they count from 0");
}

}  // namespace

Feeder::Feeder(const Dataset& dataset, const graphc_entry_info& entry, uint32_t max_rows) : dataset_(dataset) {
  for (uint32_t i = 0; i < entry.inputs; ++i) {
    const graphc_tensor& input = entry.input[i];
    std::string what = dataset.source + ": error: ";
    const Column* column = dataset.find(input.name);
    if (!column) {
      std::vector<std::string> names;
      for (const Column& other : dataset.columns) names.push_back(other.name);
      throw Error(what + "the data have no column \"" + input.name + "\" for the model's input " + describe(input) +
                  suggest(input.name, names));
    }
    uint64_t width = elements_per_row(input);
    if (!rows_are_outermost(input))
      throw Error(what + "input \"" + input.name + "\" (" + describe(input) + ") does not begin with the batch");
    if (dataset.rows == 0 || column->rows() * column->width() != dataset.rows * width)
      throw Error(what + "column \"" + input.name + "\" is " + describe(column->dtype, column->shape) +
                  ", the model's input is " + describe(input));
    if (!can_convert(column->dtype, input.dtype))
      throw Error(what + "column \"" + input.name + "\" is of " + std::string(dtype_name(column->dtype)) +
                  ", the model's input is " + describe(input));
    int32_t limit = input.dtype == GRAPHC_I32 ? input.limit : 0;
    if (limit > 0 && !column->source && column->dtype == GRAPHC_I32)
      check_labels(dataset, column->as<int32_t>(), limit, [&](uint64_t element) { return element / width; });
    uint64_t bytes = width * max_rows * element_bytes(input.dtype);
    sources_.push_back({column, input.dtype, limit, width, AlignedBytes(bytes, "minibatch"), {}, {}});
    Source& source = sources_.back();
    if (is_read_ahead(source)) source.ahead = AlignedBytes(bytes, "minibatch");
    if (column->source && column->dtype != input.dtype) source.raw.resize(width * max_rows * element_bytes(column->dtype));
    pointers_.push_back(source.buffer.data());
  }
}

bool Feeder::reads_files() const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const Source& source) { return is_read_ahead(source); });
}

// From a column in memory.
void Feeder::copy(Source& source, std::span<const uint32_t> rows) {
  const std::byte* from = source.column->data.data();
  std::byte* to = source.buffer.data();
  if (source.column->dtype == source.dtype && source.width == 1 && element_bytes(source.dtype) == 4) {  // labels
    for (size_t place = 0; place < rows.size(); ++place) std::memcpy(to + 4 * place, from + 4 * size_t{rows[place]}, 4);
    return;
  }
  size_t from_bytes = source.width * element_bytes(source.column->dtype), to_bytes = source.width * element_bytes(source.dtype);
  for (size_t place = 0; place < rows.size(); ++place)
    convert(from + rows[place] * from_bytes, source.column->dtype, source.width, to + place * to_bytes, source.dtype);
}

// From a column's source.
void Feeder::read(Source& source, std::span<const uint32_t> rows, std::byte* to) {
  bool in_place = source.column->dtype == source.dtype;
  uint64_t count = rows.size() * source.width;
  source.column->read(rows, in_place ? to : source.raw.data());
  if (!in_place) convert(source.raw.data(), source.column->dtype, count, to, source.dtype);
  if (source.limit > 0)
    check_labels(dataset_, {reinterpret_cast<const int32_t*>(to), count}, source.limit,
                 [&](uint64_t element) { return rows[element / source.width]; });
}

void Feeder::announce(std::span<const uint32_t> rows) {
  if (!reads_files() || rows.empty()) return;
  take_announced({});
  announced_.assign(rows.begin(), rows.end());
  task_.start([this] {
    for (Source& source : sources_)
      if (is_read_ahead(source)) read(source, announced_, source.ahead.data());
  });
}

// True where these rows were announced: they are in the buffers then. Others are dropped, with any error in them.
bool Feeder::take_announced(std::span<const uint32_t> rows) {
  if (announced_.empty()) return false;
  bool same = std::equal(rows.begin(), rows.end(), announced_.begin(), announced_.end());
  try {
    task_.wait();
  } catch (...) {
    announced_.clear();
    if (same) throw;
  }
  announced_.clear();
  for (Source& source : sources_)
    if (same && is_read_ahead(source)) std::swap(source.buffer, source.ahead);
  return same;
}

const void* const* Feeder::gather(std::span<const uint32_t> rows) { return gather(rows, false); }

const void* const* Feeder::gather(std::span<const uint32_t> rows, bool are_consecutive) {
  bool is_here = take_announced(rows);
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (are_consecutive && !source.column->source && source.column->dtype == source.dtype) {
      pointers_[i] = source.column->data.data() + rows[0] * source.width * element_bytes(source.dtype);
      continue;
    }
    if (!source.column->source)
      copy(source, rows);
    else if (!is_here || !is_read_ahead(source))
      read(source, rows, source.buffer.data());
    pointers_[i] = source.buffer.data();
  }
  return pointers_.data();
}

const void* const* Feeder::range(uint64_t first, uint32_t rows) {
  auto numbers = [&](uint64_t begin) {
    numbers_.resize(std::min<uint64_t>(rows, dataset_.rows - begin));
    std::iota(numbers_.begin(), numbers_.end(), static_cast<uint32_t>(begin));
    return std::span<const uint32_t>(numbers_);
  };
  gather(numbers(first), true);
  if (reads_files() && first + rows < dataset_.rows) announce(numbers(first + rows));
  return pointers_.data();
}

}  // namespace graphc
