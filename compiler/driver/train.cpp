// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc train
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <fstream>
#include <iostream>

#include "compiler/driver/commands.h"
#include "compiler/driver/divergence.h"
#include "compiler/driver/train_options.h"
#include "runtime/train/confusion.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/file.h"
#include "runtime/train/history.h"
#include "runtime/train/progress.h"

namespace graphc::driver {

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// A second one ends the program at once. Wrappers such as timeout send the same one twice, to the process and to its group.
void on_interrupt(int) {
  static std::atomic<int64_t> first = 0;  // milliseconds
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  int64_t now = int64_t(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000, before = 0;
  if (!first.compare_exchange_strong(before, now) && now - before > 500) _exit(130);
  interrupted = true;
}

// --log beside what is shown.
class Both : public Progress {
 public:
  Both(std::unique_ptr<Progress> a, std::unique_ptr<Progress> b) : a_(std::move(a)), b_(std::move(b)) {}
  void begin_epoch(uint64_t epoch, uint64_t epochs, uint64_t steps) override {
    a_->begin_epoch(epoch, epochs, steps), b_->begin_epoch(epoch, epochs, steps);
  }
  void step(const StepReport& report) override { a_->step(report), b_->step(report); }
  void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& names) override {
    a_->end_epoch(record, epochs, names), b_->end_epoch(record, epochs, names);
  }
  void end(const TrainResult& result) override { a_->end(result), b_->end(result); }

 private:
  std::unique_ptr<Progress> a_, b_;
};

// The first target that holds classes.
const InputSpec* class_target(const Model& model) {
  for (const InputSpec& input : model.tables.inputs)
    if (input.is_target && input.classes) return &input;
  return nullptr;
}

class Run {
 public:
  explicit Run(const TrainOptions& options) : o_(options), human_(o_.json || o_.progress == "json" ? std::cerr : std::cout) {}

  int run() {
    o_.check();
    read();
    prepare();
    std::signal(SIGINT, on_interrupt);
    result_ = graphc::train(*net_, data_.train, settings_);
    return finish();
  }

 private:
  void read() {
    file_ = o_.model.read();
    const Minimize& loss = only_loss(file_);
    settings_.step_entry = loss.step;
    const TrainingSettings& s = file_.train;
    settings_.batch = uint32_t(batch_of(file_, o_.batch));
    settings_.seed = o_.seed ? *o_.seed : s.seed ? uint64_t(*s.seed) : 1;
    settings_.sampling = o_.sampling_with(s);
    settings_.interrupt = &interrupted;
    if (o_.steps)
      settings_.steps = *o_.steps;
    else if (s.steps && !o_.epochs)
      settings_.steps = uint64_t(*s.steps);
    if (!o_.confusion.empty() && (!class_target(file_.model) || file_.model.forward.outputs.empty()))
      throw Error("--confusion: the model needs an output and a target of classes (target y: class[batch] of N)");
  }

  // Returns the names of classes that come with the weights.
  std::vector<std::string> make_net() {
    compiled_ = compile_model(file_, o_.model.compile_options(settings_.batch));
    net_.emplace(compiled_.program.instance(settings_.seed));
    set_threads(*net_, o_.threads);
    return o_.init.empty() ? std::vector<std::string>() : class_names_of(net_->load(o_.init));
  }

  void prepare() {
    std::vector<std::string> class_names = make_net();
    data_ = load_data(file_, o_.data, net_->module(), settings_.step_entry, class_names);
    if (settings_.sampling == Sampling::full && data_.train.rows != settings_.batch) {
      // Only the data say how many rows a step has, and only a compiled model what to read of the data.
      if (data_.train.rows > 1u << 30) throw Error("sampling full: " + std::to_string(data_.train.rows) + " rows are too many for one step");
      settings_.batch = uint32_t(data_.train.rows);
      make_net();
    }
    compile_entry(compiled_.program, settings_.step_entry);
    if (data_.validation || data_.test) compile_entry(compiled_.program, "eval");
    settings_.validation = data_.validation ? &*data_.validation : nullptr;
    settings_.test = data_.test ? &*data_.test : nullptr;
    // With a number of steps alone, as many epochs as they take.
    uint64_t steps_per_epoch = (data_.train.rows + settings_.batch - 1) / settings_.batch;
    if (o_.epochs)
      settings_.epochs = *o_.epochs;
    else if (file_.train.epochs && !o_.steps)
      settings_.epochs = uint64_t(*file_.train.epochs);
    else if (settings_.steps)
      settings_.epochs = (*settings_.steps + steps_per_epoch - 1) / steps_per_epoch;

    bool shows_json = o_.progress == "json" && !o_.json;
    progress_ = make_progress(progress_mode(o_.progress), shows_json ? std::cout : human_, isatty(&human_ == &std::cerr ? 2 : 1));
    if (!o_.log.empty()) {
      log_.open(o_.log);
      if (!log_) throw Error(o_.log + ": error: the log cannot be opened for writing");
      progress_ = std::make_unique<Both>(std::move(progress_), make_progress(ProgressMode::json, log_, false));
    }
    settings_.progress = progress_.get();
    std::string rows = fmt::format("{} training rows", data_.train.rows);
    if (data_.validation) rows += fmt::format(", {} validation rows", data_.validation->rows);
    if (data_.test) rows += fmt::format(", {} test rows", data_.test->rows);
    if (o_.progress != "none")
      human_ << fmt::format("{}: {}, minibatch {}, seed {}", file_.model.tables.name, rows, settings_.batch, settings_.seed)
             << std::endl;
  }

  int finish() {
    if (result_.stop == Stop::not_finite) {
      std::string why = explain_divergence(file_, compiled_.program, *net_, data_.train, settings_, result_);
      write_histories();
      throw Error(why, ErrorKind::training_failed);
    }
    if (!o_.save.empty()) net_->save(o_.save, weights_metadata(data_.train.class_names));
    write_histories();
    if (!o_.confusion.empty()) write_confusion();
    if (o_.json) std::cout << result_json(result_);
    human_ << summary_line(result_, data_, compiled_.seconds_so_far()) << std::endl;
    if (!o_.log.empty() && !log_.flush())
      throw Error(o_.log + ": error: the log could not be written", ErrorKind::out_of_resources);
    if (result_.stop != Stop::interrupted) return 0;
    std::cerr << "interrupted after step " << result_.steps
              << (o_.save.empty() ? "; --save would have kept the weights" : "; the weights are saved") << std::endl;
    return 130;
  }

  void write_histories() {
    RunInfo info{file_.model.tables.name, data_.spec, o_.model.sets()};
    for (const std::string& path : o_.history) write_history(path, result_, info);
  }

  void write_confusion() {
    const Dataset& rows = data_.test ? *data_.test : data_.validation ? *data_.validation : data_.train;
    const InputSpec& target = *class_target(file_.model);
    StoredTensor scores = predict(*net_, rows);
    std::vector<int32_t> labels = labels_of(rows, target.name, "--confusion");
    if (scores.dtype != GRAPHC_F32 || scores.shape.size() != 2 || scores.shape[1] != target.classes)
      throw Error("--confusion: the first output must be f32[batch, " + std::to_string(target.classes) +
                  "], a score for each class");
    Confusion confusion(uint32_t(target.classes), data_.train.class_names);
    confusion.add(scores.as<float>(), labels);
    write_file(o_.confusion, confusion.svg(file_.model.tables.name + ": " + std::to_string(rows.rows) +
                                           (data_.test         ? " test"
                                            : data_.validation ? " validation"
                                                               : " training") +
                                           " rows"));
  }

  const TrainOptions& o_;
  std::ostream& human_;
  ModelFile file_;
  Compiled compiled_;
  std::optional<Instance> net_;
  Data data_;
  TrainSettings settings_;
  std::ofstream log_;
  std::unique_ptr<Progress> progress_;
  TrainResult result_;
};

}  // namespace

Action declare_train(Options& options) {
  auto o = std::make_shared<TrainOptions>();
  o->declare(options);
  return [o] { return Run(*o).run(); };
}

}  // namespace graphc::driver
