// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public header of the front end: a model file becomes a Model, through the same builder that C++ programs use.
#pragma once

#include "ir/builder.h"

namespace graphc {

// A value that the file may give, and where it does.
template <class T>
struct Setting : std::optional<T> {
  Place place = {};
  void set(T value, const Place& at) { this->emplace(std::move(value)), place = at; }
};

// A call of the train section, such as schedule cosine(warmup: 2). Which there are, and what they take, is the trainer's to know.
struct SettingCall {
  using Value = std::variant<double, bool, std::string, std::vector<double>>;  // a name that is no let is a std::string
  struct Argument {
    std::string name;  // empty: by position
    Place place, value_place;
    Value value;
  };
  std::string name;
  std::vector<Argument> arguments;
};

// The file's `train` section. The command line wins over it, and defaults are the trainer's.
struct TrainingSettings {
  Setting<std::string> data;                     // SPEC of DESIGN 12
  Setting<std::string> test, validation;         // a SPEC,
  Setting<double> test_share, validation_share;  // or a share of the data, inside (0, 1)
  Setting<int64_t> split_seed;                   // 0 .. 2^32 - 1
  Setting<int64_t> batch, epochs, steps;         // at least 1
  Setting<int64_t> seed;                         // 0 .. 2^53
  Setting<bool> shuffle;
  Setting<SettingCall> schedule, early_stopping;
  Setting<std::string> not_finite;  // stop, skip
  Setting<std::string> sampling;                 // epoch, independent, replacement, full
  Setting<std::string> split;                    // random, stratified
};

struct ModelFile {
  Model model;
  TrainingSettings train;
  std::string path, text;
};

// `sets` is what --set gives: it replaces the value of a top-level `let`, else of an optimizer's argument; a name that reaches
// neither is an error. Throws CompileError with up to 10 diagnostics, whose text shows the source lines with carets.
ModelFile read_model(const std::string& path, const std::map<std::string, std::string>& sets = {});
ModelFile parse_model(const std::string& text, const std::string& file_name, const std::map<std::string, std::string>& sets = {});

}  // namespace graphc
