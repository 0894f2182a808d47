// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TensorBoard's event files: records of TFRecord (length, masked CRC-32C of it, data, masked CRC-32C of them), each an Event of
// the protocol buffers of tensorflow/core/util/event.proto: wall time, step, scalars.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/train/observer.h"

namespace graphc {

using Scalars = std::vector<std::pair<std::string, double>>;  // tag, value

uint32_t crc32c(std::string_view bytes);  // Castagnoli's polynomial
std::string tensorboard_header(double wall_time);  // the record that a file begins with
std::string tensorboard_record(double wall_time, uint64_t step, const Scalars& scalars);

// A new event file in `folder`, which is made where it is missing; throws Error. At the end of each epoch train/loss,
// train/METRIC, validation/..., learning_rate; at every `every`-th step (0: none) step/loss and step/METRIC, at the end test/....
// Where the file cannot be written any more, `failed` (which must outlive this) says why.
std::unique_ptr<Observer> make_tensorboard(const std::string& folder, uint64_t every, std::string* failed);

}  // namespace graphc
