// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of the graphc program. Each declares its options and returns what to do once they have their values; the
// result is the program's exit code. User mistakes are thrown: Error or CompileError.
#pragma once

#include <functional>
#include <span>

#include "compiler/driver/options.h"

namespace graphc::driver {

using Action = std::function<int()>;

struct Command {
  const char* name;
  const char* usage;  // what follows the name
  const char* doc;
  Action (*declare)(Options&);
};
std::span<const Command> commands();

Action declare_train(Options&);
Action declare_eval(Options&);
Action declare_predict(Options&);
Action declare_landscape(Options&);
Action declare_check(Options&);
Action declare_explain(Options&);
Action declare_summary(Options&);
Action declare_help(Options&);
Action declare_compile(Options&);
Action declare_bench(Options&);

}  // namespace graphc::driver
