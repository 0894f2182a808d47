// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dataset: named columns of the same number of rows, raw as the file has them (0..255, 0..16; scaling belongs to the model).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/stored_tensor.h"

namespace graphc {

struct Dataset {
  std::string source;  // for messages
  uint64_t rows = 0;
  std::vector<StoredTensor> columns;     // shape[0] == rows; the name is the entry's input
  std::vector<std::string> class_names;  // of text labels: the name of class i, sorted; else empty

  const StoredTensor* find(std::string_view name) const;  // null where there is none
  void add(std::string name, const ArrayView& values, uint64_t rows, std::vector<int64_t> row_shape = {});  // copies
};

Dataset take_rows(const Dataset& dataset, std::span<const uint32_t> rows);

// Test rows by split_rows (split.h), both parts in file order.
struct DatasetSplit {
  Dataset train, test;
};
DatasetSplit split_dataset(const Dataset& dataset, double test_fraction, uint32_t seed);

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
  std::vector<std::string> class_names;                                     // known from training: text labels must be among them
};

// From an entry's inputs: those that `predict` has too are features, the others labels.
WantedColumns wanted_columns(const graphc_module& module, std::string_view entry = "step");

// SPEC: digits | FILE.csv[:label=NAME] | IMAGES,LABELS (IDX) | x.npy,y.npy; each file plain or gzip, known by its first bytes.
Dataset load_dataset(const std::string& spec, const WantedColumns& wanted = WantedColumns());

}  // namespace graphc
