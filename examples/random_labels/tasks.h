// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data of the experiment: images with their labels, and what replaces one or the other (Zhang et al. 2017, section 2).
#pragma once

#include "runtime/train/dataset.h"

struct Images {
  std::vector<float> pixels;  // rows x width, as the file has them
  std::vector<int32_t> labels;
  uint64_t rows() const { return labels.size(); }
  uint64_t width() const { return pixels.size() / labels.size(); }
};

struct Data {
  Images train, test;
};

enum class Pixels {
  original,
  shuffled,  // one permutation for all images of both sets
  random,    // another one for each image
  gaussian   // normal numbers with the mean and variance of all training pixels
};

Images load_images(const std::string& spec);
// Classes that are easy to tell apart: each image is its class's own picture with noise.
Data synthetic_data(uint64_t train_rows, uint64_t test_rows, uint64_t width);

// Each training label is replaced by a random class with probability `corruption`; test labels stay true.
Data make_task(const Data& data, double corruption, Pixels pixels);

graphc::Dataset as_dataset(const Images& images);
