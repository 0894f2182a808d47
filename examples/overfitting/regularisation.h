// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is done against over-fitting: penalties of the weights, dropout, early stopping.
#pragma once

#include "examples/overfitting/experiment.h"

std::vector<graphc::Panel> compare_penalties(const Data& data, const Length& length, bool is_short);
std::vector<graphc::Panel> compare_dropout(const Data& data, const Length& length, bool is_short);
void stop_early(const Data& data, const Length& length);
