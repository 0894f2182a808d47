// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CSV: one row a line, cells separated by commas, "quoted" where needed. A first row whose features are not all numbers is
// the header. The label is the last column, or the one named; class labels are whole numbers, or texts in sorted order.
// Further inputs of the model are columns of their names; all others are features.
#pragma once

#include <string>
#include <string_view>

#include "runtime/train/dataset.h"

namespace graphc {

// `label`, `weight`: a name of the header, or a column number from 1; empty: the last column that is no further input, and the
// column "weight" where the model has such an input. `name` stands for the file in errors,
// which are "FILE:LINE:COLUMN: error: ..." (column: the byte in the line), up to ten in one Error.
Dataset parse_csv(std::string_view text, const std::string& name, const WantedColumns& wanted, const std::string& label = {},
                  const std::string& weight = {});

}  // namespace graphc
