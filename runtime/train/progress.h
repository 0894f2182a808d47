// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ways to show a run.
#pragma once

#include <iosfwd>
#include <memory>
#include <string_view>

#include "runtime/train/observer.h"

namespace graphc {

// automatic: bar on a terminal, else line. bar: redrawn at most 20 times a second. line: one line an epoch. json: json_lines.h.
enum class ProgressMode { automatic, bar, line, none, json };
ProgressMode progress_mode(std::string_view name);  // "auto", "bar", "line", "none", "json"; throws Error otherwise

// `out` must outlive it; `terminal` decides what automatic means.
std::unique_ptr<Observer> make_progress(ProgressMode mode, std::ostream& out, bool terminal);

}  // namespace graphc
