// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc compile: the forms of a model on its way to machine code, one file each.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/session.h"
#include "compiler/driver/wrap.h"
#include "compiler/pipeline.h"
#include "ir/print.h"
#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc::driver {

namespace {

struct CompileCommandOptions {
  ModelOptions model;
  std::string folder, target, cpu, features, name, emit = "obj", entries, fixed_batch;
  std::optional<uint64_t> batch;
};

struct Forms {
  const ModelFile& file;
  const PlanModule& plan;
  const std::string& differentiated;  // the module's text
  const std::string& prefix;
};

std::string forward_text(const Forms& f) {
  Module module = f.file.model.tables;
  module.entries = {f.file.model.forward};
  return print(module);
}

struct Form {
  const char* name;
  const char* ending;
  std::string (*text)(const Forms&);
};
constexpr Form forms[] = {
    {"graph", ".graph", forward_text},
    {"grad", ".grad", [](const Forms& f) { return f.differentiated; }},
    {"plan", ".plan", [](const Forms& f) { return print(f.plan); }},
    {"loops", ".loops", [](const Forms& f) { return loops::print_text(f.plan.kernels); }},
    {"llvm", ".ll", [](const Forms& f) { return emit(f.plan, f.prefix, Emit::llvm); }},
    {"asm", ".s", [](const Forms& f) { return emit(f.plan, f.prefix, Emit::assembly); }},
    {"obj", ".o", [](const Forms& f) { return emit(f.plan, f.prefix, Emit::object); }},
};

std::vector<const Form*> wanted_forms(const std::string& list) {
  std::vector<const Form*> wanted;
  std::vector<std::string> names;
  for (const Form& form : forms) names.emplace_back(form.name);
  std::string rest = list + ",";
  for (size_t comma; (comma = rest.find(',')) != std::string::npos; rest.erase(0, comma + 1)) {
    std::string name = rest.substr(0, comma);
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw Error("--emit: '" + name + "' is none of the forms" + hint(name, names));
    wanted.push_back(&forms[found - names.begin()]);
  }
  return wanted;
}

bool is_identifier(const std::string& name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

int run(const CompileCommandOptions& o) {
  auto wanted = wanted_forms(o.emit);
  for (const auto& [option, value] :
       {std::pair{"--entries", &o.entries}, {"--fixed-batch", &o.fixed_batch}})
    if (!value->empty()) throw Error(std::string(option) + " comes with a later version");
  ModelFile file = o.model.read();
  std::string prefix = o.name.empty() ? file.model.tables.name : o.name;
  if (!is_identifier(prefix))
    throw Error("--name: '" + prefix + "' cannot begin the name of a C function; letters, digits and _ can");
  Target target = describe_target(o.target, o.cpu, o.features);
  std::string differentiated;
  auto observe = [&](const std::string& stage, double, const Module& module) {
    if (stage == "attach_optimizer") differentiated = print(module);
  };
  PlanModule plan = build_plan(file.model, target, {.max_rows = uint32_t(batch_of(file, o.batch)), .memory_budget = o.model.budget(), .observe = observe});

  // All are made before the first is written.
  std::vector<std::pair<std::filesystem::path, std::string>> files;
  for (const Form* form : wanted)
    files.emplace_back(std::filesystem::path(o.folder) / (prefix + form->ending),
                       form->text({file, plan, differentiated, prefix}));
  std::error_code error;
  std::filesystem::create_directories(o.folder, error);
  if (error) throw Error(o.folder + ": error: the folder cannot be made: " + error.message());
  std::cout << fmt::format("{} for {}{}{}, up to {} rows\n", file.model.tables.name, target.triple,
                           target.cpu.empty() ? "" : ", ", target.cpu, plan.max_rows);
  for (const auto& [path, text] : files) {
    write_file(path.string(), text);
    std::cout << fmt::format("  {:<40} {:>10} bytes\n", path.string(), grouped(text.size()));
  }
  std::cout << fmt::format("memory of the caller: params {}, state {}, workspace {} bytes\n", grouped(plan.params_bytes),
                           grouped(plan.state_bytes), grouped(plan.workspace_bytes));
  std::cout << "entries, of type graphc_entry (runtime/abi/graphc_abi.h):";
  for (const Plan& entry : plan.plans) std::cout << fmt::format(" {}_entry_{}", prefix, entry.entry);
  std::cout << std::endl;
  return 0;
}

}  // namespace

Action declare_compile(Options& options) {
  auto o = std::make_shared<CompileCommandOptions>();
  o->model.declare(options, true);
  options.text("-o", o->folder, "DIR", "where the files go", true);
  options.text("--target", o->target, "TRIPLE", "such as aarch64-linux-gnu or thumbv7em-none-eabihf (this machine)");
  options.text("--cpu", o->cpu, "NAME", "as LLVM names it, or native: this machine's (else the target's default)");
  options.text("--features", o->features, "LIST", "as LLVM names them: +fma,-avx512f");
  options.whole("--batch", o->batch, 1, 1u << 30, "the largest number of rows of a call (else the file's, or 32)");
  options.text("--name", o->name, "PREFIX", "of files and functions (the model's name)");
  options.text("--emit", o->emit, "LIST", "graph,grad,plan,loops,llvm,asm,obj (obj)");
  options.text("--entries", o->entries, "LIST", "comes with a later version");
  options.text("--fixed-batch", o->fixed_batch, "N", "comes with a later version");
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
