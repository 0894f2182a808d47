// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/diagnose.h"

#include <mutex>

namespace graphc::frontend {

static std::mutex mutex;
static std::set<std::pair<std::string, uint32_t>> sites;

void refuse(const Place& place, std::string message, std::vector<std::string> notes, SourceLocation site) {
  {
    std::lock_guard lock(mutex);
    sites.emplace(site.file_name(), site.line());
  }
  throw CompileError(Diagnostic{place, std::move(message), std::move(notes)});
}

std::set<std::pair<std::string, uint32_t>> reached_error_sites() {
  std::lock_guard lock(mutex);
  return sites;
}

std::vector<std::string> did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  std::string near = nearest(name, candidates);
  if (near.empty()) return {};
  return {"did you mean " + near + "?"};
}

}  // namespace graphc::frontend
