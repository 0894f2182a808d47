// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/machine_load.h"

#include <sys/resource.h>
#include <sys/times.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <fstream>

namespace graphc::driver {

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::round(double(usage.ru_maxrss) / 1024 * 10) / 10;
}

double busy_seconds() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double field[8] = {};  // user nice system idle iowait irq softirq steal
  stat >> cpu;
  for (double& f : field) stat >> f;
  double sum = 0;
  for (double f : field) sum += f;
  return (sum - field[3] - field[4]) / double(sysconf(_SC_CLK_TCK));
}

double own_cpu_seconds() {
  tms t{};
  times(&t);
  return double(t.tms_utime + t.tms_stime + t.tms_cutime + t.tms_cstime) / double(sysconf(_SC_CLK_TCK));
}

std::string today() {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &local);
  return text;
}

}  // namespace graphc::driver
