// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc COMMAND ...: finds the command, runs it, and turns what it throws into a message and an exit code (DESIGN 12).
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <new>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/report.h"
#include "ir/error.h"
#include "runtime/train/error.h"

namespace graphc::driver {

static int run(const std::vector<std::string>& arguments) {
  std::string name = arguments.empty() ? "help" : arguments[0];
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") {
    std::cout << "graphc " GRAPHC_VERSION ", LLVM " << llvm_version() << '\n';
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.name);
    if (name != command.name) continue;
    Options options(name);
    Action action = command.declare(options);
    std::vector<std::string> rest(arguments.begin() + !arguments.empty(), arguments.end());
    return options.parse(rest) ? action() : 0;
  }
  throw Error("'" + name + "' is no command" + hint(name, names) + "\nnote: graphc help lists them");
}

static int run_and_report(const std::vector<std::string>& arguments) {
  try {
    int code = run(arguments);
    std::cout.flush();
    if (!std::cout) throw Error("standard output cannot be written", ErrorKind::out_of_resources);
    return code;
  } catch (const CompileError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  } catch (const Error& error) {
    fmt::print(stderr, "graphc: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fputs("graphc: out of memory: a smaller --batch or model needs less\n", stderr);
    return 3;
  } catch (const std::exception& error) {
    report_internal_error(error.what(), arguments);
    return 70;
  }
}

}  // namespace graphc::driver

int main(int count, char** arguments) { return graphc::driver::run_and_report({arguments + 1, arguments + count}); }
