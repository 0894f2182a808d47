// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a reader gives becomes a column of the data set, where its rows and sizes are those that the model wants. `path` stands
// for the file in errors.
#pragma once

#include <string>
#include <vector>

#include "runtime/train/dataset.h"

namespace graphc {

void place_features(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path);  // the first: gives the rows
void place_label(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path);
void place_other(Dataset& dataset, Column column, const WantedColumn& wanted, const std::string& path);

// Ones for an input "weight" that the data do not have; Error for any other.
void place_missing(Dataset& dataset, const std::vector<WantedColumn>& others);

}  // namespace graphc
