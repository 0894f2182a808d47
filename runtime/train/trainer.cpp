// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/trainer.h"

#include <chrono>

#include "runtime/train/entry.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/feeder.h"
#include "runtime/train/progress.h"

namespace graphc {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Loop {
 public:
  Loop(Instance& net, const Dataset& dataset, const TrainSettings& settings)
      : net_(net),
        settings_(settings),
        entry_(net.entry(settings.step_entry)),
        feeder_(dataset, entry_.info(), net.module().max_rows),
        minibatches_(dataset.rows, settings.batch, settings.seed, settings.sampling) {
    result_.metric_names = entry_.metric_names();
    result_.seed = settings.seed;
  }

  TrainResult run() {
    bool more = true;
    while (more && result_.epochs < settings_.epochs) {
      EpochRecord record;
      more = epoch(record);
      result_.seconds += record.seconds;
      bool complete = result_.stop == Stop::finished || result_.stop == Stop::steps_reached;
      if (settings_.validation && complete) record.validation = evaluate(net_, *settings_.validation, settings_.eval_entry);
      result_.history.push_back(record);
      if (settings_.progress) settings_.progress->end_epoch(record, settings_.epochs, result_.metric_names);
    }
    if (settings_.test) result_.test = evaluate(net_, *settings_.test, settings_.eval_entry);
    if (settings_.progress) settings_.progress->end(result_);
    return std::move(result_);
  }

 private:
  // False where training ends with this epoch; result_.stop says why.
  bool epoch(EpochRecord& record) {
    uint64_t steps = minibatches_.per_epoch(), number = result_.epochs++;
    record.epoch = number + 1;
    Score sums;
    sums.metrics.resize(result_.metric_names.size());
    if (settings_.progress) settings_.progress->begin_epoch(record.epoch, settings_.epochs, steps);
    auto start = std::chrono::steady_clock::now();
    bool more = true;
    for (uint64_t index = 0; more && index < steps; ++index) {
      std::span<const uint32_t> rows = minibatches_.get(number, index);
      const void* const* inputs = feeder_.gather(rows);
      auto count = static_cast<uint32_t>(rows.size());
      // While this step computes, the rows of the next are read.
      if (feeder_.reads_files() && (index + 1 < steps || result_.epochs < settings_.epochs))
        feeder_.announce(index + 1 < steps ? minibatches_.get(number, index + 1) : minibatches_.get(number + 1, 0));
      StepResult step = net_.score(entry_, inputs, count);
      ++result_.steps;
      ++record.steps;
      if (step.status == GRAPHC_NOT_FINITE)
        more = survive(step);
      else
        sums.add(step, count);
      if (settings_.progress)
        settings_.progress->step({record.epoch, settings_.epochs, index + 1, steps, start, &sums, &result_.metric_names});
      if (more) more = go_on();
    }
    record.seconds = seconds_since(start);
    record.train = sums.mean();
    return more;
  }

  bool survive(const StepResult& step) {
    if (result_.not_finite_steps++ == 0) {
      result_.not_finite_at = result_.steps;
      result_.not_finite_loss = step.loss;
    }
    if (settings_.not_finite == NotFinite::stop) result_.stop = Stop::not_finite;
    return result_.stop != Stop::not_finite;
  }

  bool go_on() {
    if (settings_.interrupt && settings_.interrupt->load(std::memory_order_relaxed))
      result_.stop = Stop::interrupted;
    else if (settings_.steps && result_.steps >= *settings_.steps)
      result_.stop = Stop::steps_reached;
    return result_.stop == Stop::finished;
  }

  Instance& net_;
  const TrainSettings& settings_;
  Instance::Entry& entry_;
  Feeder feeder_;
  Minibatches minibatches_;
  TrainResult result_;
};

}  // namespace

TrainResult train(Instance& net, const Dataset& dataset, const TrainSettings& settings) {
  if (settings.batch == 0 || settings.batch > net.module().max_rows)
    throw Error("the minibatch is " + std::to_string(settings.batch) + " rows, the step was compiled for 1.." +
                std::to_string(net.module().max_rows) + "; compile for a larger batch or choose a smaller one");
  if (settings.epochs == 0) throw Error("epochs: at least one is needed");
  if (settings.steps && *settings.steps == 0) throw Error("steps: at least one is needed");
  for (const auto& [name, value] : settings.hyper) net.set_hyper(name, value);
  Loop loop(net, dataset, settings);  // checks the data before anything is changed by fitting
  if (net.needs_fit()) fit(net, dataset);
  return loop.run();
}

}  // namespace graphc
