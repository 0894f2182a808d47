// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R5: small models to train, drawn from a seed. What can be drawn comes from the records of ops and composites: their cases,
// classes, attributes and `infer`. A new op or composite is drawn with no line here.
#pragma once

#include "ir/module.h"

namespace graphc_test {

struct RandomModel {
  graphc::Model model;
  uint32_t max_rows;
};

RandomModel random_model(uint64_t seed);

}  // namespace graphc_test
