// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc bench: the time of a training step, measured as the benchmark suite measures its peers: 20 steps to warm up, then at
// least 30 steps and --seconds, each waited for; then the mean of a run of steps. Behind that, and changing none of it: the
// latency of one row, and the time of each kernel beside what the machine could do.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/batches.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/entry_view.h"
#include "compiler/driver/flops.h"
#include "compiler/driver/kernel_report.h"
#include "compiler/driver/machine_load.h"
#include "compiler/driver/session.h"
#include "compiler/driver/timing.h"
#include "ir/columns.h"
#include "runtime/train/entry.h"
#include "runtime/train/error.h"

namespace graphc::driver {

namespace {

constexpr uint64_t warmup_steps = 20, min_steps = 30;
constexpr double max_seconds = 10;  // of the warm-up and of the steady state

struct BenchOptions {
  ModelOptions model;
  std::string init, batches;
  std::optional<uint64_t> seed, threads, batch;
  double seconds = 2;
  bool json = false, no_kernels = false;
};

class Bench {
 public:
  explicit Bench(const BenchOptions& options) : o_(options) {}

  int run() {
    std::optional<Safetensors> stored;
    if (!o_.batches.empty()) stored = read_safetensors(o_.batches);
    rss_setup_mb_ = peak_rss_mb();

    double start = clock_seconds(), not_counted = 0;
    ModelFile file = o_.model.read();
    const Minimize& loss = only_loss(file);
    uint64_t seed = o_.seed ? *o_.seed : file.train.seed ? uint64_t(*file.train.seed) : 1;
    uint64_t rows = stored && !o_.batch ? rows_of_batches(*stored, file.model.tables, o_.batches) : batch_of(file, o_.batch);
    Compiled compiled = compile_model(file, o_.model.compile_options(rows));
    Instance net = compiled.program.instance(seed);
    set_threads(net, o_.threads);
    double reading = clock_seconds();
    if (!o_.init.empty()) net.load(o_.init);
    entry_ = &net.entry(loss.step);
    batches_ = stored ? Batches(std::move(*stored), entry_->info(), rows, o_.batches) : Batches(entry_->info(), rows, seed);
    not_counted += clock_seconds() - reading;
    net_ = &net;
    rows_ = uint32_t(rows);
    step(0);
    first_call_s_ = clock_seconds() - start - not_counted;
    measure();
    flops_ = matmul_flops(*compiled.program.plan().module.entries.find(loss.step), int64_t(rows));
    rss_mb_ = peak_rss_mb();
    text_bytes_ = compiled.program.text_bytes();
    measure_latency(seed);
    if (!o_.no_kernels) measure_each_kernel(file, seed);
    print(file, compiled);
    return 0;
  }

 private:
  void step(uint64_t number) {
    StepResult result = net_->score(*entry_, batches_.get(number), rows_);
    if (result.status == GRAPHC_NOT_FINITE)
      throw Error(fmt::format("bench: the loss of step {} is {}; a model is timed while it trains", number + 1, result.loss),
                  ErrorKind::training_failed);
    if (number < 3 || number + 1 == warmup_steps) losses_.push_back(result.loss);
  }

  void measure() {
    uint64_t n = 1;
    double start = clock_seconds();
    while (n < warmup_steps) {
      step(n++);
      if (clock_seconds() - start > max_seconds) break;
    }
    times_.reserve(1 << 20);
    double busy = busy_seconds(), own = own_cpu_seconds();
    start = clock_seconds();
    for (double end = start;
         (end - start < o_.seconds || times_.size() < min_steps) && end - start <= std::max(max_seconds, o_.seconds);) {
      double begin = clock_seconds();
      step(n++);
      end = clock_seconds();
      times_.push_back(end - begin);
    }
    double wall = clock_seconds() - start;
    other_cpu_ = std::max(0.0, (busy_seconds() - busy - (own_cpu_seconds() - own)) / wall);
    uint64_t pipelined = std::clamp<uint64_t>(times_.size() / 4, 5, 5000);
    start = clock_seconds();
    for (uint64_t i = 0; i < pipelined; i++) step(n + i);
    pipelined_ = (clock_seconds() - start) / double(pipelined);
    std::sort(times_.begin(), times_.end());
  }

  void measure_latency(uint64_t seed) {
    stop_learning(*net_);
    step_row_ = latency_of_one_row(*net_, *entry_, batches_);
    if (!net_->has_entry("predict")) return;
    Instance::Entry& predict = net_->entry("predict");
    predict_row_ = latency_of_one_row(*net_, predict, Batches(predict.info(), 1, seed));
  }

  void measure_each_kernel(const ModelFile& file, uint64_t seed) {
    CompileOptions options = o_.model.compile_options(rows_);
    options.hook_every_kernel = true;
    hooked_.emplace(compile(file.model, options));
    Instance net = hooked_->instance(seed);
    if (!o_.init.empty()) net.load(o_.init);
    kernels_ = measure_kernels(hooked_->plan(), net, entry_->info().name, batches_, rows_, o_.seconds);
    roofline_ = measure_roofline();
  }

  double at(double share) const { return times_[size_t(double(times_.size()) * share)]; }
  double median() const {
    size_t half = times_.size() / 2;
    return times_.size() % 2 ? times_[half] : (times_[half - 1] + times_[half]) / 2;
  }

  void print(const ModelFile& file, const Compiled& compiled) const {
    auto digits = [](double x, double scale) { return std::round(x * scale) / scale; };
    auto ms = [&](double seconds) { return digits(seconds * 1e3, 1e5); };
    const PlanModule& plan = compiled.program.plan();
    uint64_t threads = o_.threads ? *o_.threads : 1;
    if (!o_.json) {
      std::cout << fmt::format("{}: {} rows, {} thread{}\n", file.model.tables.name, rows_, threads, threads == 1 ? "" : "s")
                << fmt::format("  step        {:.5g} ms median, {:.5g} least, {:.5g} to {:.5g} (p10 to p90), {} steps\n",
                               ms(median()), ms(times_[0]), ms(at(0.1)), ms(at(0.9)), times_.size())
                << fmt::format("  first call  {:.3f} s from the model file to the end of the first step\n", first_call_s_)
                << fmt::format("  products    {:.4g} MFLOP a step, {:.1f} GFLOP/s\n", flops_ / 1e6, flops_ / median() / 1e9)
                << fmt::format("  bytes       {} parameters, {} state, {} workspace ({} cached for the backward), {} code\n",
                               grouped(plan.params_bytes), grouped(plan.state_bytes), grouped(plan.workspace_bytes),
                               grouped(cached_bytes(plan)), grouped(text_bytes_))
                << fmt::format("  one row     a step in {:.2f} us (p99 {:.2f})", step_row_.median * 1e6, step_row_.p99 * 1e6);
      if (predict_row_)
        std::cout << fmt::format(", a prediction in {:.2f} us (p99 {:.2f})", predict_row_->median * 1e6, predict_row_->p99 * 1e6);
      std::cout << '\n';
      if (!o_.no_kernels) std::cout << '\n' << kernel_table(kernels_, roofline_) << '\n' << roofline_text(roofline_);
      return;
    }
    nlohmann::ordered_json line = {{"peer", "graphc"},
                                   {"workload", file.model.tables.name},
                                   {"threads", threads},
                                   {"variant", ""},
                                   {"median_ms", ms(median())},
                                   {"min_ms", ms(times_[0])},
                                   {"p10_ms", ms(at(0.1))},
                                   {"p90_ms", ms(at(0.9))},
                                   {"pipelined_ms", ms(pipelined_)},
                                   {"steps", times_.size()},
                                   {"first_call_s", digits(first_call_s_, 1e3)},
                                   {"rss_mb", rss_mb_},
                                   {"rss_setup_mb", rss_setup_mb_},
                                   {"flops", uint64_t(flops_)},
                                   {"gflops", digits(flops_ / median() / 1e9, 100)},
                                   {"losses", nlohmann::json::array()},
                                   {"other_cpu", digits(other_cpu_, 1e3)},
                                   {"version", "graphc " GRAPHC_VERSION " llvm " + llvm_version()},
                                   {"date", today()},
                                   {"params_bytes", plan.params_bytes},
                                   {"state_bytes", plan.state_bytes},
                                   {"workspace_bytes", plan.workspace_bytes},
                                   {"cached_bytes", cached_bytes(plan)},
                                   {"text_bytes", text_bytes_}};
    for (float loss : losses_) line["losses"].push_back(digits(loss, 1e6));
    auto row_us = [&](const Latency& l) {
      return nlohmann::ordered_json{{"median", digits(l.median * 1e6, 1e3)}, {"p99", digits(l.p99 * 1e6, 1e3)}};
    };
    line["step_row_us"] = row_us(step_row_);
    if (predict_row_) line["predict_row_us"] = row_us(*predict_row_);
    if (!o_.no_kernels) {
      line["kernels"] = kernels_json(kernels_, roofline_);
      line["roofline"] = roofline_json(roofline_);
    }
    std::cout << line.dump() << std::endl;
  }

  uint64_t cached_bytes(const PlanModule& plan) const { return EntryView(plan, *plan.plan(entry_->info().name)).cached_bytes(); }

  const BenchOptions& o_;
  Instance* net_ = nullptr;
  Instance::Entry* entry_ = nullptr;
  Batches batches_;
  uint32_t rows_ = 0;
  std::vector<float> losses_;
  std::vector<double> times_;
  double first_call_s_ = 0, pipelined_ = 0, other_cpu_ = 0, rss_mb_ = 0, rss_setup_mb_ = 0, flops_ = 0;
  uint64_t text_bytes_ = 0;
  Latency step_row_;
  std::optional<Latency> predict_row_;
  std::optional<Program> hooked_;
  std::vector<KernelTime> kernels_;  // of hooked_
  Roofline roofline_;
};

}  // namespace

Action declare_bench(Options& options) {
  auto o = std::make_shared<BenchOptions>();
  o->model.declare(options);
  options.text("--init", o->init, "F.safetensors", "parameters to begin with, by name");
  options.text("--batches", o->batches, "F.safetensors", "minibatches to cycle through: x0, y0, x1, y1, ...; else random ones");
  options.whole("--batch", o->batch, 1, 1u << 30, "rows of a minibatch (else those of --batches, the file's, or 32)");
  options.whole("--seed", o->seed, 0, uint64_t{1} << 53, "of initial values and random minibatches");
  o->model.declare_tune(options);
  declare_threads(options, o->threads);
  options.number("--seconds", o->seconds, 0, 3600, "how long steps are timed, and then their kernels (2)");
  options.flag("--no-kernels", o->no_kernels, "without the time of each kernel");
  options.flag("--json", o->json, "one JSON object");
  return [o] { return Bench(*o).run(); };
}

}  // namespace graphc::driver
