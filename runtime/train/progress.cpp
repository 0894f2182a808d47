// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>

#include "runtime/train/json_lines.h"

namespace graphc {
namespace {

std::string scores(const Score& mean, const std::vector<std::string>& names, const char* prefix) {
  std::string text = fmt::format(" - {}loss: {:.4f}", prefix, mean.loss);
  for (size_t i = 0; i < names.size() && i < mean.metrics.size(); ++i)
    text += fmt::format(" - {}{}: {:.4f}", prefix, names[i], mean.metrics[i]);
  return text;
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f}s", seconds);
  auto whole = static_cast<uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

std::string per_step(double seconds, uint64_t steps) {
  double each = steps ? seconds / static_cast<double>(steps) : 0;
  if (each < 1e-3) return fmt::format("{:.0f}us/step", each * 1e6);
  return each < 1 ? fmt::format("{:.0f}ms/step", each * 1e3) : fmt::format("{:.1f}s/step", each);
}

class Line : public Observer {
 public:
  explicit Line(std::ostream& out) : out_(out) {}
  void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& names) override {
    out_ << fmt::format("Epoch {}/{} - {} {}", record.epoch, epochs, duration(record.seconds),
                        per_step(record.seconds, record.steps))
         << scores(record.train, names, "");
    if (record.validation) out_ << scores(*record.validation, names, "validation_");
    out_ << std::endl;
  }

 protected:
  std::ostream& out_;
};

class Bar : public Observer {
 public:
  explicit Bar(std::ostream& out) : out_(out) {}
  void begin_epoch(uint64_t epoch, uint64_t epochs, uint64_t steps) override {
    steps_ = steps;
    out_ << "Epoch " << epoch << '/' << epochs << std::endl;
  }
  void step(const StepReport& report) override {
    if (--countdown_ > 0) return;
    auto now = std::chrono::steady_clock::now();
    // Looks at the clock about every 10 ms only, whatever a step takes.
    if (now - looked_ < std::chrono::milliseconds(5)) stride_ = std::min(2 * stride_, int64_t{1} << 16);
    if (now - looked_ > std::chrono::milliseconds(20)) stride_ = 1;
    looked_ = now;
    countdown_ = stride_;
    if (now - drawn_ < std::chrono::milliseconds(50)) return;  // at most 20 times a second
    drawn_ = now;
    draw(report.step, std::chrono::duration<double>(now - report.start).count(), report.sums->mean(), *report.metric_names);
    out_.flush();
  }
  void end_epoch(const EpochRecord& record, uint64_t, const std::vector<std::string>& names) override {
    draw(record.steps, record.seconds, record.train, names);
    if (record.validation) out_ << scores(*record.validation, names, "validation_");
    out_ << std::endl;
  }
  void warning(const std::string&) override { out_ << "\r\x1b[K" << std::flush; }  // room for who prints it

 private:
  std::ostream& out_;
  uint64_t steps_ = 0;
  int64_t countdown_ = 1, stride_ = 1;  // steps
  std::chrono::steady_clock::time_point looked_, drawn_;

  void draw(uint64_t step, double seconds, const Score& mean, const std::vector<std::string>& names) {
    constexpr uint64_t width = 24;
    uint64_t filled = steps_ ? step * width / steps_ : width;
    std::string total = std::to_string(steps_), bar;
    for (uint64_t i = 0; i < width; ++i) bar += i < filled ? "\u2501" : "\u2500";
    out_ << fmt::format("\r\x1b[K{:>{}}/{} {} {} {}", step, total.size(), total, bar, duration(seconds), per_step(seconds, step))
         << scores(mean, names, "");
  }
};

constexpr std::pair<std::string_view, ProgressMode> modes[] = {{"auto", ProgressMode::automatic},
                                                               {"bar", ProgressMode::bar},
                                                               {"line", ProgressMode::line},
                                                               {"none", ProgressMode::none},
                                                               {"json", ProgressMode::json}};

}  // namespace

ProgressMode progress_mode(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [text, mode] : modes) {
    if (text == name) return mode;
    names.emplace_back(text);
  }
  throw Error("progress \"" + std::string(name) + "\" does not exist" + suggest(std::string(name), names));
}

std::unique_ptr<Observer> make_progress(ProgressMode mode, std::ostream& out, bool terminal) {
  if (mode == ProgressMode::automatic) mode = terminal ? ProgressMode::bar : ProgressMode::line;
  switch (mode) {
    case ProgressMode::bar:
      return std::make_unique<Bar>(out);
    case ProgressMode::line:
      return std::make_unique<Line>(out);
    case ProgressMode::json:
      return make_json_lines(out);
    default:
      return std::make_unique<Observer>();
  }
}

}  // namespace graphc
