// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/optimizers/bias_correction.h"

#include <cmath>
#include <cstdio>

#include "runtime/train/observer.h"

namespace {

constexpr double rates[] = {1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1}, epsilon = 1e-8;

struct Form {
  const char *name, *record;
  double epsilon;
  graphc::Mark mark;
};
// epsilon is inside of the root in the course's form: its square is as large as the others'.
constexpr Form corrected{"corrected", "adam", epsilon, graphc::Mark::line_with_points},
    uncorrected{"uncorrected", "adam_uncorrected", epsilon, graphc::Mark::dashed},
    course{"constant factors", "adam_course", epsilon*epsilon, graphc::Mark::line_with_points};

graphc::Instance compile(const Data& data, const Form& form, double beta1, double beta2) {
  graphc::OptimizerCall call = graphc::optimizer(form.record, {{"beta1", beta1}, {"beta2", beta2}, {"epsilon", form.epsilon}});
  return graphc::compile(variational_autoencoder(data.images, call), {.max_rows = minibatch}).instance();
}

// The loss against the rate; a run that ends worse than a picture of equal pixels has diverged and is left out.
graphc::Series sweep(const Data& data, const Form& form, double beta1, double beta2, uint64_t epochs) {
  graphc::Instance net = compile(data, form, beta1, beta2);
  graphc::Series series{form.name + std::string(", ") + std::to_string(beta2).substr(0, 6), {}, form.mark};
  std::printf("  %.1f  %-6g  %-16s", beta1, beta2, form.name);
  for (double rate : rates) {
    double loss = train(net, data, rate, epochs, 1).back();
    series.points.push_back({rate, loss < double(data.images.pixels) * std::log(2.0) ? loss : NAN});
    std::printf(" %14.9g", loss);
    std::fflush(stdout);
  }
  std::printf("\n");
  return series;
}

graphc::Panel rate_panel(const std::string& title) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = "learning rate", panel.x.log = true, panel.y.title = "negative bound, nats";
  return panel;
}

// Shows what is near the best.
void set_range(graphc::Panel& panel) {
  double best = INFINITY;
  for (const graphc::Series& series : panel.series)
    for (graphc::Point point : series.points) best = std::fmin(best, point.y);
  panel.y.low = 0.95 * best, panel.y.high = 2 * best;
}

// How far a step moves the decoder's last weights: root mean square, in learning rates.
struct StepLength : graphc::Observer {
  graphc::Instance& net;
  std::vector<float> before;
  graphc::Series& series;

  StepLength(graphc::Instance& net, graphc::Series& series) : net(net), series(series) {}
  void begin(const graphc::RunStart&) override { before = net.get("picture.weight"); }
  void step(const graphc::StepReport& report) override {
    std::vector<float> after = net.get("picture.weight");
    double sum = 0;
    for (size_t i = 0; i < after.size(); ++i) sum += std::pow(double(after[i]) - double(before[i]), 2);
    series.points.push_back({double(report.run_step), std::sqrt(sum / double(after.size())) / net.hyper("learning_rate")});
    before = after;
  }
};

graphc::Panel step_panel(const Data& data, double beta2, uint64_t steps) {
  graphc::Panel panel;
  panel.title = "Length of a step, beta2 0.999", panel.x.title = "step", panel.x.log = true,
  panel.y.title = "root mean square / rate", panel.y.log = true;
  std::printf("Root mean square of a step / learning rate, beta2 %g, rate 0.001: steps 1, 10, 100, ...\n", beta2);
  for (const Form& form : {corrected, uncorrected, course}) {
    graphc::Series series{form.name, {}};
    graphc::Instance net = compile(data, form, 0.9, beta2);
    StepLength length(net, series);
    graphc::TrainSettings settings;
    settings.batch = minibatch, settings.epochs = steps, settings.steps = steps, settings.observers = {&length};
    graphc::train(net, data.parts.train, settings);
    std::printf("  %-16s", form.name);
    for (size_t step = 1; step <= steps; step *= 10) std::printf(" %.4f", series.points[step - 1].y);
    std::printf("\n");
    panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

std::vector<graphc::Panel> correct_bias(const Data& data, bool is_short) {
  const uint64_t epochs = is_short ? 1 : 10;
  const std::vector<double> betas2 = is_short ? std::vector{0.999} : std::vector{0.99, 0.999, 0.9999};
  std::printf("Adam on the autoencoder: negative bound of epoch %d\n  beta1 beta2  %-16s", int(epochs), "");
  for (double rate : rates) std::printf(" %14g", rate);
  std::printf("\n");
  graphc::Panel without_momentum = rate_panel("Autoencoder, beta1 0"), with_momentum = rate_panel("Autoencoder, beta1 0.9"),
                constant = rate_panel("Autoencoder, beta1 0.9, the course's factors");
  for (double beta1 : {0.0, 0.9}) {
    graphc::Panel& panel = beta1 == 0 ? without_momentum : with_momentum;
    for (size_t i = 0; i < betas2.size(); ++i)
      for (const Form& form : {corrected, uncorrected}) {
        panel.series.push_back(sweep(data, form, beta1, betas2[i], epochs));
        panel.series.back().color = graphc::palette_color(i);
      }
  }
  for (size_t i = 0; i < betas2.size(); ++i) {
    constant.series.push_back(sweep(data, course, 0.9, betas2[i], epochs));
    graphc::Series other = with_momentum.series[2 * i + 1];
    other.color = constant.series.back().color = graphc::palette_color(i);
    constant.series.push_back(other);
  }
  std::printf("\n");
  for (graphc::Panel* panel : {&without_momentum, &with_momentum, &constant}) set_range(*panel);
  return {without_momentum, with_momentum, constant, step_panel(data, 0.999, is_short ? 100 : 1000)};
}
