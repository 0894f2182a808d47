// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "compiler/driver/report.h"
#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc::driver {

void ModelOptions::declare(Options& options, bool with_freeze) {
  options.argument(path, "MODEL", "the model file");
  options.many("--set", set, "NAME=VALUE", "replaces a let of the file, or an argument of its optimizer");
  options.text("--memory-budget", memory_budget, "BYTES", "of workspace, with KB, MB or GB behind the number: recompute what does not fit");
  if (with_freeze) options.many("--freeze", freeze, "PATTERN", "parameters that stay as they are: a name, a prefix, or with *");
}

uint64_t ModelOptions::budget() const {
  if (memory_budget.empty()) return 0;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(memory_budget.data(), memory_budget.data() + memory_budget.size(), number);
  std::string unit(static_cast<const char*>(end), memory_budget.data() + memory_budget.size());
  const std::pair<const char*, uint64_t> units[] = {{"", 1}, {"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}};
  for (const auto& [name, factor] : units)
    if (error == std::errc() && number && number < uint64_t{1} << 32 && unit == name) return number * factor;
  throw Error(fmt::format("--memory-budget: expected bytes such as 262144, 256KB or 2MB, got {}", memory_budget), ErrorKind::user);
}

void ModelOptions::declare_tune(Options& options) {
  options.flag("--tune", tune, "first search for faster schedules of the matrix products on this machine, some seconds long; they are remembered");
}

CompileOptions ModelOptions::compile_options(uint64_t rows) const {
  return {.max_rows = uint32_t(rows), .memory_budget = budget(), .tune = tune};
}

static void freeze_parameters(Model& model, const std::string& pattern) {
  bool any = false;
  std::vector<std::string> names;
  for (Variable& variable : model.tables.variables.edit()) {
    if (variable.role != Role::parameter) continue;
    names.push_back(variable.name);
    size_t dot = variable.name.rfind('.');
    std::string layer = variable.name.substr(0, dot);
    if (dot != std::string::npos && std::find(names.begin(), names.end(), layer) == names.end()) names.push_back(layer);
    if (matches(pattern, variable.name)) variable.trainable = false, any = true;
  }
  if (!any) throw Error("--freeze " + pattern + ": no parameter matches" + hint(pattern, names));
}

ModelFile ModelOptions::read() const {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : sets()) values[name] = value;
  ModelFile file = read_model(path, values);
  remember_model(path, file.text);
  for (const std::string& pattern : freeze) freeze_parameters(file.model, pattern);
  return file;
}

const Minimize& only_loss(const ModelFile& file) {
  const std::vector<Minimize>& losses = file.model.losses;
  if (losses.empty())
    throw Error(file.path + ": the model minimises nothing; add a line such as: minimize LOSS with sgd(learning_rate: 0.1)");
  if (losses.size() > 1)
    throw Error(file.path + ": the model minimises " + std::to_string(losses.size()) +
                " losses; this command trains one, programs in C++ call each step by its name");
  return losses[0];
}

Compiled compile_model(const ModelFile& file, const CompileOptions& options) {
  auto start = std::chrono::steady_clock::now();
  Compiled result{compile(file.model, options)};
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void compile_entry(const Program& program, const std::string& name) {
  const graphc_entry_info* entry = find_entry(program.module(), name);
  // Compiled first, then refused: it was given nothing to work on.
  if (entry && entry->run(nullptr, nullptr, nullptr, nullptr, nullptr, 0, nullptr, nullptr) == GRAPHC_COMPILE_FAILED)
    throw InternalError("the entry " + name + " could not be compiled");
}

void declare_threads(Options& options, std::optional<uint64_t>& threads) {
  options.whole("--threads", threads, 1, 1024, "threads of a step (1); the same bits for any number");
}

void set_threads(Instance& net, const std::optional<uint64_t>& threads) {
  if (threads) net.set_threads(uint32_t(*threads));
}

uint64_t batch_of(const ModelFile& file, const std::optional<uint64_t>& option) {
  if (option) return *option;
  return file.train.batch ? uint64_t(*file.train.batch) : 32;
}

}  // namespace graphc::driver
