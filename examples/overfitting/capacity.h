// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From too little to too much: loss against the width of the hidden layer, the number of images, and the epochs.
#pragma once

#include "examples/overfitting/experiment.h"

std::vector<graphc::Panel> measure_capacity(const Data& data, const Length& length, bool is_short);
