// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PREFIX.h: types over the C ABI, so that swapped arguments do not compile.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/aot/description.h"
#include "compiler/aot/names.h"
#include "runtime/abi/graphc_abi.h"

namespace graphc::aot {

namespace {

// As C and C++ read it back: the same float.
std::string literal(const Field& field) {
  if (field.type.dtype != DType::f32) return fmt::format("{}", int64_t(field.value));
  std::string text = fmt::format("{}", float(field.value));
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + "f";
}

class Header {
 public:
  explicit Header(const Description& d) : d_(d), m_(*d.plan), p_(d.prefix), P_(upper(d.prefix)) {}

  std::string run() {
    begin();
    numbers();
    region("params", d_.params, m_.params_bytes, "Parameters. Saved with fwrite, checked when they come back.");
    region("state", d_.state, m_.state_bytes, "What training keeps beside the parameters: the optimizer's memory, running statistics.");
    line("/* Scratch: nothing in it outlives a call. */");
    line("typedef struct {0}_workspace {{\n  GRAPHC_ALIGNED unsigned char bytes[{1}_WORKSPACE_BYTES ? {1}_WORKSPACE_BYTES : 64];\n}} {0}_workspace;\n", p_, P_);
    structs();
    line("#ifdef __cplusplus\nextern \"C\" {{\n#endif\n");
    declarations();
    checks();
    average();
    if (!d_.params.empty()) access("param", "params", d_.params);
    if (!d_.state.empty()) access("state", "state", d_.state);
    for (const Function& f : d_.functions) function(f);
    line("#ifdef __cplusplus\n}}\n#endif\n\n#endif /* {}_H */", P_);
    return std::move(text_);
  }

 private:
  template <class... T> void line(fmt::format_string<T...> format, T&&... values) { text_ += fmt::format(format, std::forward<T>(values)...) + "\n"; }

  void begin() {
    line("/* {}.h: the model {} and its training, compiled by graphc. {}.o is all that it needs.\n *", p_, m_.module.name, p_);
    std::string table = memory_table_text(d_);
    for (size_t at = 0, end; at < table.size(); at = end + 1) {
      end = table.find('\n', at);
      std::string row = table.substr(at, end - at);
      text_ += row.empty() ? " *\n" : " * " + row + "\n";
    }
    line(" */\n#ifndef {0}_H\n#define {0}_H\n\n#include <stddef.h>\n", P_);
    line("/* runtime/abi/graphc_abi.h, whole, so that any number of models and that header itself fit into one program. */");
    text_ += abi_header;
    line("\n#if GRAPHC_ABI_VERSION != {}u\n#error \"{}.h was made for another version of graphc_abi.h than the one that was included before it\"\n#endif\n", GRAPHC_ABI_VERSION, p_);
    text_ += R"(#ifndef GRAPHC_ALIGNED
#if defined(__cplusplus)
#define GRAPHC_ALIGNED alignas(64)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define GRAPHC_ALIGNED _Alignas(64)
#elif defined(_MSC_VER)
#define GRAPHC_ALIGNED __declspec(align(64))
#else
#define GRAPHC_ALIGNED __attribute__((aligned(64)))
#endif
#endif

)";
  }

  void numbers() {
    for (const char* fixed : {"FINGERPRINT", "MAX_ROWS", "FUSED_MULTIPLY_ADD", "PARAMS_BYTES", "STATE_BYTES", "WORKSPACE_BYTES", "H"}) macros_.unique(P_ + "_" + fixed);
    line("#define {}_FINGERPRINT UINT64_C(0x{:016x})", P_, m_.fingerprint);
    line("#define {}_MAX_ROWS {}u{}", P_, m_.max_rows, m_.fixed_rows ? " /* and no fewer */" : "");
    line("#define {}_FUSED_MULTIPLY_ADD {} /* the class of its numbers: inside one, all targets give the same bits */", P_, int(m_.target.fma));
    line("#define {}_PARAMS_BYTES {}u", P_, m_.params_bytes);
    line("#define {}_STATE_BYTES {}u", P_, m_.state_bytes);
    line("#define {}_WORKSPACE_BYTES {}u /* of the entry that needs most */", P_, m_.workspace_bytes);
    for (const Function& f : d_.functions) {
      std::string name = P_ + "_" + upper(f.method);
      line("#define {} {}u", macros_.unique(name + "_WORKSPACE_BYTES"), f.plan->workspace_bytes);
      line("#define {} {}u", macros_.unique(name + "_STACK_BYTES"), d_.stack_bytes.at(f.plan->entry));
    }
    line("");
  }

  static std::string member(const Field& f) {
    return fmt::format("{} {}[{}]; /* {}{} */", c_type(f.type.dtype), f.name, f.count, f.name_in_model, shape_text(f.type));
  }

  // The layout is written out: no compiler's padding decides.
  void region(const std::string& what, const std::vector<Field>& fields, uint64_t bytes, const char* doc) {
    line("/* {} */\ntypedef struct {}_{} {{\n  GRAPHC_ALIGNED graphc_head head;", doc, p_, what);
    uint64_t end = sizeof(graphc_head);
    Scope members;
    for (const Field& f : fields) members.unique(f.name);
    auto fill = [&](uint64_t to) {
      if (to > end) line("  unsigned char {}[{}];", members.unique("gap_"), to - end);
    };
    for (const Field& f : fields) {
      fill(f.offset);
      line("  {}", member(f));
      end = f.offset + f.count * uint64_t(graphc::bytes(f.type.dtype));
    }
    fill(bytes);
    line("}} {}_{};", p_, what);
    line("typedef char {0}_{1}_has_its_size[sizeof({0}_{1}) == {2}_{3}_BYTES ? 1 : -1];", p_, what, P_, upper(what));
    for (const Field& f : fields) {
      std::string macro = macros_.unique(P_ + "_" + upper(f.name) + "_OFFSET");
      line("#define {} {}u", macro, f.offset);
      line("typedef char {0}_{1}_{2}_is_in_place[offsetof({0}_{1}, {2}) == {3} ? 1 : -1];", p_, what, f.name, macro);
    }
    line("");
  }

  void structs() {
    for (const Struct& s : d_.hypers) {
      line("/* Numbers of a call. {}_defaults() fills it; a null pointer means the defaults. */", s.name);
      line("typedef struct {} {{\n  uint32_t size; /* sizeof({}) */", s.name, s.name);
      for (const Field& f : s.fields) line("  {} {}; /* {}, by default {} */", c_type(f.type.dtype), f.name, f.name_in_model, literal(f));
      line("}} {};\n", s.name);
      line("static inline {0} {0}_defaults(void) {{\n  {0} hyper;\n  hyper.size = (uint32_t)sizeof hyper;", s.name);
      for (const Field& f : s.fields) line("  hyper.{} = {};", f.name, literal(f));
      line("  return hyper;\n}}\n");
    }
    for (const Struct& s : d_.reports) {
      line("/* Means over the rows of a call. */\ntypedef struct {} {{", s.name);
      for (const Field& f : s.fields) line("  {} {}; /* {} */", c_type(f.type.dtype), f.name, f.name_in_model);
      line("}} {};\n", s.name);
    }
    for (const Struct& s : d_.gradients) {
      line("/* From grad to apply. Machines that share a minibatch average it in between; all members are float. */\ntypedef struct {} {{", s.name);
      for (const Field& f : s.fields) line("  {}", member(f));
      line("}} {};\n", s.name);
    }
  }

  void declarations() {
    for (const Function& f : d_.functions)
      line("extern graphc_status {}(void *params, void *state, void *workspace, const void *const *inputs, void *const *outputs,\n"
           "    uint32_t rows, const void *hyper, const graphc_hooks *hooks);", f.symbol);
    line("\n/* GRAPHC_WRONG_CPU where this machine lacks an instruction set. {}_init and {}_check ask it, the other functions do not. */\nextern graphc_status {}_check_cpu(void);\n", p_, p_, p_);
    if (!d_.has_weights) return;
    line("/* The weights, in read-only memory, where predict and eval can read them; the rest as init leaves it with seed 1. init begins with them. */");
    line("extern const {0}_params {0}_initial_params;\nextern const {0}_state {0}_initial_state;\n", p_);
  }

  void checks() {
    line("/* For what comes back from a file or from flash: GRAPHC_OK, GRAPHC_WRONG_MODEL, or GRAPHC_WRONG_CPU. */");
    line("static inline graphc_status {0}_check(const {0}_params *params, const {0}_state *state) {{", p_);
    line("  graphc_status status = {}_check_cpu();\n  if (status != GRAPHC_OK) return status;\n  if (!params || !state) return GRAPHC_NULL_POINTER;", p_);
    line("  status = graphc_check_head(&params->head, GRAPHC_MAGIC_PARAMS, {}_FINGERPRINT);", P_);
    line("  return status != GRAPHC_OK ? status : graphc_check_head(&state->head, GRAPHC_MAGIC_STATE, {}_FINGERPRINT);\n}}\n", P_);
  }

  // The state's moving averages in the place of the parameters.
  void average() {
    auto averages = d_.averages();
    if (averages.empty()) return;
    line("/* The moving averages of the parameters, for predict and eval, which else use the parameters as they are; those without an average, and\n * all of them before the first step, as they are. */");
    line("static inline graphc_status {0}_average(const {0}_params *params, const {0}_state *state, {0}_params *averaged) {{", p_);
    line("  size_t i;\n  graphc_status status = {}_check(params, state);\n  if (status != GRAPHC_OK) return status;\n  if (!averaged) return GRAPHC_NULL_POINTER;", p_);
    line("  if (averaged != params) *averaged = *params;\n  if (!state->{}[0]) return GRAPHC_OK;", d_.average_begun()->name);
    for (auto [parameter, average] : averages) line("  for (i = 0; i < {}; i++) averaged->{}[i] = state->{}[i];", parameter->count, parameter->name, average->name);
    line("  return GRAPHC_OK;\n}}\n");
  }

  // Variables by number, in their logical layout: dense and row-major.
  void access(const std::string& one, const std::string& all, const std::vector<Field>& fields) {
    line("enum {{");
    for (const Field& f : fields) line("  {}_{}_{}, /* {}: {} {} */", p_, one, f.name, f.name_in_model, c_type(f.type.dtype), shape_text(f.type).empty() ? "[1]" : shape_text(f.type));
    line("  {}_{}_count\n}};\n", p_, one);
    line("/* Where variable `index` lies, from the beginning of {}, and how many bytes it has. */", all);
    line("static inline graphc_status {}_{}_place(uint32_t index, size_t *offset, size_t *bytes) {{", p_, one);
    line("  switch (index) {{");
    for (const Field& f : fields) line("    case {}_{}_{}: *offset = {}u; *bytes = {}u; return GRAPHC_OK;", p_, one, f.name, f.offset, f.count * uint64_t(graphc::bytes(f.type.dtype)));
    line("    default: return GRAPHC_BAD_INDEX;\n  }}\n}}\n");
    for (bool is_get : {true, false}) {
      line("/* Copies variable `index` {}: dense, row-major, of the type that the list above says. */", is_get ? "into `values`" : "from `values`");
      line("static inline graphc_status {0}_{1}_{2}({3}{0}_{4} *{4}, uint32_t index, {5}void *values) {{", p_, is_get ? "get" : "set", one, is_get ? "const " : "", all, is_get ? "" : "const ");
      line("  size_t offset, bytes, i;\n  {1}char *place;\n  {2}char *given = ({2}char *)values;\n  graphc_status status;", p_, is_get ? "const " : "", is_get ? "" : "const ");
      line("  if (!{} || !values) return GRAPHC_NULL_POINTER;", all);
      line("  status = {}_{}_place(index, &offset, &bytes);\n  if (status != GRAPHC_OK) return status;", p_, one);
      line("  place = ({}char *){} + offset;", is_get ? "const " : "", all);
      line("  for (i = 0; i < bytes; i++) {};\n  return GRAPHC_OK;\n}}\n", is_get ? "given[i] = place[i]" : "place[i] = given[i]");
    }
  }

  std::string doc(const Function& f) const {
    switch (f.verb) {
      case EntryVerb::init: return "Fills params and state; the same seed, the same bits.";
      case EntryVerb::step: return "One training step: loss and metrics of these rows, then params and state are updated. GRAPHC_NOT_FINITE: reported, nothing updated.";
      case EntryVerb::grad: return "As step, but the gradients are given and nothing is updated; apply takes them, and both together are step, bit for bit.";
      case EntryVerb::apply: return "Updates params and state by the gradients that grad gave.";
      case EntryVerb::eval: return "Loss and metrics as in prediction; nothing is updated.";
      case EntryVerb::predict: return d_.averages().empty() ? "The outputs of these rows." : "The outputs of these rows. With " + p_ + "_average's params: those of the moving averages.";
    }
    return "";
  }

  void function(const Function& f) {
    std::vector<std::string> arguments;
    const char* constant = f.updates() ? "" : "const ";
    arguments.push_back(fmt::format("{}{}_params *params", constant, p_));
    arguments.push_back(fmt::format("{}{}_state *state", constant, p_));
    bool is_init = f.verb == EntryVerb::init, has_workspace = !is_init || f.plan->workspace_bytes;
    if (has_workspace) arguments.push_back(p_ + "_workspace *workspace");
    for (const Argument& a : f.inputs)
      if (a.place == Argument::parameter) arguments.push_back(fmt::format("const {} *{}", c_type(a.field.type.dtype), a.field.name));
    if (f.verb == EntryVerb::apply && !f.gradients.empty()) arguments.push_back(fmt::format("const {} *gradients", f.gradients));
    if (is_init) arguments.push_back("uint64_t seed");
    else arguments.push_back("uint32_t rows");
    if (!f.hyper.empty()) arguments.push_back(fmt::format("const {} *hyper", f.hyper));
    if (!f.report.empty()) arguments.push_back(f.report + " *report");
    for (const Argument& a : f.outputs)
      if (a.place == Argument::parameter) arguments.push_back(fmt::format("{} *{}", c_type(a.field.type.dtype), a.field.name));
    if (f.verb == EntryVerb::grad && !f.gradients.empty()) arguments.push_back(f.gradients + " *gradients");
    if (!is_init) arguments.push_back("const graphc_hooks *hooks");

    std::string shapes;
    for (const auto* list : {&f.inputs, &f.outputs})
      for (const Argument& a : *list)
        if (a.place == Argument::parameter) {
          const InputSpec* spec = list == &f.inputs ? m_.module.inputs.find(a.field.name_in_model) : nullptr;
          shapes += fmt::format("\n *   {}{}{}", a.field.name, shape_text(a.field.type), spec && spec->classes ? fmt::format(", each in [0, {})", spec->classes) : "");
        }
    std::string null = f.report.empty() ? "" : " report may be null.";
    if (!is_init) null += " hooks: threads, or null.";
    line("/* {}{}{} */", doc(f), null, shapes);
    std::string list;
    for (const std::string& a : arguments) list += (list.empty() ? "" : ",\n    ") + a;
    line("static inline graphc_status {}({}) {{", f.name, list);
    body(f, is_init, has_workspace);
    line("}}\n");
  }

  void body(const Function& f, bool is_init, bool has_workspace) {
    if (is_init) {
      // The entry's hyper struct: its size, then the seed's halves, where any initial value is random.
      line("  uint32_t hyper[{}];", 1 + std::max<size_t>(f.plan->hypers.size(), 2));
      line("  hyper[0] = (uint32_t)sizeof hyper;");
      line("  hyper[1] = hyper[2] = 0;\n  (void)seed;");
      for (size_t h = 0; h < f.plan->hypers.size(); h++) {
        const std::string& name = f.plan->hypers[h];
        line("  hyper[{}] = {};", h + 1, name == "seed_lo" ? "(uint32_t)seed" : name == "seed_hi" ? "(uint32_t)(seed >> 32)" : "0");
      }
      line("  return {}(params, state, {}, NULL, NULL, 1, hyper, NULL);", f.symbol, has_workspace ? "workspace" : "NULL");
      return;
    }
    bool takes = f.verb == EntryVerb::apply && !f.gradients.empty(), gives = f.verb == EntryVerb::grad && !f.gradients.empty();
    if (!f.inputs.empty()) line("  const void *inputs[{}];", f.inputs.size());
    if (!f.outputs.empty()) line("  void *outputs[{}];", f.outputs.size());
    if (!f.report.empty()) line("  {} unused;", f.report);
    if (takes || gives) line("  if (!gradients) return GRAPHC_NULL_POINTER;");
    if (!f.report.empty()) line("  if (!report) report = &unused;");
    for (size_t i = 0; i < f.inputs.size(); i++) line("  inputs[{}] = {};", i, (f.inputs[i].place == Argument::gradients ? "gradients->" : "") + f.inputs[i].field.name);
    for (size_t o = 0; o < f.outputs.size(); o++) {
      const Argument& a = f.outputs[o];
      line("  outputs[{}] = {};", o, (a.place == Argument::report ? "&report->" : a.place == Argument::gradients ? "gradients->" : "") + a.field.name);
    }
    const char* cast = f.updates() ? "" : "(void *)";
    line("  return {0}({1}params, {1}state, workspace, {2}, {3}, rows, {4}, hooks);", f.symbol, cast, f.inputs.empty() ? "NULL" : "inputs", f.outputs.empty() ? "NULL" : "outputs",
         f.hyper.empty() ? "NULL" : "hyper");
  }

  const Description& d_;
  const PlanModule& m_;
  const std::string p_, P_;
  Scope macros_;
  std::string text_;
};

}  // namespace

std::string header_text(const Description& d) { return Header(d).run(); }

}  // namespace graphc::aot
