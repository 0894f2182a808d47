// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R5: random training graphs. GRAPHC_RANDOM_GRAPHS says how many (200 where it is not set), GRAPHC_RANDOM_FIRST the first seed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "compiler/codegen/codegen.h"
#include "ir/error.h"
#include "tests/compiler/isolated.h"
#include "tests/compiler/same_bits.h"
#include "tests/compiler/shrink.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

namespace {

uint64_t number(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// By turns, because LLVM takes nearly all of the time: the fused form and one of the others or none; a few of the entries.
Checks checks_of(uint64_t seed) {
  constexpr unsigned others[] = {unfused, 0, 0, narrow, 0, 0, plain, 0, 0};
  const std::vector<std::string> entries[] = {{"step", "predict"}, {"grad", "apply"}, {"step", "eval"}};
  return {fused | others[seed % 9], entries[seed / 9 % 3]};
}

// The same mistake up to its numbers: a smaller model must fail for the same reason.
std::string kind_of(const std::string& problem) {
  std::string kind = problem.substr(0, 60);
  kind.resize(std::min(kind.size(), kind.find_first_of("0123456789%")));
  return problem.rfind("bits:", 0) == 0 ? "bits:" : problem.rfind("memory:", 0) == 0 ? "memory:" : kind;
}

std::string problem_of(const RandomModel& m, const Checks& checks, bool* not_finite = nullptr) {
  std::string answer = isolated([&] {
    bool nan = false;
    std::string problem = broken_promise(m, checks, &nan);
    return std::string(nan ? "!" : ".").append(problem);
  }, 120);
  bool came_back = !answer.empty() && (answer[0] == '!' || answer[0] == '.');
  if (came_back && not_finite) *not_finite = answer[0] == '!';
  return came_back ? answer.substr(1) : answer;
}

}  // namespace

TEST_CASE("random training graphs use every op and composite that has cases") {
  std::map<std::string, int> times;
  for (uint64_t seed = 1; seed <= 200; seed++) {
    Model m = random_model(seed).model;
    Graph& g = m.forward;
    for (const Output& o : m.metrics) g.outputs.push_back(o);
    for (const Minimize& l : m.losses) g.outputs.push_back({"", l.loss});
    auto live = live_values(g);
    for (ValueId v = 0; v < g.size(); v++)
      if (live[v]) times[g[v].op == Op::call ? g.body(g[v]).composite : g[v].def().name]++;
  }
  for (const Subject& s : subjects()) CHECK_MESSAGE(times[s.name] > 0, s.name << " is in none of 200 models");
}

TEST_CASE("random training graphs: evaluator and compiled code agree in bits") {
  describe_target();  // LLVM's tables are made once, before the processes part
  uint64_t first = number("GRAPHC_RANDOM_FIRST", 1), count = number("GRAPHC_RANDOM_GRAPHS", 200), not_finite = 0;
  for (uint64_t seed = first; seed < first + count; seed++) {
    CAPTURE(seed);
    RandomModel m = random_model(seed);
    Checks checks = checks_of(seed);
    bool nan = false;
    std::string problem = problem_of(m, checks, &nan);
    not_finite += nan;
    if (problem.empty()) continue;
    RandomModel small = shrink(m, [&](const RandomModel& s) { return kind_of(problem_of(s, checks)) == kind_of(problem); }, 120);
    FAIL_CHECK("seed " << seed << ": " << problem << "\nmade smaller: " << problem_of(small, checks) << "\n" << text_of(small));
  }
  // A model that reports nothing but NaN compares nothing.
  CHECK_MESSAGE(not_finite <= count / 5 + 1, not_finite << " of " << count << " models have a loss that is not finite");
}
