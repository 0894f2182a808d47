// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ways of optimizers down three surfaces, and why the gradient's sign is not enough where its mean matters: with
// minibatches (Hinton 2012, lecture 6e; the course's slides on adaptive learning rates).
//   example_optimizer_paths [PICTURE.svg] [--short]     nothing is shorter: it all takes a second
#include <cstdio>

#include "examples/optimizer_paths/signs.h"
#include "examples/optimizer_paths/surfaces.h"

namespace {

constexpr double near = 0.001;
constexpr int row_steps = 1000;
constexpr double row_rate = 0.01;

graphc::OptimizerCall of_rows(const char* name, double rho = 0) {
  std::map<std::string, double> numbers{{"learning_rate", row_rate}};
  if (rho > 0) numbers["rho"] = rho;
  return graphc::optimizer(name, numbers);
}

graphc::Panel map_panel(const Surface& surface, const std::vector<Path>& paths) {
  graphc::Panel panel;
  panel.title = std::string(surface.name) + ": paths of " + std::to_string(surface.steps) + " steps", panel.x.title = "x",
  panel.y.title = "y", panel.heat = heat_map(surface);
  for (size_t m = 0; m < paths.size(); ++m)
    panel.series.push_back({methods()[m].name, paths[m].points, methods()[m].mark, methods()[m].color});
  panel.series.push_back({"", {surface.start}, graphc::Mark::circles, "#1f2937"});
  return panel;
}

graphc::Panel loss_panel(const Surface& surface, const std::vector<Path>& paths) {
  graphc::Panel panel;
  panel.title = std::string(surface.name) + ": loss", panel.x.title = "step", panel.y.log = true, panel.y.low = 1e-9;
  for (size_t m = 0; m < paths.size(); ++m) {
    graphc::Series series{methods()[m].name, {}, methods()[m].mark, methods()[m].color};
    for (double loss : paths[m].losses) series.points.push_back({double(series.points.size()), loss});
    panel.series.push_back(series);
  }
  return panel;
}

std::vector<Path> walk_surface(const Surface& surface) {
  std::printf("%s, %d steps: learning rate, loss at the end (largest of the last ten), steps until it is below %g\n",
              surface.name, surface.steps, near);
  std::vector<Path> paths;
  for (const Method& method : methods()) {
    paths.push_back(best_path(surface, method));
    const Path& path = paths.back();
    std::string reached = path.reached(near) ? std::to_string(*path.reached(near)) : "-";
    std::printf("  %-13s %6g %16.9g %5s\n", method.name, path.learning_rate, path.end(), reached.c_str());
  }
  std::printf("\n");
  return paths;
}

graphc::Panel walk_panel(const char* title, Rows rows) {
  struct Case {
    const char* name;
    graphc::OptimizerCall optimizer;
    uint32_t minibatch;
  };
  const Case cases[] = {{"SGD, minibatches of 1", of_rows("sgd"), 1},
                        {"sign SGD, all rows", of_rows("sign_sgd"), 10},
                        {"sign SGD, minibatches of 1", of_rows("sign_sgd"), 1},
                        {"RMSprop, rho 0.9, of 1", of_rows("rmsprop", 0.9), 1},
                        {"RMSprop, rho 0.999, of 1", of_rows("rmsprop", 0.999), 1}};
  graphc::Panel panel;
  panel.title = title, panel.x.title = "step", panel.y.title = "w";
  std::printf("%s: w after %d steps, mean and deviation of the last half\n", title, row_steps);
  for (const Case& one : cases) {
    std::vector<double> weights = walk_rows(rows, one.optimizer, one.minibatch, row_steps);
    End end = end_of(weights);
    std::printf("  %-27s %13.6g %13.6g %13.6g\n", one.name, weights.back(), end.mean, end.deviation);
    graphc::Series series{one.name, {}};
    for (double weight : weights) series.points.push_back({double(series.points.size()), weight});
    panel.series.push_back(series);
  }
  std::printf("\n");
  return panel;
}

graphc::Panel minibatch_panel() {
  graphc::Panel panel;
  panel.title = "Where w stays, against the minibatch", panel.x.title = "rows of a minibatch", panel.x.whole = true,
  panel.y.title = "w";
  graphc::Series sign{"sign SGD", {}, graphc::Mark::line_with_points}, sgd{"SGD", {}, graphc::Mark::line_with_points};
  std::printf("Quadratic rows: mean of w over the last half of %d epochs\n  rows of a minibatch        SGD   sign SGD\n",
              row_steps);
  for (uint32_t minibatch : {1u, 2u, 5u, 10u}) {
    int steps = row_steps * int(10 / minibatch);
    double plain = end_of(walk_rows(Rows::quadratic, of_rows("sgd"), minibatch, steps)).mean;
    double signs = end_of(walk_rows(Rows::quadratic, of_rows("sign_sgd"), minibatch, steps)).mean;
    std::printf("  %19u %10.6f %10.6f\n", minibatch, plain, signs);
    sgd.points.push_back({double(minibatch), plain}), sign.points.push_back({double(minibatch), signs});
  }
  panel.series = {sgd, sign};
  return panel;
}

void run(const examples::Arguments& arguments) {
  examples::print_class_of_numbers(compile(surfaces()[0], methods()[0]));
  graphc::Chart chart{"Ways down", "Learning rates: of 1, 2, 5 times 0.0001 to 1 the one that ends lowest; circle: the start"};
  chart.columns = 3;
  std::vector<graphc::Panel> losses;
  for (const Surface& surface : surfaces()) {
    std::vector<Path> paths = walk_surface(surface);
    chart.panels.push_back(map_panel(surface, paths));
    losses.push_back(loss_panel(surface, paths));
  }
  chart.panels.insert(chart.panels.end(), losses.begin(), losses.end());
  chart.panels.push_back(walk_panel("Linear rows", Rows::linear));
  chart.panels.push_back(walk_panel("Quadratic rows", Rows::quadratic));
  chart.panels.push_back(minibatch_panel());
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
