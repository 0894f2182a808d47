// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/run_state.h"

#include <fmt/format.h>

#include <charconv>
#include <type_traits>

#include "runtime/train/error.h"

namespace graphc {
namespace {

// A field is words with a blank between them. Numbers are written so that they come back exactly; nan and inf are numbers too.
class Writer {
 public:
  template <class T>
  Writer& operator<<(const T& value) {
    text_ += fmt::format("{}{}", text_.empty() ? "" : " ", value);
    return *this;
  }
  Writer& operator<<(const Score& score) {
    *this << score.rows << score.loss << score.metrics.size();
    for (double metric : score.metrics) *this << metric;
    return *this;
  }
  Writer& operator<<(const std::optional<double>& value) { return value ? *this << 1 << *value : *this << 0; }
  Writer& operator<<(const std::optional<Score>& value) { return value ? *this << 1 << *value : *this << 0; }
  // The name may have blanks, and stands last in its field.
  Writer& operator<<(const MonitorState& state) {
    return *this << state.best << state.best_epoch << state.waited << state.of;
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  template <class T>
  Reader& operator>>(T& value) {
    std::string_view word = next();
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || word.empty())
      throw Error("the run's state has \"" + std::string(word.substr(0, 40)) + "\" where a number belongs");
    return *this;
  }
  Reader& operator>>(Score& score) {
    size_t metrics = 0;
    *this >> score.rows >> score.loss >> metrics;
    score.metrics.clear();
    for (size_t i = 0; i < metrics; ++i) *this >> score.metrics.emplace_back();  // no size is trusted before its words are there
    return *this;
  }
  template <class T>
  Reader& operator>>(std::optional<T>& value) {
    int has_value = 0;
    *this >> has_value;
    if (has_value) *this >> value.emplace();
    return *this;
  }
  Reader& operator>>(MonitorState& state) {
    *this >> state.best >> state.best_epoch >> state.waited;
    state.of = text_;
    return *this;
  }
  bool more() const { return !text_.empty(); }

 private:
  std::string_view next() {
    size_t end = std::min(text_.find(' '), text_.size());
    std::string_view word = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return word;
  }

  std::string_view text_;
};

std::string_view field(const Metadata& metadata, const std::string& name) {
  auto found = metadata.find(name);
  if (found == metadata.end()) throw Error("the run's state lacks " + name);
  return found->second;
}

}  // namespace

Metadata to_metadata(const RunState& state) {
  const TrainResult& result = state.result;
  Metadata fields;
  Writer history;
  for (const EpochRecord& record : result.history)
    history << record.epoch << record.steps << record.seconds << record.train << record.validation << record.learning_rate;
  auto add = [&](const char* name, const auto&... values) { fields[name] = (Writer() << ... << values).text(); };
  add("steps", result.steps, result.seconds);
  add("seed", result.seed);
  add("not_finite", result.not_finite_steps, result.not_finite_at, result.not_finite_loss);
  add("epoch", state.index, state.seconds, state.sums, state.learning_rate);
  add("early_stopping", state.early_stopping);
  add("plateau", state.drops, state.cooldown, state.plateau);
  add("best_checkpoint", state.best_checkpoint);
  fields["history"] = history.text();
  return fields;
}

RunState from_metadata(const Metadata& fields) {
  RunState state;
  TrainResult& result = state.result;
  auto read = [&](const char* name, auto&... values) { (Reader(field(fields, name)) >> ... >> values); };
  read("steps", result.steps, result.seconds);
  read("seed", result.seed);
  read("not_finite", result.not_finite_steps, result.not_finite_at, result.not_finite_loss);
  read("epoch", state.index, state.seconds, state.sums, state.learning_rate);
  read("early_stopping", state.early_stopping);
  read("plateau", state.drops, state.cooldown, state.plateau);
  read("best_checkpoint", state.best_checkpoint);
  for (Reader history(field(fields, "history")); history.more();) {
    EpochRecord& record = result.history.emplace_back();
    history >> record.epoch >> record.steps >> record.seconds >> record.train >> record.validation >> record.learning_rate;
  }
  return state;
}

}  // namespace graphc
