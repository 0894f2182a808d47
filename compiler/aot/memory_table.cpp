// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>

#include "compiler/aot/description.h"
#include "ir/columns.h"

namespace graphc::aot {

std::string memory_table_text(const Description& d) {
  const PlanModule& m = *d.plan;
  std::string text = fmt::format("target {}, {}{}\n", m.target.triple, m.target.cpu, d.features.empty() ? "" : ", " + d.features);
  text += fmt::format("{} rows a call{}\n", m.fixed_rows ? std::to_string(m.max_rows) : fmt::format("1 to {}", m.max_rows), m.target.fma ? "; with fused multiply-add" : "");
  text += "\n" + table({{"memory of the caller", "bytes", ""},
                        {"params", grouped(m.params_bytes), "saved and restored"},
                        {"state", grouped(m.state_bytes), "saved and restored"},
                        {"workspace", grouped(m.workspace_bytes), "scratch, of the entry that needs most"},
                        {"together", grouped(m.params_bytes + m.state_bytes + m.workspace_bytes), ""}},
                       "lr");
  std::vector<std::vector<std::string>> rows = {{"entry", "workspace", "stack at most"}};
  for (const Function& f : d.functions) rows.push_back({f.plan->entry, grouped(f.plan->workspace_bytes), grouped(d.stack_bytes.at(f.plan->entry))});
  text += "\n" + table(rows, "lrr");
  text += fmt::format("\ncode {} bytes, constants {} bytes; undefined symbols: none\n", grouped(d.text_bytes), grouped(d.constant_bytes));
  return text;
}

}  // namespace graphc::aot
