// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PREFIX.hpp: a class over PREFIX.h that owns its memory and checks sizes.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/aot/description.h"
#include "compiler/aot/names.h"

namespace graphc::aot {

namespace {

class Wrapper {
 public:
  explicit Wrapper(const Description& d) : d_(d), p_(d.prefix), P_(upper(d.prefix)), space_(namespace_name(d.prefix)) {}

  std::string run() {
    line("// {0}.hpp: {0}.h for C++20. Made by graphc.\n#pragma once\n", p_);
    line("#include <cstddef>\n#include <memory>\n#include <span>\n#include <stdexcept>\n#include <string>\n\n#include \"{}.h\"\n", p_);
    line("namespace {} {{\n", space_);
    line("// A call that was refused: nothing was written.");
    line("struct Refused : std::runtime_error {{\n  graphc_status status;");
    line("  Refused(const char* call, graphc_status s) : std::runtime_error(std::string(\"{}::\") + call + \": \" + graphc_status_text(s)), status(s) {{}}\n}};\n", space_);
    line("// Owns parameters, state and workspace; copies are deep. Not for two threads at once.\nclass Network {{\n public:");
    constructor();
    line("\n  {0}_params& params() {{ return *params_; }}\n  const {0}_params& params() const {{ return *params_; }}", p_);
    line("  {0}_state& state() {{ return *state_; }}\n  const {0}_state& state() const {{ return *state_; }}", p_);
    line("  // Throws Refused where they are not of this model: call it after reading them from a file.");
    line("  void check() const {{ refuse(\"check\", {}_check(params_.get(), state_.get())); }}", p_);
    line("  // Threads; must outlive the calls. Null: one.\n  void set_hooks(const graphc_hooks* hooks) {{ hooks_ = hooks; }}");
    if (!d_.averages().empty()) line("  // The moving averages of the parameters become the parameters.\n  void average() {{ refuse(\"average\", {}_average(params_.get(), state_.get(), params_.get())); }}", p_);
    for (const Function& f : d_.functions)
      if (f.verb != EntryVerb::init) method(f);
    line("\n private:");
    line("  static graphc_status refuse(const char* call, graphc_status status) {{\n    if (status < 0) throw Refused(call, status);\n    return status;\n  }}");
    line("  static void want(const char* what, std::size_t size, std::size_t wanted) {{");
    line("    if (size != wanted) throw std::invalid_argument(std::string(\"{}::\") + what + \": \" + std::to_string(size) + \" elements, wanted \" + std::to_string(wanted));\n  }}", space_);
    line("  static std::uint32_t rows_of(const char* what, std::size_t size, std::size_t per_row) {{");
    line("    std::size_t rows = size / per_row;\n    want(what, size, rows * per_row);");
    line("    if (rows > {1}_MAX_ROWS) throw std::invalid_argument(std::string(\"{0}::\") + what + \": \" + std::to_string(rows) + \" rows, at most \" + std::to_string({1}_MAX_ROWS));", space_, P_);
    line("    return std::uint32_t(rows);\n  }}\n");
    line("  std::unique_ptr<{0}_params> params_ = std::make_unique<{0}_params>();\n  std::unique_ptr<{0}_state> state_ = std::make_unique<{0}_state>();", p_);
    line("  std::unique_ptr<{0}_workspace> workspace_ = std::make_unique<{0}_workspace>();\n  const graphc_hooks* hooks_ = nullptr;\n}};\n\n}}  // namespace {1}", p_, space_);
    return std::move(text_);
  }

 private:
  template <class... T> void line(fmt::format_string<T...> format, T&&... values) { text_ += fmt::format(format, std::forward<T>(values)...) + "\n"; }

  void constructor() {
    auto init = std::find_if(d_.functions.begin(), d_.functions.end(), [](const Function& f) { return f.verb == EntryVerb::init; });
    if (init != d_.functions.end()) {
      line("  // Begins with init(seed).\n  explicit Network(std::uint64_t seed = 1) {{ init(seed); }}");
      line("  void init(std::uint64_t seed) {{ refuse(\"init\", {}(params_.get(), state_.get(), {}seed)); }}", init->name, init->plan->workspace_bytes ? "workspace_.get(), " : "");
    } else if (d_.has_weights) {
      line("  // Begins with the weights that are in the object.\n  Network() : params_(std::make_unique<{0}_params>({0}_initial_params)), state_(std::make_unique<{0}_state>({0}_initial_state)) {{ check(); }}", p_);
    } else {
      line("  // There is no init in the object: read params and state, then call check().\n  Network() = default;");
    }
    line("  Network(const Network& other) : params_(std::make_unique<{0}_params>(*other.params_)), state_(std::make_unique<{0}_state>(*other.state_)), hooks_(other.hooks_) {{}}", p_);
    line("  Network& operator=(const Network& other) {{\n    *params_ = *other.params_;\n    *state_ = *other.state_;\n    hooks_ = other.hooks_;\n    return *this;\n  }}");
  }

  static bool is_batch(const Type& type) { return type.shape.count().is_batch; }

  void method(const Function& f) {
    std::string arguments, checks, call, rows;
    auto add = [&](const std::string& argument) { arguments += (arguments.empty() ? "" : ", ") + argument; };
    const std::string& name = f.method;
    for (const auto* list : {&f.inputs, &f.outputs})
      for (const Argument& a : *list) {
        if (a.place != Argument::parameter) continue;
        const Field& x = a.field;
        std::string what = fmt::format("\"{}: {}\"", name, x.name);
        uint64_t size = uint64_t(x.type.shape.count().size);
        if (is_batch(x.type) && rows.empty()) checks += fmt::format("    std::uint32_t rows = rows_of({}, {}.size(), {});\n", what, x.name, size), rows = "rows";
        else if (is_batch(x.type)) checks += fmt::format("    want({}, {}.size(), std::size_t{{{}}} * rows);\n", what, x.name, size);
        else checks += fmt::format("    want({}, {}.size(), {});\n", what, x.name, size);
      }
    for (const Argument& a : f.inputs)
      if (a.place == Argument::parameter) add(fmt::format("std::span<const {}> {}", c_type(a.field.type.dtype), a.field.name)), call += ", " + a.field.name + ".data()";
    if (f.verb == EntryVerb::apply && !f.gradients.empty()) add(fmt::format("const {}& gradients", f.gradients)), call += ", &gradients";
    if (rows.empty()) add("std::uint32_t rows");
    call += ", rows";
    bool has_report = !f.report.empty();
    if (!f.hyper.empty()) call += ", hyper";
    if (has_report) call += ", &result.report";
    for (const Argument& a : f.outputs)
      if (a.place == Argument::parameter) add(fmt::format("std::span<{}> {}", c_type(a.field.type.dtype), a.field.name)), call += ", " + a.field.name + ".data()";
    if (f.verb == EntryVerb::grad && !f.gradients.empty()) add(f.gradients + "& gradients"), call += ", &gradients";
    if (!f.hyper.empty()) add(fmt::format("const {}* hyper = nullptr", f.hyper));

    std::string result = name;
    result[0] = char(result[0] >= 'a' && result[0] <= 'z' ? result[0] - 32 : result[0]);
    result = results_.unique(result + "Result");
    line("");
    if (has_report) line("  // status: GRAPHC_OK, or GRAPHC_NOT_FINITE: the loss is reported, nothing was updated.\n  struct {} {{\n    graphc_status status = GRAPHC_OK;\n    {} report = {{}};\n  }};", result, f.report);
    line("  {} {}({}){} {{", has_report ? result : "void", name, arguments, f.updates() ? "" : " const");
    text_ += checks;
    if (has_report) line("    {} result;", result);
    line("    {}refuse(\"{}\", {}(params_.get(), state_.get(), workspace_.get(){}, hooks_));", has_report ? "result.status = " : "", name, f.name, call);
    if (has_report) line("    return result;");
    line("  }}");
  }

  const Description& d_;
  const std::string p_, P_, space_;
  Scope results_;
  std::string text_;
};

}  // namespace

std::string wrapper_text(const Description& d) { return Wrapper(d).run(); }

}  // namespace graphc::aot
