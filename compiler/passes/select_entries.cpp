// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/passes/select_entries.h"

#include <algorithm>
#include <set>

namespace graphc {

static void check_names(const Module& module, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::string list;
  for (const Graph& entry : module.entries) {
    known.push_back(entry.name);
    list += (list.empty() ? "" : ", ") + entry.name;
  }
  for (const std::string& name : names) {
    if (module.entries.find(name)) continue;
    std::vector<std::string> notes = {"the entries are " + list};
    if (std::string near = nearest(name, known); !near.empty()) notes.insert(notes.begin(), "did you mean " + near + "?");
    throw CompileError(Diagnostic{{}, "entries: " + module.name + " has no entry '" + name + "'", notes});
  }
}

void select_entries(Module& module, const std::vector<std::string>& names) {
  check_names(module, names);
  auto is_kept = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  std::erase_if(module.entries.edit(), [&](const Graph& entry) { return !is_kept(entry.name); });
  std::set<std::string> used;
  for (const Graph& entry : module.entries) {
    if (entry.name == "init") continue;
    std::vector<bool> live = live_values(entry);
    for (ValueId v = 0; v < entry.size(); v++)
      if (live[v] && entry[v].op == Op::variable) used.insert(entry[v].attribute<std::string>(0));
    for (const Update& u : entry.updates) used.insert(u.variable);
  }
  std::vector<std::string> unused;
  for (const Variable& v : module.variables)
    if (!used.count(v.name)) unused.push_back(v.name);
  give_variables(module, unused);
  std::erase_if(module.variables.edit(), [&](const Variable& v) { return !used.count(v.name); });
}

void give_variables(Module& module, const std::vector<std::string>& names) {
  for (Graph& entry : module.entries.edit())
    if (entry.name == "init")
      std::erase_if(entry.updates, [&](const Update& u) { return std::find(names.begin(), names.end(), u.variable) != names.end(); });
}

}  // namespace graphc
