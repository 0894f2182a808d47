// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc compile: a model with its training as an object and a header; also the forms on its way to machine code, one file each.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "compiler/driver/commands.h"
#include "compiler/driver/session.h"
#include "compiler/object.h"
#include "compiler/pipeline.h"
#include "ir/columns.h"
#include "ir/print.h"
#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc::driver {

namespace {

struct CompileCommandOptions {
  ModelOptions model;
  ObjectOptions object;
  std::string folder, emit = "obj,header,json", entries, relocation;
  std::optional<uint64_t> batch, fixed_batch;
};

struct Forms {
  const ModelFile& file;
  const Object& object;
};

std::string forward_text(const Forms& f) {
  Module module = f.file.model.tables;
  module.entries = {f.file.model.forward};
  return print(module);
}

std::string differentiated_text(const Forms& f) {
  std::string text;
  build_module(f.file.model, {.observe = [&](const std::string& stage, double, const Module& module) {
    if (stage == "attach_optimizer") text = print(module);
  }});
  return text;
}

struct Form {
  const char* name;
  const char* ending;
  std::string (*text)(const Forms&);
};
constexpr Form forms[] = {
    {"obj", ".o", [](const Forms& f) { return f.object.bytes(); }},
    {"header", ".h", [](const Forms& f) { return f.object.header(); }},
    {"json", ".json", [](const Forms& f) { return f.object.memory_map(); }},
    {"hpp", ".hpp", [](const Forms& f) { return f.object.wrapper(); }},
    {"asm", ".s", [](const Forms& f) { return f.object.assembly(); }},
    {"llvm", ".ll", [](const Forms& f) { return f.object.llvm(); }},
    {"graph", ".graph", forward_text},
    {"grad", ".grad", differentiated_text},
    {"plan", ".plan", [](const Forms& f) { return print(f.object.plan()); }},
    {"loops", ".loops", [](const Forms& f) { return loops::print_text(f.object.plan().kernels); }},
};

std::string names_of_forms() {
  std::string names;
  for (const Form& form : forms) names += (names.empty() ? "" : ",") + std::string(form.name);
  return names;
}

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> words;
  std::string rest = list + ",";
  for (size_t comma; (comma = rest.find(',')) != std::string::npos; rest.erase(0, comma + 1)) words.push_back(rest.substr(0, comma));
  return words;
}

std::vector<const Form*> wanted_forms(const std::string& list) {
  std::vector<const Form*> wanted;
  std::vector<std::string> names;
  for (const Form& form : forms) names.emplace_back(form.name);
  for (const std::string& name : split_list(list)) {
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw Error("--emit: '" + name + "' is none of the forms" + hint(name, names));
    wanted.push_back(&forms[found - names.begin()]);
  }
  return wanted;
}

ObjectOptions object_options(const CompileCommandOptions& o, const ModelFile& file) {
  ObjectOptions object = o.object;
  if (o.batch && o.fixed_batch) throw Error("--fixed-batch: --batch is given too; one of them says how many rows a call has");
  object.fixed_rows = o.fixed_batch.has_value();
  object.max_rows = uint32_t(batch_of(file, o.fixed_batch ? o.fixed_batch : o.batch));
  if (!o.entries.empty()) object.entries = split_list(o.entries);
  object.memory_budget = o.model.budget();
  const std::vector<std::string> kinds = {"pic", "static"};
  if (o.relocation == "pic") object.relocation = Relocation::pic;
  else if (o.relocation == "static") object.relocation = Relocation::fixed;
  else if (!o.relocation.empty()) throw Error("--relocation: '" + o.relocation + "' is neither pic nor static" + hint(o.relocation, kinds));
  return object;
}

int run(const CompileCommandOptions& o) {
  auto wanted = wanted_forms(o.emit);
  ModelFile file = o.model.read();
  Object object = compile_object(file.model, object_options(o, file));

  // All are made before the first is written.
  std::vector<std::pair<std::filesystem::path, std::string>> files;
  bool has_header = false;
  for (const Form* form : wanted) {
    files.emplace_back(std::filesystem::path(o.folder) / (object.prefix() + form->ending), form->text({file, object}));
    has_header |= std::string(form->name) == "header";
  }
  std::error_code error;
  std::filesystem::create_directories(o.folder, error);
  if (error) throw Error(o.folder + ": error: the folder cannot be made: " + error.message());
  std::cout << file.model.tables.name << " for " << object.memory_table() << '\n';
  for (const auto& [path, text] : files) {
    write_file(path.string(), text);
    std::cout << fmt::format("{:<40} {:>10} bytes\n", path.string(), grouped(text.size()));
  }
  if (has_header) std::cout << "\nA program to begin with, as main.c:\n" << object.example();
  std::cout << std::flush;
  return 0;
}

}  // namespace

Action declare_compile(Options& options) {
  auto o = std::make_shared<CompileCommandOptions>();
  o->model.declare(options, true);
  options.text("-o", o->folder, "DIR", "where the files go", true);
  options.text("--target", o->object.target, "TRIPLE", "such as aarch64-linux-gnu or thumbv7em-none-eabihf (this machine)");
  options.text("--cpu", o->object.cpu, "NAME", "as LLVM names it, or native: this machine's (else the target's default)");
  options.text("--features", o->object.features, "LIST", "as LLVM names them: +fma,-avx512f");
  options.whole("--batch", o->batch, 1, 1u << 30, "the largest number of rows of a call (else the file's, or 32)");
  options.whole("--fixed-batch", o->fixed_batch, 1, 1u << 30, "every call has this many rows: faster, the same bits");
  options.text("--entries", o->entries, "LIST", "such as init,step or predict; what only others need is left out (all)");
  options.text("--weights", o->object.weights, "FILE", "what init begins with, as read-only data in the object");
  options.text("--name", o->object.prefix, "PREFIX", "of files and functions (the model's name)");
  options.text("--relocation", o->relocation, "KIND", "pic or static (pic where the target can be linked so)");
  options.text("--emit", o->emit, "LIST", ("of " + names_of_forms() + " (" + o->emit + ")").c_str());
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
