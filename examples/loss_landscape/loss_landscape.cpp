// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Li et al. 2018, "Visualizing the loss landscape of neural nets": the training loss around trained weights, along random
// directions that are normalised filter by filter. Deep nets with and without shortcuts, at three learning rates; small and large
// minibatches.
//   example_loss_landscape [PICTURE.svg] [--short]     beside the picture: PICTURE_*.csv, what its maps and curves show
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "examples/example.h"
#include "examples/loss_landscape/around.h"
#include "examples/loss_landscape/network.h"

namespace {

constexpr double rates[] = {0.05, 0.01, 0.003}, distances[] = {0, 0.125, 0.25, 0.5, 1};
constexpr const char* names[] = {"plain", "residual"};

struct Size {
  std::vector<int> depths;  // in blocks
  int pictured;             // depth of the pictures and of the minibatches' nets
  uint64_t seeds, epochs;
  int directions;
  uint32_t map_points;
};
constexpr uint32_t batch = 32;

struct Seen {
  Lines around;
  double loss, test;  // of the last epoch's minibatches; accuracy
};

Seen look(const Trained& trained, const graphc::DatasetSplit& data, const Size& size) {
  return {lines_around(trained.net, data.train, size.directions), trained.result.history.back().train.loss,
          trained.result.test->metrics[0]};
}

template <class Value>
double median(const std::vector<Seen>& seen, Value value) {
  std::vector<double> values;
  for (const Seen& one : seen) values.push_back(value(one));
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

void print_head() {
  std::printf("%-29s %12s %7s", "", "last epoch", "test");
  for (double distance : distances) std::printf(" %20s", fmt::format("loss, acc. at {:g}", distance).c_str());
  std::printf(" %8s\n", "concave");
}

void print_row(const std::string& name, const std::vector<Seen>& seen) {
  std::printf("%-29s %12.9g %7.4f", name.c_str(), median(seen, [](const Seen& s) { return s.loss; }),
              median(seen, [](const Seen& s) { return s.test; }));
  for (double distance : distances)
    std::printf(" %13.9g %.4f", median(seen, [&](const Seen& s) { return s.around.loss(distance); }),
                median(seen, [&](const Seen& s) { return s.around.accuracy(distance); }));
  std::printf(" %8.4f\n", median(seen, [](const Seen& s) { return s.around.concave(); }));
  std::fflush(stdout);
}

// A pair: the same seed with and without shortcuts.
void print_pairs(const std::vector<Seen>& plain, const std::vector<Seen>& residual) {
  std::printf("  of %zu pairs residual has the lower loss, higher accuracy in   ", plain.size());
  for (double distance : distances) {
    int loss = 0, accuracy = 0;
    for (size_t i = 0; i < plain.size(); ++i) {
      loss += residual[i].around.loss(distance) < plain[i].around.loss(distance);
      accuracy += residual[i].around.accuracy(distance) > plain[i].around.accuracy(distance);
    }
    std::printf("%11d, %d", loss, accuracy);
  }
  std::printf("\n");
}

// Each seed's first line.
void add_curves(graphc::Panel& loss, graphc::Panel& accuracy, const std::vector<Seen>& seen, const std::string& name,
                size_t color) {
  for (size_t i = 0; i < seen.size(); ++i) {
    const graphc::Landscape& line = seen[i].around.lines[0];
    graphc::Series curve{i == 0 ? name : "", {}, graphc::Mark::line, graphc::palette_color(color)};
    graphc::Series share = curve;
    for (size_t at = 0; at < line.at.size(); ++at) {
      curve.points.push_back({line.at[at], line.loss[at]});
      share.points.push_back({line.at[at], line.metrics[0][at]});
    }
    loss.series.push_back(curve), accuracy.series.push_back(share);
  }
}

graphc::Panel line_panel(const std::string& title, const char* y) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = "distance", panel.y.title = y;
  return panel;
}

// Where the chart goes, with another ending.
std::string beside(const examples::Arguments& arguments, const std::string& ending) {
  return arguments.picture.substr(0, arguments.picture.size() - 4) + "_" + ending;
}

// Fills three rows of panels, a column for each rate: maps without and with shortcuts, then curves of the loss and the accuracy.
std::vector<graphc::Panel> compare_shortcuts(const examples::Arguments& arguments, const graphc::DatasetSplit& data,
                                             const Size& size) {
  std::vector<graphc::Panel> maps[2], losses, accuracies;
  for (int depth : size.depths) {
    const graphc::Program programs[] = {compile({depth, false}), compile({depth, true})};
    std::printf("%d hidden layers\n", 2 * depth + 1);
    for (double rate : rates) {
      graphc::Panel loss = line_panel(fmt::format("Loss, learning rate {:g}", rate), "loss");
      graphc::Panel accuracy = line_panel(fmt::format("Accuracy, learning rate {:g}", rate), "accuracy");
      loss.y.log = true;
      std::vector<Seen> seen[2];
      for (size_t residual : {0, 1}) {
        for (uint64_t seed = 1; seed <= size.seeds; ++seed) {
          Trained trained = train(programs[residual], {rate, batch, size.epochs, seed}, data);
          seen[residual].push_back(look(trained, data, size));
          if (depth != size.pictured || seed != 1 || arguments.picture.empty()) continue;
          graphc::Landscape map = map_around(trained.net, data.train, size.map_points);
          maps[residual].push_back(map_panel(map, fmt::format("{}, {:g}", names[residual], rate)));
          std::string file = fmt::format("{}_{:g}_", names[residual], rate);
          graphc::write_landscape(beside(arguments, file + "map.csv"), map, "");
          graphc::write_landscape(beside(arguments, file + "line.csv"), seen[residual].back().around.lines[0], "");
        }
        print_row(fmt::format("  rate {:g}, {}", rate, names[residual]), seen[residual]);
        add_curves(loss, accuracy, seen[residual], names[residual], residual);
      }
      print_pairs(seen[0], seen[1]);
      if (depth == size.pictured) losses.push_back(loss), accuracies.push_back(accuracy);
    }
  }
  std::vector<graphc::Panel> panels;
  for (const std::vector<graphc::Panel>* row : {&maps[0], &maps[1], &losses, &accuracies})
    panels.insert(panels.end(), row->begin(), row->end());
  return panels;
}

std::vector<graphc::Panel> compare_batches(const graphc::DatasetSplit& data, const Size& size) {
  struct Choice {
    uint32_t batch;
    double rate;
  };
  std::vector<graphc::Panel> panels;
  std::printf("\nSmall and large minibatches, residual nets of %d hidden layers\n", 2 * size.pictured + 1);
  for (double decay : {0.0, 5e-4}) {
    graphc::Program program = compile({size.pictured, true, decay});
    graphc::Panel loss = line_panel(fmt::format("Minibatches, weight decay {:g}", decay), "loss"), accuracy;
    loss.y.log = true;
    for (Choice choice : {Choice{16, 0.05}, Choice{512, 0.05}, Choice{512, 0.8}}) {
      std::vector<Seen> seen;
      for (uint64_t seed = 1; seed <= size.seeds; ++seed)
        seen.push_back(look(train(program, {choice.rate, choice.batch, size.epochs, seed}, data), data, size));
      print_row(fmt::format("  decay {:g}, {} at {:g}", decay, choice.batch, choice.rate), seen);
      add_curves(loss, accuracy, seen, fmt::format("{} at {:g}", choice.batch, choice.rate), loss.series.size() / size.seeds);
    }
    panels.push_back(loss);
  }
  return panels;
}

void run(const examples::Arguments& arguments) {
  Size size = arguments.is_short ? Size{{2}, 2, 2, 4, 1, 11} : Size{{4, 10, 20}, 10, 5, 100, 5, 41};
  examples::print_class_of_numbers(compile({1, true}));
  graphc::DatasetSplit data = graphc::split_dataset(graphc::load_dataset("digits"), 0.15, 37);
  std::printf(
      "%d seeds, medians; %d epochs; loss and accuracy of the training rows at a distance, mean of %d directions, both ways\n",
      int(size.seeds), int(size.epochs), size.directions);
  print_head();
  graphc::Chart chart{
      "Loss landscape",
      fmt::format("Training loss of fully connected nets of {} hidden layers on the digits, directions normalised "
                  "filter by filter. Maps: seed 1, lines at 0.01, 0.03, 0.1, 0.3, 1, 2, 3, 4, 6, ...; curves: {} seeds",
                  2 * size.pictured + 1, size.seeds)};
  chart.panels = compare_shortcuts(arguments, data, size);
  for (graphc::Panel& panel : compare_batches(data, size)) chart.panels.push_back(std::move(panel));
  chart.columns = 3, chart.panel_width = 400, chart.panel_height = 360;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
