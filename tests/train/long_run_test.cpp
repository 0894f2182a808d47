// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R21: a long run needs no more memory and no more descriptors than a short one. GRAPHC_LONG_STEPS: 1,000,000 in the long form.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "runtime/train/json_lines.h"
#include "runtime/train/observer.h"
#include "runtime/train/tensorboard.h"
#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

long resident_pages() {
  std::ifstream in("/proc/self/statm");
  long all = 0, resident = 0;
  in >> all >> resident;
  return resident;
}
long descriptors() { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); }

struct Watch : Observer {
  uint64_t steps = 0;
  long pages = 0, open = 0;  // after a tenth of the run
  void step(const StepReport& report) override {
    if (report.run_step == steps / 10) pages = resident_pages(), open = descriptors();
  }
};

}  // namespace

TEST_CASE("a long run: memory stays flat, no descriptor is lost") {
  const char* variable = std::getenv("GRAPHC_LONG_STEPS");
  Watch watch;
  watch.steps = variable ? std::strtoull(variable, nullptr, 10) : 20000;
  graphc_test::Folder folder;
  Dataset data = graphc_test::plane(8000);
  TrainSettings settings;
  settings.steps = watch.steps, settings.batch = 4;  // 2,000 steps an epoch
  settings.epochs = watch.steps;
  settings.validation = &data;
  settings.schedule = Schedule("inverse_time");
  settings.early_stopping = EarlyStopping({{"patience", 1e6}});
  settings.checkpoint = {folder.file("c"), watch.steps / 200, 3};
  std::string failed;
  std::ofstream log(folder.file("l.jsonl"));
  auto lines = make_json_lines(log, 100);
  auto board = make_tensorboard(folder.file("t"), 100, &failed);
  settings.observers = {lines.get(), board.get(), &watch};
  Instance net(&graphc_test::linear_module());
  TrainResult result = train(net, data, settings);
  CHECK(result.steps == watch.steps);
  CHECK(descriptors() == watch.open);
#ifndef GRAPHC_SANITIZE  // it keeps what was freed for a while
  long growth = (resident_pages() - watch.pages) * sysconf(_SC_PAGESIZE);
  CHECK_MESSAGE(growth < (1 << 20), "grew by ", growth, " bytes");
#endif
}
