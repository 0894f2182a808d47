// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/aot/description.h"

#include <algorithm>

#include "compiler/aot/names.h"
#include "compiler/codegen/codegen.h"

namespace graphc::aot {

namespace {

class Describe {
 public:
  Describe(const PlanModule& plan, const std::string& prefix) : m_(plan) {
    d_.prefix = prefix;
    d_.plan = &plan;
  }

  Description run() {
    place_variables();
    for (const Plan& p : m_.plans) function(p);
    return std::move(d_);
  }

 private:
  void place_variables() {
    std::vector<const PlacedVariable*> all;
    for (const PlacedVariable& v : m_.variables) all.push_back(&v);
    std::sort(all.begin(), all.end(), [](auto a, auto b) { return a->offset < b->offset; });
    Scope params{"head", "count", "place"}, state{"head", "count", "place"};  // also behind PREFIX_param_ and PREFIX_state_
    for (const PlacedVariable* v : all) {
      bool in_params = v->region == Region::params;
      Field field = make_field(in_params ? params : state, v->variable->name, v->variable->type);
      field.offset = v->offset;
      field.variable = v->variable;
      (in_params ? d_.params : d_.state).push_back(field);
    }
  }

  Field make_field(Scope& scope, const std::string& name, const Type& type) const {
    return {.name = scope.name(name), .name_in_model = name, .type = type, .count = uint64_t(type.shape.count_at(m_.max_rows))};
  }

  // The struct of `list` with these fields; entries share it. The first one has the plain name, as in digits_report.
  std::string share(std::vector<Struct>& list, const std::string& name, const std::string& entry, std::vector<Field> fields) {
    if (fields.empty()) return "";
    auto same = [&](const Struct& s) {
      return s.fields.size() == fields.size() && std::equal(fields.begin(), fields.end(), s.fields.begin(), [](const Field& a, const Field& b) {
               return a.name == b.name && a.type == b.type && a.value == b.value;
             });
    };
    for (const Struct& s : list)
      if (same(s)) return s.name;
    list.push_back({d_.prefix + "_" + (list.empty() ? name : functions_.name(name + "_" + entry)), std::move(fields)});
    return list.back().name;
  }

  void function(const Plan& p) {
    std::string name = functions_.name(p.entry);
    Function f{.plan = &p, .verb = entry_verb(p.entry), .name = d_.prefix + "_" + name, .symbol = entry_symbol(d_.prefix, p.entry), .method = name};
    // What the function itself calls its arguments.
    Scope arguments({"params", "state", "workspace", "rows", "hyper", "report", "gradients", "hooks", "seed", "inputs", "outputs", "unused",
                     "main", "status", "result", "refuse", "want", "rows_of", "params_", "state_", "workspace_", "hooks_"}, d_.prefix + "_");
    Scope in_report, in_hyper{"size"}, in_gradients;
    std::vector<Field> report, gradients, hypers;
    auto list = [&](const std::vector<uint32_t>& buffers, const std::vector<std::string>& names, std::vector<Argument>& result, bool is_input) {
      for (size_t i = 0; i < buffers.size(); i++) {
        const Type& type = p.buffers[buffers[i]].type;
        Argument a;
        bool passed = f.verb == EntryVerb::apply ? is_input && is_passed(names[i]) : f.verb == EntryVerb::grad && !is_input && is_passed(names[i]);
        if (passed) a.place = Argument::gradients, gradients.push_back(a.field = make_field(in_gradients, names[i], type));
        else if (!is_input && f.verb != EntryVerb::predict && type.shape.rank() == 0) a.place = Argument::report, report.push_back(a.field = make_field(in_report, names[i], type));
        else a.field = make_field(arguments, names[i], type);
        result.push_back(a);
      }
    };
    std::vector<std::string> input_names;
    for (uint32_t b : p.inputs) input_names.push_back(p.buffers[b].name);
    list(p.inputs, input_names, f.inputs, true);
    list(p.outputs, p.output_names, f.outputs, false);
    if (f.verb != EntryVerb::init)
      for (const std::string& name : p.hypers) {
        const HyperParameter& h = *m_.module.hypers.find(name);
        hypers.push_back(make_field(in_hyper, name, Type{h.dtype, {}}));
        hypers.back().value = h.value;
      }
    f.hyper = share(d_.hypers, "hyper", p.entry, hypers);
    f.report = share(d_.reports, "report", p.entry, report);
    // One order for what `grad` gives and `apply` takes.
    auto number = [&](const Field& field) { return m_.module.inputs.find(field.name_in_model); };
    std::sort(gradients.begin(), gradients.end(), [&](const Field& a, const Field& b) { return number(a) < number(b); });
    f.gradients = share(d_.gradients, "gradients", p.entry, gradients);
    d_.functions.push_back(std::move(f));
  }

  // What `grad` gives and `apply` takes.
  static bool is_passed(const std::string& name) { return name.rfind("grad.", 0) == 0 || name.rfind("new.", 0) == 0; }

  const PlanModule& m_;
  Description d_;
  // Behind the prefix, in C and as members of the C++ class.
  Scope functions_{"params", "state", "workspace", "hyper", "hyper_defaults", "report", "gradients", "check", "check_cpu", "average", "initial_params", "initial_state",
                   "param_count", "param_place", "get_param", "set_param", "state_count", "state_place", "get_state", "set_state", "set_hooks", "refuse", "want", "rows_of",
                   "params_", "state_", "workspace_", "hooks_", "Network", "Refused"};
};

}  // namespace

Description describe(const PlanModule& plan, const std::string& prefix) { return Describe(plan, prefix).run(); }

// As Instance::averaged finds them.
std::vector<std::pair<const Field*, const Field*>> Description::averages() const {
  std::vector<std::pair<const Field*, const Field*>> result;
  for (const Field& average : state)
    for (const Field& parameter : params)
      if (average.variable->role == Role::optimizer && average.name_in_model == parameter.name_in_model + ".average") result.push_back({&parameter, &average});
  return average_begun() ? result : decltype(result)();
}

const Field* Description::average_begun() const {
  for (const Field& f : state)
    if (f.name_in_model == "average.begun") return &f;
  return nullptr;
}

const Struct& Description::find(const std::vector<Struct>& list, const std::string& name) const {
  return *std::find_if(list.begin(), list.end(), [&](const Struct& s) { return s.name == name; });
}

const char* c_type(DType dtype) { return dtype == DType::f32 ? "float" : dtype == DType::i32 ? "int32_t" : "uint8_t"; }

std::string shape_text(const Type& type) {
  std::string text;
  for (int a = 0; a < type.shape.rank(); a++) {
    Dim dim = type.shape[a];
    text += "[" + (dim.is_batch ? (dim.size == 1 ? "rows" : std::to_string(dim.size) + " * rows") : std::to_string(dim.size)) + "]";
  }
  return text;
}

}  // namespace graphc::aot
