// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why a loss stopped being finite: the step is computed again, value by value.
#pragma once

#include <string>

#include "compiler/driver/session.h"
#include "runtime/train/trainer.h"

namespace graphc::driver {

// `net` as the refused step left it (unchanged), and the settings of the run. Names the first value of the graph that is not
// finite, and what to try.
std::string explain_divergence(const ModelFile& file, const Program& program, Instance& net, const Dataset& data,
                               const TrainSettings& settings, const TrainResult& result);

}  // namespace graphc::driver
