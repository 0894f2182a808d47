// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc train
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <iostream>

#include "compiler/driver/commands.h"
#include "compiler/driver/divergence.h"
#include "compiler/driver/train_output.h"
#include "compiler/driver/train_section.h"
#include "ir/print.h"
#include "runtime/train/quality.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/file.h"
#include "runtime/train/history.h"

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

// The first target that holds classes.
const InputSpec* class_target(const Model& model) {
  for (const InputSpec& input : model.tables.inputs)
    if (input.is_target && input.classes) return &input;
  return nullptr;
}

// Of what a step computes: the fingerprint of the compiled module knows its variables alone. The numbers of the optimizer, and
// of its groups, are no part of it, so that a run may go on with another learning rate.
std::string graph_hash(const ModelFile& file) {
  const Minimize& loss = only_loss(file);
  const OptimizerCall& call = loss.optimizer;
  std::string text = fmt::format("{}loss {} {}", print(file.model.forward), loss.loss, call.name);
  auto list = [&](const char* what, const std::vector<std::string>& names) {
    text += fmt::format("\n{} {}", what, names.size());
    for (const std::string& name : names) text += " " + name;
  };
  std::vector<std::string> trained;
  for (const Variable& v : file.model.tables.variables)
    if (v.role == Role::parameter && v.trainable) trained.push_back(v.name);
  list("trained", trained);
  list("over", loss.over);
  text += fmt::format("\nclip {} {}\naccumulate {}", int(call.clip), call.clip_limit, call.accumulate);
  for (const Penalty& p : call.penalties) list("penalty", p.patterns), text += fmt::format(" {} {}", p.composite, p.scale);
  for (const ParameterGroup& group : call.groups) {
    list("group", group.patterns);
    for (const auto& [name, value] : group.numbers) text += " " + name;
  }
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

class Run {
 public:
  explicit Run(const TrainOptions& options) : o_(options), human_(o_.json || o_.progress == "json" ? std::cerr : std::cout) {}

  int run() {
    o_.check();
    read();
    prepare();
    std::signal(SIGINT, on_interrupt);
    // A reader that goes away, and a file that becomes too large, end no training: they are errors of write.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
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
    apply_train_section(file_, settings_);
    if (!o_.not_finite.empty()) settings_.not_finite = o_.not_finite == "skip" ? NotFinite::skip : NotFinite::stop;
    settings_.checkpoint = {o_.checkpoint, o_.checkpoint_every.value_or(0), o_.keep.value_or(settings_.checkpoint.keep)};
    settings_.resume = o_.resume;
    settings_.must_agree = {{"model's graph", graph_hash(file_)}};
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
    set_length();
    check_monitors(file_, settings_, *net_);
    std::string rows = fmt::format("{} training rows", data_.train.rows);
    if (data_.validation) rows += fmt::format(", {} validation rows", data_.validation->rows);
    if (data_.test) rows += fmt::format(", {} test rows", data_.test->rows);
    output_.emplace(o_, human_,
                    fmt::format("{}: {}, minibatch {}, seed {}", file_.model.tables.name, rows, settings_.batch, settings_.seed));
    settings_.observers = output_->observers();
  }

  // Of the run, and of its schedule.
  void set_length() {
    uint64_t steps_per_epoch = (data_.train.rows + settings_.batch - 1) / settings_.batch, steps = settings_.steps.value_or(0);
    std::optional<double> planned;
    if (o_.epochs)
      planned = double(*o_.epochs);
    else if (file_.train.epochs)
      planned = double(*file_.train.epochs);
    if (planned && (o_.epochs || !o_.steps))
      settings_.epochs = uint64_t(*planned);
    else if (steps)  // with a number of steps alone, as many epochs as they take
      settings_.epochs = (steps + steps_per_epoch - 1) / steps_per_epoch;
    // Fewer steps than planned break the run off, and leave the schedule as it was: so it goes on with --resume.
    double by_steps = double(steps) / double(steps_per_epoch);
    settings_.schedule_epochs = o_.epochs || !steps ? planned : std::max(planned.value_or(0), by_steps);
  }

  int finish() {
    if (result_.stop == Stop::not_finite) {
      std::string why = explain_divergence(file_, compiled_.program, *net_, data_.train, settings_, result_);
      write_histories();
      throw Error(why, ErrorKind::training_failed);
    }
    bool is_saved = !o_.save.empty() && attempt([&] { net_->averaged().save(o_.save, weights_metadata(data_.train.class_names)); });
    write_histories();
    if (!o_.confusion.empty()) attempt([&] { write_confusion(); });
    if (o_.json) std::cout << result_json(result_);
    human_ << summary_line(result_, data_, compiled_.seconds_so_far()) << std::endl;
    if (result_.failed_checkpoints)
      std::cerr << "graphc: " << result_.failed_checkpoints << " checkpoints could not be written" << std::endl;
    if (result_.stop == Stop::interrupted) {
      bool keeps = !o_.checkpoint.empty() && !result_.failed_checkpoints;
      std::cerr << "interrupted after step " << result_.steps
                << (keeps             ? "; --resume " + o_.checkpoint + " goes on from there"
                    : is_saved        ? "; the weights are saved"
                    : o_.save.empty() ? "; --save would have kept the weights, --checkpoint all that it takes to go on"
                                      : "; the weights are lost")
                << std::endl;
      return 130;
    }
    return result_.failed_checkpoints || output_->has_failed() || has_failed_ ? int(ErrorKind::out_of_resources) : 0;
  }

  // Training took its time: an output that cannot be written does not take the others with it.
  template <class Write>
  bool attempt(Write write) {
    try {
      write();
      return true;
    } catch (const Error& error) {
      std::cerr << "graphc: " << error.what() << std::endl;
      has_failed_ = true;
      return false;
    }
  }

  void write_histories() {
    RunInfo info{file_.model.tables.name, data_.spec, o_.model.sets()};
    for (const std::string& path : o_.history) attempt([&] { write_history(path, result_, info); });
  }

  void write_confusion() {
    const Dataset& rows = data_.test ? *data_.test : data_.validation ? *data_.validation : data_.train;
    Instance net = net_->averaged();
    Quality of = quality(net, rows);
    if (!of.confusion) throw Error("--confusion: the first output must be a score for each class");
    write_file(o_.confusion, of.confusion->svg(file_.model.tables.name + ": " + std::to_string(rows.rows) +
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
  std::optional<TrainOutput> output_;
  TrainResult result_;
  bool has_failed_ = false;  // an output could not be written: that was told
};

}  // namespace

Action declare_train(Options& options) {
  auto o = std::make_shared<TrainOptions>();
  o->declare(options);
  return [o] { return Run(*o).run(); };
}

}  // namespace graphc::driver
