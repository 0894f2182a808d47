// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/random_labels/tasks.h"

#include <algorithm>
#include <cmath>

#include "runtime/train/random.h"

namespace {

constexpr uint32_t classes = 10;

template <class Move>
void for_each_image(Images& images, Move move) {
  for (uint64_t row = 0; row < images.rows(); ++row) move(images.pixels.data() + row * images.width());
}

void permute(float* image, const std::vector<uint32_t>& order) {
  std::vector<float> before(image, image + order.size());
  for (size_t i = 0; i < order.size(); ++i) image[i] = before[order[i]];
}

void replace_pixels(Data& data, Pixels pixels) {
  graphc::Twister twister(2);
  auto width = static_cast<uint32_t>(data.train.width());
  std::vector<uint32_t> order = graphc::permutation(twister, width);
  double sum = 0, squares = 0, count = double(data.train.pixels.size());
  for (float pixel : data.train.pixels) sum += double(pixel), squares += double(pixel) * double(pixel);
  double mean = sum / count, deviation = std::sqrt(squares / count - mean * mean);
  graphc::NormalNumbers normal(twister);
  for (Images* images : {&data.train, &data.test})
    for_each_image(*images, [&](float* image) {
      if (pixels == Pixels::random) order = graphc::permutation(twister, width);
      if (pixels == Pixels::gaussian) std::generate_n(image, width, [&] { return float(mean + deviation * normal()); });
      if (pixels == Pixels::random || pixels == Pixels::shuffled) permute(image, order);
    });
}

}  // namespace

Images load_images(const std::string& spec) {
  graphc::Dataset file = graphc::load_dataset(spec);
  graphc::StoredTensor x = graphc::load(*file.find("x"));
  Images images;
  images.labels = graphc::labels_of(file, "y", "random_labels");
  if (x.dtype == GRAPHC_U8)
    images.pixels.assign(x.as<uint8_t>().begin(), x.as<uint8_t>().end());
  else
    images.pixels.assign(x.as<float>().begin(), x.as<float>().end());
  return images;
}

Data synthetic_data(uint64_t train_rows, uint64_t test_rows, uint64_t width) {
  graphc::Twister twister(3);
  graphc::NormalNumbers normal(twister);
  std::vector<double> pictures(classes * width);
  for (double& pixel : pictures) pixel = 128 + 40 * normal();
  auto draw = [&](uint64_t rows) {
    Images images;
    for (uint64_t row = 0; row < rows; ++row) {
      uint64_t label = row % classes;
      images.labels.push_back(int32_t(label));
      for (uint64_t i = 0; i < width; ++i) images.pixels.push_back(float(pictures[label * width + i] + 60 * normal()));
    }
    return images;
  };
  Data data;
  data.train = draw(train_rows);
  data.test = draw(test_rows);
  return data;
}

Data make_task(const Data& data, double corruption, Pixels pixels) {
  Data task = data;
  graphc::Twister twister(1);
  for (int32_t& label : task.train.labels)
    if (graphc::random_uniform(twister) < corruption) label = int32_t(graphc::random_interval(twister, classes - 1));
  if (pixels != Pixels::original) replace_pixels(task, pixels);
  return task;
}

graphc::Dataset as_dataset(const Images& images) {
  graphc::Dataset dataset;
  dataset.add("x", images.pixels, images.rows(), {int64_t(images.width())});
  dataset.add("y", images.labels, images.rows());
  return dataset;
}
