// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/kernel_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ir/columns.h"

namespace graphc::driver {

namespace {

constexpr size_t most_rows = 30, widest_label = 34;

struct Row {
  const KernelTime* first = nullptr;
  size_t count = 0;
  double seconds = 0, least = 0, flops = 0, bytes = 0;

  void add(const Row& other) {
    count += other.count, seconds += other.seconds, least += other.least, flops += other.flops, bytes += other.bytes;
  }
};

double least_seconds(const KernelTime& k, const Roofline& roofline) {
  return roofline.least_seconds(k.flops, double(k.traffic()), k.footprint);
}
std::string bound(const KernelTime& k, const Roofline& roofline) {
  return roofline.bound(k.flops, double(k.traffic()), k.footprint);
}
double sum_of(const std::vector<KernelTime>& kernels) {
  double sum = 0;
  for (const KernelTime& kernel : kernels) sum += kernel.seconds;
  return sum;
}
const char* label_of(const KernelTime& k) { return k.launch->label.empty() ? "copy" : k.launch->label.c_str(); }

// One for each kernel's code, longest first; the last one is all that find no place.
std::vector<Row> rows_of(const std::vector<KernelTime>& kernels, const Roofline& roofline) {
  std::vector<Row> rows;
  for (const KernelTime& k : kernels) {
    auto same = [&](const Row& r) { return r.first->launch->kernel == k.launch->kernel; };
    auto row = std::find_if(rows.begin(), rows.end(), same);
    if (row == rows.end()) row = rows.insert(rows.end(), Row{&k});
    row->add({nullptr, 1, k.seconds, least_seconds(k, roofline), k.flops, double(k.traffic())});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
  if (rows.size() > most_rows) {
    Row others;
    for (size_t i = most_rows - 1; i < rows.size(); i++) others.add(rows[i]);
    rows.resize(most_rows - 1);
    rows.push_back(others);
  }
  return rows;
}

std::string us(double seconds) { return fmt::format("{:.{}f}", seconds * 1e6, seconds < 1e-4 ? 2 : seconds < 1e-2 ? 1 : 0); }
std::string percent(double share) { return fmt::format("{:.0f} %", share * 100); }

}  // namespace

std::string kernel_table(const std::vector<KernelTime>& kernels, const Roofline& roofline) {
  double sum = sum_of(kernels), least = 0;
  std::vector<std::vector<std::string>> cells{
      {"kernel", "", "computes", "us", "share", "GFLOP/s", "bytes", "GB/s", "attained", "of"}};
  for (const Row& r : rows_of(kernels, roofline)) {
    std::string name = r.first ? r.first->explained + " " + r.first->name : "others", label = r.first ? label_of(*r.first) : "";
    if (r.count > 1 && r.first) label += ", ...";
    if (label.size() > widest_label) label = label.substr(0, widest_label - 3) + "...";
    cells.push_back({name, r.count > 1 ? fmt::format("x {}", r.count) : "", label, us(r.seconds), percent(r.seconds / sum),
                     fmt::format("{:.1f}", r.flops / r.seconds / 1e9), grouped(uint64_t(r.bytes)),
                     fmt::format("{:.1f}", r.bytes / r.seconds / 1e9), percent(r.least / r.seconds),
                     r.first ? bound(*r.first, roofline) : ""});
    least += r.least;
  }
  return table(cells, "lrlrrrrrrl") + fmt::format("\n{} kernels take {} us; at the roofline they would take {} us ({})\n",
                                                  kernels.size(), us(sum), us(least), percent(least / sum));
}

std::string roofline_text(const Roofline& roofline) {
  std::string text = fmt::format("roofline of one core: {:.0f} GFLOP/s", roofline.flops / 1e9);
  for (const Roofline::Level& level : roofline.levels) text += fmt::format(", {} {:.0f} GB/s", level.name, level.bandwidth / 1e9);
  return text + "\n";
}

nlohmann::ordered_json kernels_json(const std::vector<KernelTime>& kernels, const Roofline& roofline) {
  auto digits = [](double x, double scale) { return std::round(x * scale) / scale; };
  double sum = sum_of(kernels);
  auto list = nlohmann::ordered_json::array();
  for (const KernelTime& k : kernels)
    list.push_back({{"kernel", k.explained},
                    {"name", k.name},
                    {"label", label_of(k)},
                    {"us", digits(k.seconds * 1e6, 1e3)},
                    {"share", digits(k.seconds / sum, 1e4)},
                    {"flops", uint64_t(k.flops)},
                    {"gflops", digits(k.flops / k.seconds / 1e9, 100)},
                    {"bytes_read", k.read},
                    {"bytes_written", k.written},
                    {"least_us", digits(least_seconds(k, roofline) * 1e6, 1e3)},
                    {"attained", digits(least_seconds(k, roofline) / k.seconds, 1e3)},
                    {"bound", bound(k, roofline)}});
  return list;
}

nlohmann::ordered_json roofline_json(const Roofline& roofline) {
  auto round = [](double x) { return std::round(x / 1e7) / 100; };
  nlohmann::ordered_json levels = nlohmann::ordered_json::array();
  for (const Roofline::Level& level : roofline.levels) {
    levels.push_back({{"name", level.name}, {"gb_per_s", round(level.bandwidth)}});
    if (level.bytes != UINT64_MAX) levels.back()["bytes"] = level.bytes;
  }
  return {{"gflops", round(roofline.flops)}, {"levels", levels}};
}

}  // namespace graphc::driver
