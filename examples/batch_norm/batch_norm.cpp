// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deep nets of sigmoids on the digits with and without batch normalisation: loss, the distribution of what goes into a
// sigmoid while the layers below it learn, its linear regime, and gamma and beta as the identity.
//   example_batch_norm [PICTURE.svg] [--short]     --short: nets of 1 and 3 hidden layers only
#include <algorithm>
#include <cstdio>

#include "examples/batch_norm/gamma_and_beta.h"
#include "examples/batch_norm/network.h"

namespace {

constexpr int looked_at = 3;
constexpr uint64_t epochs = 40;
constexpr Norm norms[] = {Norm::none, Norm::without_affine, Norm::full};
constexpr const char* names[] = {"no batch norm", "without gamma, beta", "batch norm"};

graphc::Panel depth_panel(const std::vector<int>& depths, const graphc::DatasetSplit& data, std::vector<Run>& looked) {
  graphc::Panel panel;
  panel.title = "Training loss after 40 epochs against depth", panel.x.title = "hidden layers", panel.x.whole = true,
  panel.y.log = true;
  std::printf("Training loss of the last epoch, test accuracy\n%-14s", "hidden layers");
  for (const char* name : names) {
    panel.series.push_back({name, {}, graphc::Mark::line_with_points});
    std::printf(" %24s", name);
  }
  for (int depth : depths) {
    std::printf("\n%-14d", depth);
    for (size_t v = 0; v < std::size(norms); ++v) {
      Run run = train(norms[v], depth, epochs, data, depth == looked_at);
      double loss = run.result.history.back().train.loss;
      std::printf(" %16.9g %7.4f", loss, run.result.test->metrics[0]);
      panel.series[v].points.push_back({double(depth), loss});
      if (depth == looked_at) looked.push_back(std::move(run));
    }
  }
  std::printf("\n\n");
  return panel;
}

graphc::Panel loss_panel(const std::vector<Run>& runs) {
  graphc::Panel panel;
  panel.title = "Training loss", panel.x.title = "epoch", panel.y.log = true;
  for (size_t v = 0; v < runs.size(); ++v) {
    graphc::Series series{names[v], {}};
    for (const graphc::EpochRecord& epoch : runs[v].result.history)
      series.points.push_back({double(epoch.epoch), epoch.train.loss});
    panel.series.push_back(series);
  }
  return panel;
}

// Two units' quantiles.
graphc::Panel quantile_panel(const char* title, const Run& run) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = "step", panel.y.title = "into the sigmoid";
  for (size_t unit = 0; unit < 2; ++unit) {
    std::string color = graphc::palette_color(unit);
    graphc::Band band{"", {}, color};
    graphc::Series median{"unit " + std::to_string(unit + 1) + ": median, 15 to 85 %", {}, graphc::Mark::line, color};
    for (const Quantiles& look : run.quantiles[unit]) {
      band.slices.push_back({look.step, look.low, look.high});
      median.points.push_back({look.step, look.median});
    }
    panel.bands.push_back(band);
    panel.series.push_back(median);
  }
  return panel;
}

graphc::Panel histogram_panel(const std::vector<Run>& runs) {
  graphc::Panel panel;
  panel.title = "Into the last layer's sigmoids, at the end", panel.x.title = "input", panel.y.title = "share", panel.x.low = -8,
  panel.x.high = 8;
  for (size_t v = 1; v < runs.size(); ++v) {
    graphc::Bars bars{names[v], {}, graphc::palette_color(v), 0.5};
    for (double left = -8; left < 8; left += 0.5) bars.bars.push_back({left, left + 0.5, 0});
    const std::vector<float>& inputs = runs[v].inputs.back();
    for (float value : inputs)
      if (value >= -8 && value < 8) bars.bars[size_t((value + 8) * 2)].value += 1.0 / double(inputs.size());
    panel.bars.push_back(bars);
  }
  return panel;
}

graphc::Panel threshold_panel(const OneUnit& without, const OneUnit& with) {
  graphc::Panel panel;
  panel.title = "One unit learns x > 0.5", panel.x.title = "x", panel.y.title = "p", panel.y.low = 0, panel.y.high = 1;
  panel.series = {{"target", {{-2, 0}, {0.5, 0}, {0.5, 1}, {2, 1}}, graphc::Mark::dashed, "#9ca3af"},
                  {names[1], without.curve, graphc::Mark::line, graphc::palette_color(1)},
                  {names[2], with.curve, graphc::Mark::line, graphc::palette_color(2)}};
  return panel;
}

void print_looks(const std::vector<Run>& runs) {
  std::printf(
      "%d hidden layers, what goes into a sigmoid of the third, mean over its units: distance of the 15 and 85 %% quantiles\n"
      "at the start, after 2 epochs, at the end; movement of the median in 12 steps, in halves of it, mean over the first 10 "
      "epochs\n",
      looked_at);
  for (size_t v = 0; v < runs.size(); ++v) {
    size_t last = runs[v].quantiles[0].size() - 1;
    double moved = 0;
    for (size_t look = 1; look <= 40; ++look) moved += movement(runs[v], look) / 40;
    std::printf("  %-20s %.4f %.4f %.4f  %.4f\n", names[v], spread(runs[v], 0), spread(runs[v], 8), spread(runs[v], last), moved);
  }
  std::printf("Share of sigmoid(x) that a straight line explains, and share of inputs within -2 .. 2, layer by layer\n");
  for (size_t v = 0; v < runs.size(); ++v) {
    std::printf("  %-20s", names[v]);
    for (const std::vector<float>& inputs : runs[v].inputs) {
      auto within = std::count_if(inputs.begin(), inputs.end(), [](float x) { return x >= -2 && x <= 2; });
      std::printf("  %.4f %.4f", straightness(inputs), double(within) / double(inputs.size()));
    }
    std::printf("\n");
  }
}

void run(const examples::Arguments& arguments) {
  examples::print_class_of_numbers(graphc::compile(network(Norm::full, 1)));
  graphc::DatasetSplit data = graphc::split_dataset(graphc::load_dataset("digits"), 0.15, 37);
  std::vector<Run> runs;
  graphc::Panel depth = depth_panel(arguments.is_short ? std::vector{1, 3} : std::vector{1, 2, 3, 4, 6, 10}, data, runs);
  print_looks(runs);

  OneUnit without = learn_threshold(false), with = learn_threshold(true);
  std::printf("\nOne unit learns x > 0.5: loss, largest input of the sigmoid\n");
  std::printf("  %-20s %.9g %.4f\n  %-20s %.9g %.4f\n", names[1], without.loss, without.steepest, names[2], with.loss,
              with.steepest);
  Identity identity = learn_identity();
  std::printf("\nbatch_norm(x) learns x, of mean %.6g and deviation %.6g: beta %.6g, gamma %.6g, squared error %.9g to %.9g\n",
              identity.mean, identity.deviation, identity.beta, identity.gamma, identity.first_loss, identity.loss);
  SetIdentity set = set_identity(data.train);
  std::printf(
      "gamma = sqrt(var + epsilon), beta = mean: logits up to %.4g differ by at most %.2g from those without batch norm\n",
      set.largest, set.difference);

  graphc::Chart chart{"Batch normalisation",
                      "Hidden layers of 64 sigmoids on the digits, SGD 0.1, minibatches of 32, seed 1; 3 hidden layers where "
                      "nothing else is said"};
  chart.panels = {depth,
                  loss_panel(runs),
                  threshold_panel(without, with),
                  quantile_panel("Third hidden layer without batch norm", runs[0]),
                  quantile_panel("Third hidden layer with batch norm", runs[2]),
                  histogram_panel(runs)};
  chart.columns = 3;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
