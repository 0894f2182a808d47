// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run as JSON, one object a line: its "event" is "epoch" or "end"; "step" for every N-th step; "resume" where a run goes on;
// "warning". A step has epoch, run_steps, loss, learning_rate and an object `metrics`; an epoch has its metrics as train_NAME and
// validation_NAME.
#pragma once

#include <iosfwd>
#include <memory>

#include "runtime/train/observer.h"

namespace graphc {

// `out` must outlive it. every: 0 for no steps.
std::unique_ptr<Observer> make_json_lines(std::ostream& out, uint64_t every = 0);

}  // namespace graphc
