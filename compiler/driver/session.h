// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What several commands begin with: the model file with what the command line changes in it, its compiled program, its data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/driver/options.h"
#include "compiler/frontend/model_file.h"
#include "runtime/train/dataset.h"

namespace graphc::driver {

struct ModelOptions {
  std::string path, memory_budget;
  std::vector<std::string> set, freeze;
  bool tune = false;

  void declare(Options& options, bool with_freeze = false);
  ModelFile read() const;
  Sets sets() const { return parse_sets(set); }
  void declare_tune(Options& options);  // in commands that run what they compile
  uint64_t budget() const;              // --memory-budget in bytes, 0 where it is absent
  CompileOptions compile_options(uint64_t rows) const;
};

// A model that trains one loss; Error where it has none or several.
const Minimize& only_loss(const ModelFile& file);

struct Compiled {
  Program program;
  double seconds = 0;  // until `compile` returned; entries are compiled later
  double seconds_so_far() const { return seconds + program.compile_seconds(); }
};
Compiled compile_model(const ModelFile& file, const CompileOptions& options);
// Entries are compiled when they are first called: this asks now, so that the first step's time is a step's.
void compile_entry(const Program& program, const std::string& entry);

// --threads, in every command that runs steps.
void declare_threads(Options& options, std::optional<uint64_t>& threads);
void set_threads(Instance& net, const std::optional<uint64_t>& threads);

uint64_t batch_of(const ModelFile& file, const std::optional<uint64_t>& option);

struct DataOptions {
  std::string data, validate, test, stream = "auto";
};
// --stream, in every command that reads rows.
void declare_stream(Options& options, std::string& stream);
// What the entry wants; bytes of a file above which its rows are read from it when they are wanted, by --stream.
// The rows of `data`; where it is empty the file's test rows.
Dataset test_rows(const ModelFile& file, const std::string& data, const std::string& stream, const graphc_module& module,
                  const std::vector<std::string>& class_names);
WantedColumns wanted_with(const graphc_module& module, const std::string& entry, const std::string& stream,
                          const std::vector<std::string>& class_names);
struct Data {
  Dataset train;
  std::optional<Dataset> validation, test;
  std::string spec;
  bool is_course_split = false;  // the digits as the course splits them
};
// The model file's data, or the command line's; split as they say. `class_names`: known from training.
Data load_data(const ModelFile& file, const DataOptions& options, const graphc_module& module, const std::string& entry,
               const std::vector<std::string>& class_names = {});
// A SPEC of the model file: a path that does not exist as it is may lie beside the file.
std::string beside_model(const ModelFile& file, const std::string& spec);

// The map of text labels lies in the weights' metadata.
std::map<std::string, std::string> weights_metadata(const std::vector<std::string>& class_names);
std::vector<std::string> class_names_of(const std::map<std::string, std::string>& metadata);

}  // namespace graphc::driver
