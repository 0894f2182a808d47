// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/overfitting/capacity.h"

namespace {

graphc::Panel panel_against(const std::string& title, const std::string& x) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = x, panel.x.log = true, panel.y.title = "cross-entropy", panel.y.log = true;
  constexpr graphc::Mark mark = graphc::Mark::line_with_points;
  panel.series = {{"training, at the end", {}, mark},
                  {"validation, at the end", {}, mark},
                  {"validation, best epoch", {}, graphc::Mark::dashed}};
  return panel;
}

void add(graphc::Panel& panel, double x, const Runs& runs) {
  panel.series[0].points.push_back({x, mean(runs, [](const Run& run) { return run.train.back(); })});
  panel.series[1].points.push_back({x, mean(runs, [](const Run& run) { return run.validation.back(); })});
  panel.series[2].points.push_back({x, mean(runs, best_validation)});
}

}  // namespace

std::vector<graphc::Panel> measure_capacity(const Data& data, const Length& length, bool is_short) {
  graphc::Panel widths = panel_against("Width of the hidden layer", "units"),
                sizes = panel_against("Number of training images", "images"), epochs;
  epochs.title = "Epoch by epoch", epochs.x.title = "epoch", epochs.y.title = "cross-entropy", epochs.y.log = true,
  epochs.y.low = 0.02;  // lower training losses do not matter

  print_head("hidden units");
  for (int64_t width :
       is_short ? std::vector<int64_t>{2, 64} : std::vector<int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}) {
    Runs runs = train({.width = width}, data, length);
    print(std::to_string(width), runs);
    add(widths, double(width), runs);
    if (width == 2 || width == 8 || width == 512) add_curves(epochs, std::to_string(width) + " units", runs);
  }

  // Every size takes as many steps as the whole of the training rows.
  print_head("\ntraining images");
  auto rows = uint32_t(data.train.rows);
  for (uint32_t part : is_short ? std::vector{4u, 1u} : std::vector{20u, 10u, 5u, 2u, 1u}) {
    Runs runs = train({}, with_fewer_rows(data, rows / part), {length.epochs * part, length.seeds});
    print(std::to_string(rows / part), runs);
    add(sizes, double(rows / part), runs);
  }
  return {widths, epochs, sizes};
}
