// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The trained autoencoder beside principal components: test errors, and reconstructions as a picture.
//   example_autoencoder MODEL.gc WEIGHTS.safetensors TRAIN-IMAGES TEST-IMAGES OUT.svg
// Without arguments: checks the components on points whose plane is known.
#include <graphc.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>

#include "compiler/frontend/model_file.h"
#include "examples/autoencoder/pca.h"
#include "runtime/train/dataset.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/svg.h"

namespace {

constexpr size_t side = 28, width = side * side, shown = 12;

std::vector<double> pixels_of(const graphc::Dataset& data) {
  graphc::StoredTensor column = load(*data.find("x"));
  std::vector<double> pixels;
  for (uint8_t p : column.as<uint8_t>()) pixels.push_back(p / 255.0);
  return pixels;
}

double mean_square(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / double(a.size());
}

void draw(graphc::Svg& svg, graphc::Point corner, std::span<const double> image) {
  constexpr double size = 2.4;
  svg.rect(corner, side * size, side * size, "#000000");
  for (size_t i = 0; i < width; i++) {
    int level = int(std::lround(255 * std::clamp(image[i], 0.0, 1.0)));
    if (level < 8) continue;
    char fill[8];
    std::snprintf(fill, sizeof fill, "#%02x%02x%02x", level, level, level);
    svg.rect({corner.x + double(i % side) * size, corner.y + double(i / side) * size}, size + 0.05, size + 0.05, fill);
  }
}

// Points of a plane in five dimensions: two components rebuild them, one does not.
int check() {
  std::mt19937 random(2);
  auto number = [&] { return double(random()) / 4294967296.0 - 0.5; };
  std::vector<double> points;
  for (int r = 0; r < 200; r++) {
    double a = number(), b = 3 * number();
    for (double x : {1 + a, 2 + b, a - b, 4 * a, 1 - 2 * b}) points.push_back(x);
  }
  double errors[2] = {};
  for (size_t count : {1, 2}) {
    Pca pca = principal_components(points, 5, count);
    for (size_t r = 0; r < 200; r++) {
      std::span<const double> x(points.data() + 5 * r, 5);
      errors[count - 1] += mean_square(pca.rebuild(x), x) / 200;
    }
  }
  std::printf("one component: %.6f, two: %.1e\n", errors[0], errors[1]);
  return errors[0] > 0.01 && errors[1] < 1e-20 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) return check();
  if (count != 6) {
    std::fprintf(stderr, "usage: example_autoencoder MODEL.gc WEIGHTS.safetensors TRAIN-IMAGES TEST-IMAGES OUT.svg\n");
    return 2;
  }
  try {
    graphc::Program program = graphc::compile(graphc::read_model(arguments[1]).model, {.max_rows = 128});
    graphc::Instance net = program.instance();
    net.load(arguments[2]);
    graphc::WantedColumns wanted = graphc::wanted_columns(program.module());
    graphc::Dataset train = graphc::load_dataset(arguments[3], wanted), test = graphc::load_dataset(arguments[4], wanted);
    graphc::StoredTensor rebuilt = predict(net, test, "image"), code = predict(net, test, "features");
    std::vector<double> original = pixels_of(test), by_net(rebuilt.as<float>().begin(), rebuilt.as<float>().end());
    auto components = size_t(code.shape[1]);
    Pca pca = principal_components(pixels_of(train), width, components);
    std::vector<double> by_pca;
    for (size_t r = 0; r < test.rows; r++)
      for (double x : pca.rebuild({original.data() + r * width, width})) by_pca.push_back(x);
    std::printf("test error with %zu numbers an image: autoencoder %.6f, principal components %.6f\n", components,
                mean_square(by_net, original), mean_square(by_pca, original));

    graphc::Svg svg(190 + 75 * shown, 290, "Reconstructions");
    const std::vector<double>* rows[] = {&original, &by_net, &by_pca};
    const char* names[] = {"test image", "autoencoder", "PCA"};
    for (size_t row = 0; row < 3; row++) {
      double y = 30 + 80 * double(row);
      svg.text({24, y + 38}, names[row], 15, "#1f2937");
      for (size_t i = 0; i < shown; i++) draw(svg, {150 + 75 * double(i), y}, {rows[row]->data() + i * width, width});
    }
    std::ofstream(arguments[5]) << svg.finish();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
