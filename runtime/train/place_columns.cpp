// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/place_columns.h"

#include <cstring>
#include <limits>

#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

void check_rank(const Column& column, const std::string& path) {
  if (column.shape.empty()) throw Error(path + ": error: the array has no dimensions; the first one must be the rows");
}

// Classes are i32 in the model, and bytes in many files.
void widen(Column& column) {
  std::vector<std::byte> wide(column.data.size() * 4);
  for (size_t i = 0; i < column.data.size(); ++i) {
    auto value = static_cast<int32_t>(column.data[i]);
    std::memcpy(wide.data() + 4 * i, &value, 4);
  }
  column.data = std::move(wide);
  column.dtype = GRAPHC_I32;
}

void place(Dataset& dataset, Column column, const WantedColumn& wanted) {
  if (wanted.dtype == GRAPHC_I32 && column.dtype == GRAPHC_U8 && !column.source) widen(column);
  column.name = wanted.name;
  dataset.columns.push_back(std::move(column));
}

}  // namespace

void place_features(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path) {
  check_rank(column, path);
  if (column.rows() == 0) throw Error(path + ": error: the file has no rows");
  if (column.rows() > std::numeric_limits<uint32_t>::max())
    throw Error(path + ": error: the file has " + std::to_string(column.rows()) + " rows, at most 4294967295 are read; split it");
  if (wanted.width && column.width() != wanted.width)
    throw Error(path + ": error: the array is " + describe(column.dtype, column.shape) + ", so a row has " +
                std::to_string(column.width()) + " elements; the model's input \"" + wanted.name + "\" takes " +
                std::to_string(wanted.width));
  dataset.rows = column.rows();
  place(dataset, std::move(column), wanted);
}

void place_label(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path) {
  check_rank(column, path);
  if (column.rows() != dataset.rows)
    throw Error(path + ": error: there are " + std::to_string(column.rows()) + " labels for " + std::to_string(dataset.rows) +
                " rows of features");
  if (wanted.width && column.width() != wanted.width)
    throw Error(path + ": error: the array is " + describe(column.dtype, column.shape) + "; the model's target \"" + wanted.name +
                "\" takes " + std::to_string(wanted.width) + " a row");
  if (wanted.dtype == GRAPHC_I32 && column.dtype == GRAPHC_F32)
    throw Error(path + ": error: the labels are floats, the model wants classes; save them as integers (.astype('<i4'))");
  place(dataset, std::move(column), wanted);
}

void place_other(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path) {
  check_rank(column, path);
  if (column.rows() != dataset.rows || (wanted.width && column.width() != wanted.width))
    throw Error(path + ": error: the array for \"" + wanted.name + "\" is " + describe(column.dtype, column.shape) +
                ", the model takes " + std::to_string(wanted.width) + " a row for " + std::to_string(dataset.rows) + " rows");
  place(dataset, std::move(column), wanted);
}

void place_missing(Dataset& dataset, const std::vector<WantedColumn>& others) {
  for (const WantedColumn& other : others) {
    if (dataset.find(other.name)) continue;
    if (other.name != weight_input || other.dtype != GRAPHC_F32)
      throw Error(dataset.source + ": error: the data have nothing for the model's input \"" + other.name +
                  "\"; give an .npz file with that key, or a CSV file with a column of that name in its header");
    dataset.add(other.name, std::vector<float>(dataset.rows * other.width, 1.0f), dataset.rows);
  }
}

}  // namespace graphc
