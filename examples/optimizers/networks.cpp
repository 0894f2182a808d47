// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/optimizers/networks.h"

#include <cmath>

using examples::Images;

namespace {

graphc::Tensor pixels(graphc::Builder& b, const Images& images) {
  return b.input("x", {graphc::batch, images.pixels}) * (1 / images.white);
}

void classify(graphc::Builder& b, graphc::Tensor hidden, const graphc::OptimizerCall& optimizer) {
  auto y = b.target("y", graphc::classes(10));
  auto logits = b.dense("logits", hidden, 10);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), optimizer);
}

bool is_small(const Images& images) { return images.pixels < 100; }

// Near enough to normal: the sum of twelve uniform numbers, minus their mean, has variance 1.
graphc::Tensor noise(graphc::Builder& b, int64_t width) {
  graphc::Tensor bits = b.training_bits("noise", {graphc::batch, width, 12});
  graphc::Tensor uniform = cast(bit_and(bits, double(0xFFFFFF)), graphc::DType::f32) * std::ldexp(1.0, -24);
  return reduce_sum(uniform, 2) - 6.0;
}

}  // namespace

graphc::Model logistic_regression(const Images& images, const graphc::OptimizerCall& optimizer) {
  graphc::Builder b("logistic_regression");
  classify(b, pixels(b, images), optimizer);
  return b.finish();
}

graphc::Model two_layers(const Images& images, const graphc::OptimizerCall& optimizer) {
  graphc::Builder b("two_layers");
  auto a = pixels(b, images);
  for (const char* name : {"1", "2"}) {
    std::string number = name;
    auto z = b.layer("dense", "hidden" + number, {{a}, {{"units", is_small(images) ? 64 : 256}}, {{"weight", {"he_uniform"}}}});
    a = b.dropout("dropout" + number, relu(z), 0.5);
  }
  classify(b, a, optimizer);
  return b.finish();
}

graphc::Model variational_autoencoder(const Images& images, const graphc::OptimizerCall& optimizer) {
  graphc::Builder b("variational_autoencoder");
  int64_t units = is_small(images) ? 32 : 64, width = is_small(images) ? 4 : 16;
  auto x = pixels(b, images);
  auto encoder = softplus(b.dense("encoder", x, units));
  auto mean_of_code = b.dense("mean", encoder, width), log_variance = b.dense("log_variance", encoder, width);
  auto deviation = exp(log_variance * 0.5);
  auto code = b.in_training(mean_of_code + deviation * noise(b, width), mean_of_code);
  auto picture = b.dense("picture", softplus(b.dense("decoder", code, units)), images.pixels);
  // The two terms of the bound (Kingma & Welling 2014, eq. 10).
  auto reconstruction = binary_cross_entropy(picture, x) * double(images.pixels);
  auto square = mean_of_code * mean_of_code, variance = deviation * deviation;
  auto divergence = mean(square + variance - log_variance - 1.0) * (double(width) / 2);
  b.minimize(reconstruction + divergence, optimizer);
  return b.finish();
}
