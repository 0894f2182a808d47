// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One hidden layer of ReLUs on few images: what a run is made of, and what is measured while it trains.
#pragma once

#include "examples/example.h"
#include "runtime/train/trainer.h"

struct Data {
  examples::Images images;
  graphc::Dataset train, validation, test;
};
// The first rows of a permutation train, the next validate, the rest (at most 5,000) test.
Data load_data(const std::string& spec, uint32_t train_rows, uint32_t validation_rows);
Data with_fewer_rows(const Data& data, uint32_t train_rows);  // the first of the training rows

struct Setting {
  int64_t width = 256;
  std::string penalty = {};  // l1, l2 or l2_norm of the weights,
  double factor = 0;         // times this
  double dropout = 0;        // of the hidden units
  int patience = 0;          // epochs without a better validation loss; 0: no early stopping
};

graphc::Model network(const Setting& setting, const examples::Images& images);

struct Length {
  uint64_t epochs;
  int seeds;
};

struct Run {
  // After each epoch, without dropout and without the penalty.
  std::vector<double> train, validation;
  double test_loss = 0, test_accuracy = 0;  // at the end
  std::vector<float> weights;               // of the hidden layer
};
using Runs = std::vector<Run>;  // seeds 1, 2, ...

Runs train(const Setting& setting, const Data& data, const Length& length);

// Means over the seeds.
double mean(const Runs& runs, const std::function<double(const Run&)>& of);
// Training and validation loss, epoch by epoch.
void add_curves(graphc::Panel& panel, const std::string& name, const Runs& runs);

void print_head(const std::string& what);
void print(const std::string& name, const Runs& runs);

double best_validation(const Run& run);
size_t best_epoch(const Run& run);                 // from 1
double epochs_until(const Run& run, double loss);  // of training, from 1; not a number: never
double share_near_zero(const Run& run);            // of the weights that are within 0.001 of 0
double deviation(const Run& run);                  // root mean square of the weights
