// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dataset: named columns of the same number of rows, raw as the file has them (0..255, 0..16; scaling belongs to the model).
// SPEC of load_dataset: digits | FILE.csv[:label=NAME][:weight=NAME] | FEATURES,LABELS[,WEIGHTS] (IDX or .npy) | FILE.npz |
// cifar:FILE.bin | text:FILE[:stride=N]. Each file plain or gzip; all but cifar and text are known by their first bytes.
// Uncompressed .npy, IDX and CIFAR files of more than stream_above bytes are not loaded: rows are read when they are wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/column.h"

namespace graphc {

struct Dataset {
  std::string source;  // for messages
  uint64_t rows = 0;
  std::vector<Column> columns;           // shape[0] == rows; the name is the entry's input
  std::vector<std::string> class_names;  // of text labels, or of the bytes of a text: the name of class i, sorted; else empty

  const Column* find(std::string_view name) const;  // null where there is none
  void add(std::string name, const ArrayView& values, uint64_t rows, std::vector<int64_t> row_shape = {});  // copies
};

Dataset take_rows(const Dataset& dataset, std::span<const uint32_t> rows);
Dataset first_rows(const Dataset& dataset, uint32_t count);

// Both parts in file order; test rows by split_rows (split.h), or by split_stratified where the column of classes is named.
struct DatasetSplit {
  Dataset train, test;
};
DatasetSplit split_dataset(const Dataset& dataset, double test_fraction, uint32_t seed, std::string_view stratified_by = {});

// The column `name` as classes, in memory wherever it lies; Error where it is not one class a row, which `what` needs.
std::vector<int32_t> labels_of(const Dataset& dataset, std::string_view name, const std::string& what);

inline constexpr std::string_view weight_input = "weight";  // of a row in the loss

// What a model wants from a file.
struct WantedColumn {
  std::string name = "x";
  uint8_t dtype = GRAPHC_F32;
  int32_t limit = 0;   // classes: labels lie in [0, limit); 0: not known
  uint64_t width = 0;  // elements a row; 0: whatever the file has
};
struct WantedColumns {
  WantedColumn features;
  std::optional<WantedColumn> label = WantedColumn{"y", GRAPHC_I32, 0, 1};  // none: a label in the file is left out
  std::vector<WantedColumn> others;                                         // further inputs and targets, found by their names
  std::vector<std::string> left_out;                                        // columns of these names are no features
  std::vector<std::string> class_names;                                     // known from training: text labels must be among them
  uint64_t stream_above = uint64_t{256} << 20;                              // bytes of a file from which its rows stay there
};

// From an entry's inputs: the first that `predict` has too is the features; of those that it has not, the label is the first
// with classes, else the first that is not named weight. An input "weight" that the data do not have is filled with ones.
WantedColumns wanted_columns(const graphc_module& module, std::string_view entry = "step");

Dataset load_dataset(const std::string& spec, const WantedColumns& wanted = WantedColumns());

}  // namespace graphc
