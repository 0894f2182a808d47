// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data, the network whose minibatches are measured, and its training.
#pragma once

#include "examples/example.h"
#include "runtime/train/train_result.h"

struct Rows {
  graphc::Dataset train, validation, test;
  int64_t pixels;
  double largest;  // value of a pixel
};
// A sixth of the rows each for validation and test. Empty: the digits of the repository.
Rows load_rows(const std::string& spec);
Rows with_fewer_rows(const Rows& rows, uint32_t count);  // the first of the training rows; the others whole

// One hidden layer of ReLUs under SGD without momentum.
graphc::Program compile_network(const Rows& rows, int64_t units, uint32_t minibatch);

struct Run {
  double learning_rate;
  graphc::TrainResult result;      // with the validation rows after each epoch
  double validation_loss() const;  // after the last epoch; infinite where training broke off
};
// The seed is that of the initial weights and of the minibatches.
Run train(const graphc::Program& program, const Rows& rows, double learning_rate, uint64_t epochs, uint64_t seed);

// Until the training loss of an epoch, the mean of its steps, is below `loss`; after 5000 epochs in any case.
graphc::TrainResult train_until(const graphc::Program& program, const Rows& rows, double learning_rate, double loss,
                                uint64_t seed);

// Goes from one of the rates 1, 2 and 5 times 10^k to its neighbour while the validation loss becomes lower; seed 1. All
// runs, by their rates.
std::vector<Run> try_rates(const graphc::Program& program, const Rows& rows, double first, uint64_t epochs);
const Run& best(const std::vector<Run>& runs);

// The processor's time of a training step, by the row: the shortest of `rounds` measurements of each minibatch size, which take
// turns; one thread. Without the time in which the rows are gathered.
std::map<uint32_t, double> microseconds_per_row(const Rows& rows, int64_t units, const std::vector<uint32_t>& minibatches,
                                                int rounds);
