// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "runtime/train/monitor.h"

namespace graphc {
namespace {

constexpr double rounding = 1e-9;  // epochs are sums of steps: 5 may be a little less

double constant(const Call&, const ScheduleTime&) { return 1; }

double step(const Call& c, const ScheduleTime& t) {
  return std::pow(c.number("factor"), std::floor(t.epoch / c.number("every") + rounding));
}

double exponential(const Call& c, const ScheduleTime& t) { return std::pow(c.number("factor"), t.epoch / c.number("every")); }

double inverse_sqrt(const Call&, const ScheduleTime& t) { return 1 / std::sqrt(1 + t.epoch / t.step); }

double inverse_time(const Call& c, const ScheduleTime& t) { return 1 / (1 + c.number("rate") * t.epoch); }

double piecewise(const Call& c, const ScheduleTime& t) {
  const std::vector<double>& at = c.list("at");
  auto passed = static_cast<size_t>(std::upper_bound(at.begin(), at.end(), t.epoch + rounding) - at.begin());
  return passed ? c.list("factor")[passed - 1] : 1;
}
void check_piecewise(const Call& c) {
  const std::vector<double>&at = c.list("at"), &factor = c.list("factor");
  if (at.size() != factor.size())
    throw CallError("piecewise: " + std::to_string(at.size()) + " epochs in at, but " + std::to_string(factor.size()) +
                    " in factor; each epoch needs its factor");
  if (std::adjacent_find(at.begin(), at.end(), std::greater_equal()) != at.end())
    throw CallError("piecewise: the epochs in at must grow");
}

// During the warm-up, from one step's part to 1; behind it, nothing.
std::optional<double> warm_up(const Call& c, const ScheduleTime& t) {
  double epochs = c.number("warmup");
  if (t.epoch + rounding >= epochs) return {};
  return std::min(1.0, (t.epoch + t.step) / epochs);
}

double linear(const Call& c, const ScheduleTime& t) {
  if (auto factor = warm_up(c, t)) return *factor;
  double begin = c.number("warmup"), end = c.number("epochs") > 0 ? c.number("epochs") : t.epochs;
  double part = end > begin ? std::clamp((t.epoch - begin) / (end - begin), 0.0, 1.0) : 1;
  return 1 + (c.number("to") - 1) * part;
}

// The length of cosine's first period, in epochs.
double first_period(const Call& c, const ScheduleTime& t) {
  double rest = std::max(0.0, (c.number("epochs") > 0 ? c.number("epochs") : t.epochs) - c.number("warmup"));
  double periods = 0;  // their sum, in lengths of the first
  for (double i = 0, length = 1; i <= c.number("restarts"); ++i, length *= c.number("growth")) periods += length;
  return rest / periods;
}

double cosine(const Call& c, const ScheduleTime& t) {
  if (auto factor = warm_up(c, t)) return *factor;
  double length = first_period(c, t), since = t.epoch - c.number("warmup");
  for (double i = 0; i < c.number("restarts") && since + rounding >= length; ++i) since -= length, length *= c.number("growth");
  double part = length > 0 ? std::clamp(since / length, 0.0, 1.0) : 1, low = c.number("to");
  return low + (1 - low) * (1 + std::cos(std::numbers::pi * part)) / 2;
}
void check_cosine(const Call& c, const ScheduleTime& t) {
  double restarts = c.number("restarts"), shortest = first_period(c, t) * std::min(1.0, std::pow(c.number("growth"), restarts));
  if (restarts > 0 && !(shortest + rounding >= t.step))
    throw CallError(fmt::format("the shortest of its {} periods is {:.3g} epochs, less than a step ({:.3g}); fewer restarts, or more epochs",
                                restarts + 1, shortest, t.step));
}

double reduce_on_plateau(const Call& c, const ScheduleTime& t) {
  return std::max(c.number("min_factor"), std::pow(c.number("factor"), static_cast<double>(t.drops)));
}
void check_plateau(const Call& c) { Monitor("", c.word("mode"), 0); }

const double tiny = 1e-6, most = 1e6;  // epochs

const CallArgument warmup_argument = {"warmup", 0.0, "epochs in which the rate first rises from 0, linearly", 0, most};
const CallArgument to_argument = {"to", 0.0, "the factor at the end", 0, 1};
const CallArgument epochs_argument = {"epochs", 0.0, "where the end is; 0: at the end of the run", 0, most};

const ScheduleRecord table[] = {
    {{"constant", "The same learning rate throughout: factor 1.", {}}, constant},
    {{"step",
      "Falls every so many epochs: factor^floor(epoch / every).",
      {{"every", 10.0, "epochs from one fall to the next", tiny, most}, {"factor", 0.1, "of the rate, at each fall", 0, 1}}},
     step},
    {{"exponential",
      "Falls with every step: factor^(epoch / every), epoch counted in fractions.",
      {{"factor", 0.95, "of the rate, in `every` epochs", 0, 1}, {"every", 1.0, "epochs in which it falls by factor", tiny, most}}},
     exponential},
    {{"inverse_time",
      "Falls as 1/t: 1 / (1 + rate * epoch), epoch counted in fractions.",
      {{"rate", 1.0, "how much the divisor grows in an epoch", 0, most}}},
     inverse_time},
    {{"inverse_sqrt", "Falls as 1/sqrt(t), t counting the steps from 1 (Kingma & Ba 2015, section 4).", {}}, inverse_sqrt},
    {{"piecewise",
      "Another factor from each of several epochs on; 1 before the first.",
      {{"at", std::vector<double>{}, "the epochs where the factor changes", 0, most},
       {"factor", std::vector<double>{}, "of the first rate, from each of these epochs on", 0, most}}},
     piecewise,
     check_piecewise},
    {{"linear", "Falls in a straight line: 1 + (to - 1) * epoch / epochs.", {to_argument, warmup_argument, epochs_argument}}, linear},
    {{"cosine",
      "Falls as half a cosine: to + (1 - to) * (1 + cos(pi * epoch / length)) / 2. After each restart it begins again at 1, and "
      "falls in a period that is `growth` times longer (Loshchilov and Hutter 2017: SGDR, equation 5; growth is their T_mult). "
      "The periods together fill the epochs behind the warm-up.",
      {warmup_argument,
       {"restarts", 0.0, "how often it begins again", 0, 1000, true},
       {"growth", 1.0, "each period is so much longer than the one before", 0.1, 100},
       to_argument,
       epochs_argument}},
     cosine,
     nullptr,
     check_cosine},
    {{"reduce_on_plateau",
      "Falls when a value of the history has not become better for some epochs: factor^(number of falls), at least min_factor.",
      {{"monitor", std::string(), "the value, such as validation_accuracy; else validation_loss, or train_loss without validation rows"},
       {"factor", 0.1, "of the rate, at each fall", 0, 1},
       {"patience", 10.0, "epochs without a better value before it falls", 1, most, true},
       {"min_delta", 1e-4, "a better value is better by more than this"},
       {"cooldown", 0.0, "epochs after a fall that do not count", 0, most, true},
       {"min_factor", 0.0, "it never falls below this", 0, 1},
       {"mode", std::string("auto"), "min or max: which values are better; auto goes by the value's name"}}},
     reduce_on_plateau,
     check_plateau},
};

const ScheduleRecord& find(const std::string& name) {
  std::vector<std::string> names;
  for (const ScheduleRecord& record : table) {
    if (record.name == name) return record;
    names.emplace_back(record.name);
  }
  throw CallError("no schedule is named \"" + name + "\"" + suggest(name, names));
}

}  // namespace

std::span<const ScheduleRecord> schedules() { return table; }

Schedule::Schedule() : Schedule("constant") {}

Schedule::Schedule(const std::string& name, const std::vector<GivenArgument>& arguments)
    : record_(&find(name)), call_(graphc::bind(*record_, arguments)) {
  if (record_->check) record_->check(call_);
}

void Schedule::check_run(const ScheduleTime& first) const {
  if (record_->check_run) record_->check_run(call_, first);
}

bool Schedule::is_constant() const { return record_->factor == constant; }
bool Schedule::watches() const { return record_->factor == reduce_on_plateau; }

void Schedule::end_epoch(RunState& state, const std::string& monitored, uint64_t epoch, double value) const {
  if (state.plateau.of != monitored) state.drops = state.cooldown = 0;
  bool better = Monitor(monitored, call_.word("mode"), call_.number("min_delta")).update(state.plateau, epoch, value);
  if (state.cooldown) --state.cooldown, state.plateau.waited = 0;
  if (better || static_cast<double>(state.plateau.waited) < call_.number("patience")) return;
  ++state.drops;
  state.plateau.waited = 0;
  state.cooldown = static_cast<uint64_t>(call_.number("cooldown"));
}

}  // namespace graphc
