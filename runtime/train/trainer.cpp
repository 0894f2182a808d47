// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "runtime/train/checkpoint_writer.h"
#include "runtime/train/entry.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/feeder.h"
#include "runtime/train/observer.h"

namespace graphc {

const char* name(Stop stop) {
  constexpr const char* names[] = {"finished", "steps_reached", "not_finite", "interrupted", "early", "by_observer"};
  return names[static_cast<int>(stop)];
}

namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* rate_name = "learning_rate";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
Clock::duration as_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// Of the decimals that are this float, the shortest: 0.1, not 0.10000000149.
double shortest(float value) { return std::strtod(fmt::format("{}", value).c_str(), nullptr); }

class Loop {
 public:
  Loop(Instance& net, const Dataset& dataset, const TrainSettings& settings)
      : net_(net),
        dataset_(dataset),
        settings_(settings),
        entry_(net.entry(settings.step_entry)),
        rate_hyper_(entry_.find_hyper(rate_name)),
        feeder_(dataset, entry_.info(), net.module().max_rows),
        minibatches_(dataset.rows, settings.batch, settings.seed, settings.sampling),
        agreements_(agreements(net, settings, dataset.rows, entry_.metric_names())),
        writer_(net, settings, agreements_, [this](const std::string& text) { warn(text); }) {
    result_.metric_names = entry_.metric_names();
    result_.seed = settings.seed;
    state_.sums = no_sums();
    if (!rate_hyper_ && !settings.schedule.is_constant())
      throw Error("schedule " + settings.schedule.call().text() + ": the step has no learning_rate that it could change");
    try {
      settings.schedule.check_run(first_step());
    } catch (const CallError& error) {
      throw Error("schedule " + settings.schedule.call().text() + ": " + error.what());
    }
    if (rate_hyper_) base_rate_ = entry_.get_hyper(*rate_hyper_);
    std::optional<std::vector<std::string>> of_eval;
    if (settings.validation) of_eval = net.metric_names(settings.eval_entry);
    if (settings.early_stopping) monitored_ = monitored_name(settings.early_stopping->monitor(), result_.metric_names, of_eval);
    if (settings.schedule.watches())
      plateau_ = monitored_name(settings.schedule.call().word("monitor"), result_.metric_names, of_eval);
  }

  TrainResult run() {
    if (!settings_.resume.empty()) resume();
    writer_.open(state_);
    if (net_.needs_fit()) fit(net_, dataset_);
    each([&](Observer& o) {
      o.begin({net_, settings_, dataset_.rows, minibatches_.per_epoch(), result_.steps, result_.metric_names});
    });
    while (go_on() && result_.history.size() < settings_.epochs) epoch();
    if (result_.stop != Stop::not_finite) writer_.finish(state_);
    if (!settings_.schedule.is_constant()) net_.set_hyper(rate_name, base_rate_);
    restore_best();
    if (settings_.test) result_.test = score(*settings_.test);
    each([&](Observer& o) { o.end(result_); });
    return std::move(result_);
  }

 private:
  template <class Action>
  void each(Action action) {
    for (Observer* observer : settings_.observers) action(*observer);
  }
  void warn(const std::string& message) {
    each([&](Observer& o) { o.warning(message); });
  }

  Score no_sums() const { return {0, 0, std::vector<double>(result_.metric_names.size())}; }

  void resume() {
    Found found = newest_checkpoint(settings_.resume, [this](const std::string& text) { warn(text); });
    const RunState& state = found.checkpoint.state;
    auto fits = [&](const Score& score) { return score.metrics.size() == result_.metric_names.size(); };
    bool whole = fits(state.sums) && std::all_of(state.result.history.begin(), state.result.history.end(),
                                                 [&](const EpochRecord& record) { return fits(record.train); });
    apply_checkpoint(found.checkpoint, found.path, agreements_, net_);
    if (!whole) throw Error(found.path + ": error: the checkpoint's history does not fit its list of metrics");
    std::vector<std::string> names = std::move(result_.metric_names);  // they agree
    state_ = std::move(found.checkpoint.state);
    result_.metric_names = std::move(names);
    result_.resumed_at = result_.steps;
    result_.epochs = result_.history.size();
  }

  // Of the averages of the parameters, where the optimizer keeps them.
  Score score(const Dataset& rows) {
    if (!net_.has_averages()) return as_of_step(evaluate(net_, rows, settings_.eval_entry));
    Instance averaged = net_.averaged();
    return as_of_step(evaluate(averaged, rows, settings_.eval_entry));
  }

  // What `eval` says of the loss that is trained, with the metrics in the places that they have in a step: of a model with
  // several losses, `loss` is the first one's, and loss_NAME another's.
  Score as_of_step(const Score& all) {
    const std::vector<std::string>& names = net_.metric_names(settings_.eval_entry);
    auto value = [&](const std::string& name) {
      auto at = std::find(names.begin(), names.end(), name);
      return at == names.end() ? all.loss : all.metrics[static_cast<size_t>(at - names.begin())];
    };
    Score score = {all.rows, value("loss_" + settings_.step_entry), {}};
    for (const std::string& name : validated_metrics(result_.metric_names, names)) score.metrics.push_back(value(name));
    return score;
  }

  // Whether another step is to follow; result_.stop says why not.
  bool go_on() {
    if (result_.stop != Stop::finished) return false;
    if (settings_.interrupt && settings_.interrupt->load(std::memory_order_relaxed))
      result_.stop = Stop::interrupted;
    else if (std::any_of(settings_.observers.begin(), settings_.observers.end(), [](Observer* o) { return o->was_asked_to_stop(); }))
      result_.stop = Stop::by_observer;
    else if (settings_.steps && result_.steps >= *settings_.steps)
      result_.stop = Stop::steps_reached;
    else if (settings_.early_stopping && state_.index == 0 && state_.early_stopping.of == monitored_ &&
             settings_.early_stopping->is_over(state_.early_stopping))
      result_.stop = Stop::early;
    return result_.stop == Stop::finished;
  }

  void epoch() {
    uint64_t steps = minibatches_.per_epoch(), number = result_.history.size();
    result_.epochs = number + 1;
    each([&](Observer& o) { o.begin_epoch(number + 1, settings_.epochs, steps); });
    start_ = Clock::now() - as_duration(state_.seconds);
    for (bool more = state_.index < steps; more;) {
      step(number, steps);
      more = go_on() && state_.index < steps;
      if (more && writer_.is_due(state_)) write_checkpoint();
    }
    state_.seconds = seconds_since(start_);
    // What a run that goes on from here has not done yet does not belong into the checkpoint.
    bool is_whole = state_.index == steps && result_.stop != Stop::interrupted && result_.stop != Stop::not_finite;
    if (!is_whole && result_.stop != Stop::not_finite) writer_.write(state_);
    EpochRecord record{number + 1, state_.index, state_.seconds, state_.sums.mean(), {}, state_.learning_rate};
    if (settings_.validation && (is_whole || result_.stop == Stop::steps_reached || result_.stop == Stop::by_observer))
      record.validation = score(*settings_.validation);
    result_.seconds += record.seconds;
    result_.history.push_back(record);
    state_.index = 0, state_.seconds = 0, state_.sums = no_sums();
    if (is_whole) end_whole_epoch(record);
    each([&](Observer& o) { o.end_epoch(record, settings_.epochs, result_.metric_names); });
  }

  void step(uint64_t number, uint64_t steps) {
    set_rate(number);
    std::span<const uint32_t> rows = minibatches_.get(number, state_.index);
    const void* const* inputs = feeder_.gather(rows);
    auto count = static_cast<uint32_t>(rows.size());
    announce_next(number, steps);  // `rows` ends here
    StepResult step = net_.score(entry_, inputs, count);
    ++result_.steps, ++state_.index;
    if (step.status == GRAPHC_NOT_FINITE)
      survive(step);
    else
      state_.sums.add(step, count);
    each([&](Observer& o) {
      o.step({number + 1, settings_.epochs, state_.index, steps, start_, &state_.sums, &result_.metric_names, result_.steps,
              &step, state_.learning_rate.value_or(0)});
    });
  }

  // While a step computes, the rows of the next one are read.
  void announce_next(uint64_t number, uint64_t steps) {
    if (!feeder_.reads_files()) return;
    uint64_t next = state_.index + 1;
    if (next < steps) feeder_.announce(minibatches_.get(number, next));
    else if (number + 1 < settings_.epochs) feeder_.announce(minibatches_.get(number + 1, 0));
  }

  void set_rate(uint64_t number) {
    if (!rate_hyper_) return;
    if (!settings_.schedule.is_constant()) apply_schedule(number);  // else an observer may set a rate of its own
    auto rate = static_cast<float>(entry_.get_hyper(*rate_hyper_));
    if (rate != rate_ || !state_.learning_rate) state_.learning_rate = shortest(rate);
    rate_ = rate;
  }

  ScheduleTime first_step() const {
    double end = settings_.schedule_epochs.value_or(static_cast<double>(settings_.epochs));
    return {0, 1 / static_cast<double>(minibatches_.per_epoch()), end, 0};
  }

  void apply_schedule(uint64_t number) {
    ScheduleTime time = first_step();
    time.epoch = static_cast<double>(number) + static_cast<double>(state_.index) * time.step;
    time.drops = state_.drops;
    double factor = settings_.schedule.factor(time);
    if (factor != factor_) net_.set_hyper(rate_name, base_rate_ * factor);
    factor_ = factor;
  }

  void survive(const StepResult& step) {
    if (result_.not_finite_steps++ == 0 || settings_.not_finite == NotFinite::stop) {
      result_.not_finite_at = result_.steps;
      result_.not_finite_loss = step.loss;
    }
    if (settings_.not_finite == NotFinite::stop) result_.stop = Stop::not_finite;
  }

  void write_checkpoint() {
    auto before = Clock::now();
    state_.seconds = std::chrono::duration<double>(before - start_).count();
    writer_.write(state_);
    start_ += Clock::now() - before;  // its time is no training time
  }

  void end_whole_epoch(const EpochRecord& record) {
    auto value = [&](const std::string& of) { return monitored_value(of, record, result_.metric_names); };
    if (settings_.schedule.watches()) settings_.schedule.end_epoch(state_, plateau_, record.epoch, value(plateau_));
    if (settings_.early_stopping) {
      bool is_best =
          settings_.early_stopping->end_epoch(state_.early_stopping, monitored_, record.epoch, value(monitored_));
      if (is_best && settings_.early_stopping->restores_best()) state_.best_weights = net_.averaged().weights();
    }
    writer_.end_epoch(state_);
  }

  // At the end of a run that is complete: one that was broken off goes on with the weights it has.
  void restore_best() {
    if (!settings_.early_stopping || state_.early_stopping.of != monitored_) return;
    result_.monitored = monitored_;
    result_.best_epoch = state_.early_stopping.best_epoch;
    result_.best = state_.early_stopping.best;
    bool is_complete = result_.stop != Stop::interrupted && result_.stop != Stop::not_finite;
    if (!is_complete || !settings_.early_stopping->restores_best() || state_.best_weights.empty()) return;
    net_.set_weights(state_.best_weights, "best epoch");
    net_.keep_as_average();
    result_.restored = true;
  }

  Instance& net_;
  const Dataset& dataset_;
  const TrainSettings& settings_;
  Instance::Entry& entry_;
  const graphc_hyper* rate_hyper_;  // the learning rate; null where the step has none
  Feeder feeder_;
  Minibatches minibatches_;
  Agreements agreements_;
  CheckpointWriter writer_;
  RunState state_;
  TrainResult& result_ = state_.result;
  double base_rate_ = 0, factor_ = -1;
  float rate_ = -1;
  std::string monitored_, plateau_;  // by early stopping, by the schedule
  Clock::time_point start_;          // of the epoch
};

}  // namespace

TrainResult train(Instance& net, const Dataset& dataset, const TrainSettings& settings) {
  if (settings.batch == 0 || settings.batch > net.module().max_rows)
    throw Error("the minibatch is " + std::to_string(settings.batch) + " rows, the step was compiled for 1.." +
                std::to_string(net.module().max_rows) + "; compile for a larger batch or choose a smaller one");
  if (settings.epochs == 0) throw Error("epochs: at least one is needed");
  if (settings.steps && *settings.steps == 0) throw Error("steps: at least one is needed");
  for (const auto& [name, value] : settings.hyper) net.set_hyper(name, value);
  return Loop(net, dataset, settings).run();  // checks the data before anything is changed by fitting
}

}  // namespace graphc
