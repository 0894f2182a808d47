// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A main.c to paste: every argument of the first function that trains, else of predict.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/aot/description.h"
#include "compiler/aot/names.h"

namespace graphc::aot {

std::string example_text(const Description& d) {
  const std::string &p = d.prefix, P = upper(p);
  auto find = [&](EntryVerb verb) { return std::find_if(d.functions.begin(), d.functions.end(), [&](const Function& f) { return f.verb == verb; }); };
  auto init = find(EntryVerb::init), f = find(EntryVerb::step);
  if (f == d.functions.end()) f = find(EntryVerb::predict);
  if (f == d.functions.end()) f = find(EntryVerb::eval);
  bool has_call = f != d.functions.end(), has_workspace = has_call || (init != d.functions.end() && init->plan->workspace_bytes);
  std::string text = fmt::format("/* cc main.c {0}.o && ./a.out */\n#include <stdio.h>\n\n#include \"{0}.h\"\n\nstatic {0}_params params;\nstatic {0}_state state;\n", p), call;
  if (has_workspace) text += fmt::format("static {}_workspace workspace;\n", p);
  if (has_call) {
    for (const auto* list : {&f->inputs, &f->outputs}) {
      bool is_input = list == &f->inputs;
      for (const Argument& a : *list)
        if (a.place == Argument::parameter) text += fmt::format("static {} {}[{}]; /* {}{} */\n", c_type(a.field.type.dtype), a.field.name, a.field.count, is_input ? "fill it: " : "", shape_text(a.field.type));
    }
    for (const Argument& a : f->inputs)
      if (a.place == Argument::parameter) call += ", " + a.field.name;
    call += fmt::format(", {}_MAX_ROWS", P);
    if (!f->hyper.empty()) call += ", NULL";
    if (!f->report.empty()) call += ", &report", text += fmt::format("static {} report;\n", f->report);
    for (const Argument& a : f->outputs)
      if (a.place == Argument::parameter) call += ", " + a.field.name;
  }
  text += "\nint main(void) {\n";
  if (init != d.functions.end())
    text += fmt::format("  graphc_status status = {}(&params, &state, {}/*seed*/ 1);\n", init->name, init->plan->workspace_bytes ? "&workspace, " : "");
  else if (d.has_weights) text += fmt::format("  graphc_status status = {0}_check_cpu();\n  params = {0}_initial_params;\n  state = {0}_initial_state;\n", p);
  else text += fmt::format("  graphc_status status = {}_check(&params, &state); /* fill them first */\n", p);
  if (has_call) text += fmt::format("  if (status == GRAPHC_OK) status = {}(&params, &state, &workspace{}, NULL);\n", f->name, call);
  if (has_call && !f->report.empty()) {
    const Field& first = d.find(d.reports, f->report).fields[0];
    text += fmt::format("  printf(\"%s; {} %g\\n\", graphc_status_text(status), (double)report.{});\n", first.name_in_model, first.name);
  } else {
    text += "  printf(\"%s\\n\", graphc_status_text(status));\n";
  }
  return text + "  return status != GRAPHC_OK;\n}\n";
}

}  // namespace graphc::aot
