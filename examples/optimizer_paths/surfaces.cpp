// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/optimizer_paths/surfaces.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr double half_root = 0.70710678118654752;  // of a turn by 45 degrees

graphc::Tensor bowl(graphc::Tensor x, graphc::Tensor y) { return (x * x + y * y * 50.0) * 0.5; }
graphc::Tensor turned_bowl(graphc::Tensor x, graphc::Tensor y) { return bowl((x + y) * half_root, (y - x) * half_root); }
graphc::Tensor rosenbrock(graphc::Tensor x, graphc::Tensor y) {  // 1960; its minimum is at (1, 1)
  auto along = 1.0 - x, off = y - x * x;
  return along * along + off * off * 100.0;
}

}  // namespace

const std::vector<Surface>& surfaces() {
  // No start lies a whole number of steps from the minimum: sign SGD would end exactly there. The second is the first, turned.
  constexpr double u = -8.53, v = 2.17;
  static const std::vector<Surface> list{
      {"Bowl", bowl, {u, v}, {-10, -4}, {4, 4}, {1, 5, 15, 30, 60, 100, 150, 250, 350}, 100},
      {"Turned bowl",
       turned_bowl,
       {(u - v) * half_root, (u + v) * half_root},
       {-10, -8.5},
       {4, 4},
       {1, 5, 15, 30, 60, 150, 400, 800, 1500},
       100},
      {"Rosenbrock", rosenbrock, {-1.23, 1.07}, {-1.6, -0.6}, {1.6, 1.8}, {0.1, 0.5, 1.5, 4, 10, 30, 100, 300, 700}, 1000}};
  return list;
}

const std::vector<Method>& methods() {
  static const std::vector<Method> list{
      {"SGD", "#111827", graphc::sgd({})},
      {"momentum", "#ea580c", graphc::optimizer("momentum")},
      {"sign SGD", "#15803d", graphc::optimizer("sign_sgd")},
      {"RMSprop", "#c026d3", graphc::optimizer("rmsprop")},
      {"Adam", "#dc2626", graphc::adam({})},
      {"Adam, beta1 0", "#eab308", graphc::adam({.beta1 = 0}), graphc::Mark::dashed},
  };
  return list;
}

graphc::Program compile(const Surface& surface, const Method& method) {
  graphc::Builder b("surface");
  auto point = b.parameter("point", {2}, {"zeros"});
  auto coordinate = [&](int64_t i) { return reshape(slice(point, 0, i, 1), {}); };
  b.minimize(surface.height(coordinate(0), coordinate(1)), method.optimizer);
  return graphc::compile(b, {.max_rows = 1});
}

double Path::end() const {
  if (losses.size() < points.size()) return INFINITY;
  return *std::max_element(losses.end() - 10, losses.end());
}

std::optional<size_t> Path::reached(double loss) const {
  for (size_t i = 0; i < losses.size(); ++i)
    if (losses[i] < loss) return i;
  return std::nullopt;
}

Path walk(const graphc::Program& program, const Surface& surface, double learning_rate) {
  graphc::Instance net = program.instance(1);
  net.set("point", std::vector<float>{float(surface.start.x), float(surface.start.y)});
  net.set_hyper("learning_rate", learning_rate);
  Path path{learning_rate, {}, {}};
  for (int i = 0; i <= surface.steps; ++i) {
    std::vector<float> point = net.get("point");
    path.points.push_back({point[0], point[1]});
    graphc::StepResult result = net.step({}, 1);  // its loss is that before the update
    if (result.status != GRAPHC_OK) break;
    path.losses.push_back(result.loss);
  }
  return path;
}

Path best_path(const Surface& surface, const Method& method) {
  graphc::Program program = compile(surface, method);
  std::optional<Path> best;
  for (double power : {1e-4, 1e-3, 1e-2, 1e-1, 1.0})
    for (double factor : {1, 2, 5}) {
      Path path = walk(program, surface, factor * power);
      if (!best || path.end() < best->end()) best = std::move(path);
    }
  return *best;
}

graphc::HeatMap heat_map(const Surface& surface) {
  graphc::Program program = compile(surface, methods()[0]);
  graphc::Instance net = program.instance(1);
  auto height = [&](double x, double y) {
    net.set("point", std::vector<float>{float(x), float(y)});
    return net.eval({}, 1).loss;
  };
  graphc::HeatMap heat = graphc::sample_surface(height, surface.lowest, surface.highest, 141, 101);
  for (double& value : heat.values) value = std::max(value, surface.levels[0] / 10);  // the colours end there, not at log 0
  heat.levels = surface.levels, heat.log = true;
  return heat;
}
