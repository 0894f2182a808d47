// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/plan.h"

namespace graphc {

const char* name(Region region) {
  static const char* const names[] = {"params", "state", "input", "output", "workspace", "hyper", "constant"};
  return names[size_t(region)];
}

std::vector<bool> forward_values(const Graph& entry) {
  std::vector<bool> forward(entry.size(), false);
  if (entry.loss) forward[*entry.loss] = true;
  for (const Output& o : entry.outputs)
    if (o.name.rfind("grad.", 0) != 0) forward[o.value] = true;  // the entry grad's
  for (ValueId v = ValueId(entry.size()); v-- > 0;)
    if (forward[v])
      for (ValueId o : entry[v].operands) forward[o] = true;
  return forward;
}

const Plan* PlanModule::plan(const std::string& entry) const {
  for (const Plan& p : plans)
    if (p.entry == entry) return &p;
  return nullptr;
}

}  // namespace graphc
