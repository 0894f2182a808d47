// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Section 6.4 of the Adam paper: what the correction of the moments' bias towards 0 is good for, and what the constant factors
// 1 / (1 - beta) do that the course has in its place.
#pragma once

#include "examples/optimizers/contest.h"

// Adam on the autoencoder with several beta1, beta2, form of correction and rate; and the lengths of the first steps.
std::vector<graphc::Panel> correct_bias(const Data& data, bool is_short);
