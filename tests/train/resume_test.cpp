// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run that goes on from a checkpoint gives the same bits as one that was never stopped.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "runtime/train/checkpoint_folder.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/file.h"
#include "runtime/train/observer.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;
using graphc_test::linear_module;
using graphc_test::plane;

namespace {

struct StopAt : Observer {
  uint64_t at;
  std::vector<std::string> warnings;
  explicit StopAt(uint64_t step) : at(step) {}
  void step(const StepReport& report) override {
    if (report.run_step == at) stop();
  }
  void warning(const std::string& message) override { warnings.push_back(message); }
};

struct Run {
  Metadata state;
  std::string variables;  // all that a run leaves, as text
  TrainResult result;
};

// The seconds set to 0: they differ.
Metadata text_of(const TrainResult& result) {
  RunState state;
  state.result = result;
  state.result.seconds = 0;
  for (EpochRecord& record : state.result.history) record.seconds = 0;
  return to_metadata(state);
}

struct Setting {
  Dataset data = plane(43), held_out = plane(9);
  TrainSettings settings;
  Setting() {
    settings.epochs = 8, settings.batch = 4, settings.seed = 3;  // 11 steps an epoch
    settings.validation = settings.test = &held_out;
    settings.hyper = {{"learning_rate", 0.02}};
  }
  Run run(const TrainSettings& changed) const {
    Instance net(&linear_module(), nullptr, 5);
    Run run;
    run.result = train(net, data, changed);
    run.state = text_of(run.result);
    for (const StoredTensor& tensor : net.variables())
      run.variables.append(tensor.name).append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    return run;
  }
  // Stopped after so many steps, and gone on from there.
  Run resumed(uint64_t stop, const Folder& folder) const {
    StopAt observer(stop);
    TrainSettings first = settings, second = settings;
    first.checkpoint.folder = folder.file("c");
    first.observers = {&observer};
    CHECK(run(first).result.steps == stop);
    second.resume = folder.file("c");
    Run rest = run(second);
    CHECK(rest.result.resumed_at == stop);
    return rest;
  }
};

}  // namespace

TEST_CASE("resume: from each epoch and from other steps, the same bits") {
  Setting setting;
  std::vector<Schedule> schedules = {
      Schedule(), Schedule("cosine", {{"warmup", 1.5}, {"restarts", 1.0}}),
      Schedule("reduce_on_plateau", {{"patience", 1.0}, {"min_delta", 50.0}, {"factor", 0.5}, {"cooldown", 1.0}})};
  for (const Schedule& schedule : schedules) {
    setting.settings.schedule = schedule;
    setting.settings.early_stopping.reset();
    Run whole = setting.run(setting.settings);
    for (uint64_t stop : {1, 5, 11, 12, 22, 33, 37, 44, 50, 55, 66, 77, 86, 87}) {
      Folder folder;
      Run rest = setting.resumed(stop, folder);
      CAPTURE(schedule.call().text());
      CAPTURE(stop);
      CHECK(rest.state == whole.state);
      CHECK(rest.variables == whole.variables);
    }
  }
}

TEST_CASE("resume: early stopping waits no longer, and knows the best epoch") {
  Setting setting;
  setting.settings.epochs = 40;
  setting.settings.early_stopping = EarlyStopping({{"patience", 3.0}, {"min_delta", 1.0}});
  Run whole = setting.run(setting.settings);
  REQUIRE(whole.result.stop == Stop::early);
  for (uint64_t stop = 1; stop < whole.result.steps; stop += 7) {
    Folder folder;
    Run rest = setting.resumed(stop, folder);
    CAPTURE(stop);
    CHECK(rest.result.stop == Stop::early);
    CHECK(rest.result.best_epoch == whole.result.best_epoch);
    CHECK(rest.state == whole.state);
    CHECK(rest.variables == whole.variables);
  }
}

TEST_CASE("resume: losses that are not finite are skipped as before") {
  Setting setting;
  setting.data.columns[1].as<float>()[5] = INFINITY;
  setting.settings.not_finite = NotFinite::skip;
  Run whole = setting.run(setting.settings);
  CHECK(whole.result.not_finite_steps == 8);
  Folder folder;
  Run rest = setting.resumed(40, folder);
  CHECK(rest.state == whole.state);
  CHECK(rest.variables == whole.variables);
}

TEST_CASE("resume: a run that is over ends at once, and goes on where epochs were added") {
  Setting setting;
  Folder folder;
  TrainSettings longer = setting.settings, again = setting.settings;
  longer.epochs = 12;
  Run whole = setting.run(setting.settings), longer_whole = setting.run(longer);
  Run first = setting.resumed(88, folder);
  CHECK(first.state == whole.state);
  again.resume = again.checkpoint.folder = folder.file("c");
  CHECK(setting.run(again).state == whole.state);
  longer.resume = folder.file("c");
  Run rest = setting.run(longer);
  CHECK(rest.state == longer_whole.state);
  CHECK(rest.variables == longer_whole.variables);
}

TEST_CASE("resume: early stopping that is over stays over; more patience goes on") {
  Setting setting;
  Folder folder;
  setting.settings.epochs = 40;
  setting.settings.checkpoint.folder = folder.file("c");
  setting.settings.early_stopping = EarlyStopping({{"patience", 3.0}, {"min_delta", 1.0}});
  Run whole = setting.run(setting.settings);
  setting.settings.resume = folder.file("c");
  Run again = setting.run(setting.settings);
  CHECK(again.result.stop == Stop::early);
  CHECK(again.variables == whole.variables);
  setting.settings.early_stopping = EarlyStopping({{"patience", 5.0}, {"min_delta", 1.0}});
  CHECK(setting.run(setting.settings).result.steps == whole.result.steps + 22);
}

TEST_CASE("checkpoints: an interrupt leaves one, between two epochs too") {
  struct Interrupt : Observer {
    std::atomic<bool> flag{false};
    void end_epoch(const EpochRecord& record, uint64_t, const std::vector<std::string>&) override { flag = record.epoch == 3; }
  };
  Setting setting;
  Folder folder;
  Interrupt observer;
  setting.settings.checkpoint = {folder.file("c"), 1000, 3};
  setting.settings.observers = {&observer};
  setting.settings.interrupt = &observer.flag;
  CHECK(setting.run(setting.settings).result.stop == Stop::interrupted);
  CHECK(read_checkpoint(folder.file("c/step-000000033.safetensors")).state.result.history.size() == 3);
}

TEST_CASE("checkpoints: which files there are") {
  Setting setting;
  Folder folder;
  auto names = [&] {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(folder.file("c"))) result.push_back(entry.path().filename());
    std::sort(result.begin(), result.end());
    return result;
  };
  setting.settings.epochs = 5;
  setting.settings.checkpoint.folder = folder.file("c");
  setting.run(setting.settings);
  CHECK(names() == std::vector<std::string>{"best.safetensors", "step-000000033.safetensors", "step-000000044.safetensors",
                                            "step-000000055.safetensors"});
  std::filesystem::remove_all(folder.file("c"));
  setting.settings.checkpoint.every = 10;
  setting.settings.checkpoint.keep = 2;
  setting.run(setting.settings);
  CHECK(names() == std::vector<std::string>{"best.safetensors", "step-000000050.safetensors", "step-000000055.safetensors"});
  // A new run does not touch the files of another.
  CHECK_ERROR("has checkpoints of another run, the newest of step 55; go on from them with --resume",
              setting.run(setting.settings));
  std::filesystem::create_directory(folder.file("kept"));
  std::filesystem::copy(folder.file("c/best.safetensors"), folder.file("kept"));
  setting.settings.checkpoint.folder = folder.file("kept");
  CHECK_ERROR("has checkpoints of another run, the best one; go on from them with --resume", setting.run(setting.settings));
  setting.settings.checkpoint.folder = folder.file("c");
  setting.settings.resume = folder.file("c");
  setting.settings.epochs = 6;
  setting.run(setting.settings);
  CHECK(names() == std::vector<std::string>{"best.safetensors", "step-000000060.safetensors", "step-000000066.safetensors"});
  CHECK_ERROR("the folder of checkpoints cannot be made: Not a directory; choose another place", {
    folder.write("file", "x");
    setting.settings.checkpoint.folder = folder.file("file");
    setting.settings.resume.clear();
    setting.run(setting.settings);
  });
}

TEST_CASE("checkpoints: a damaged one is told, and the one before is taken") {
  Setting setting;
  Folder folder;
  setting.settings.checkpoint.folder = folder.file("c");
  Run whole = setting.run(setting.settings);
  std::string newest = "c/step-000000088.safetensors", content = folder.read(newest);
  size_t header = 8 + static_cast<unsigned char>(content[0]) + 256 * static_cast<unsigned char>(content[1]);
  StopAt observer(0);
  setting.settings.observers = {&observer};
  setting.settings.resume = setting.settings.checkpoint.folder;
  std::mt19937 random(7);
  std::vector<std::string> broken = {"", content.substr(0, 7), content.substr(0, header), content.substr(0, content.size() - 1)};
  for (size_t i = 0; i < 40; ++i) {  // one bit, in the header or in the data
    size_t at = i % 2 ? header + random() % (content.size() - header) : 8 + random() % (header - 8);
    broken.push_back(content);
    broken.back()[at] = static_cast<char>(broken.back()[at] ^ (1 << random() % 8));
  }
  for (const std::string& bytes : broken) {
    folder.write(newest, bytes);
    observer.warnings.clear();
    Run rest = setting.run(setting.settings);
    CHECK(rest.state == whole.state);
    CHECK(rest.variables == whole.variables);
    CHECK(read_checkpoint(folder.file(newest)).state.result.steps == 88);  // written again
    if (rest.result.resumed_at == 88) continue;             // white space of the header, say
    CHECK(rest.result.resumed_at == 77);
    REQUIRE(observer.warnings.size() == 1);
    CHECK(observer.warnings[0].ends_with("; the one before is taken"));
  }
  for (const char* name : {"c/step-000000088.safetensors", "c/step-000000077.safetensors", "c/step-000000066.safetensors"})
    folder.write(name, "x");
  CHECK(setting.run(setting.settings).variables == whole.variables);  // from the best one
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("c"))) std::filesystem::resize_file(entry, 10);
  CHECK_ERROR("the folder has no whole checkpoint; begin anew without --resume", setting.run(setting.settings));
  setting.settings.resume = folder.file("nowhere");
  CHECK_ERROR("the folder of checkpoints cannot be read: No such file or directory", setting.run(setting.settings));
}

TEST_CASE("checkpoints: every truncation and every bit of the header") {
  Instance net(&linear_module());
  RunState state;
  state.best_weights = net.weights();
  state.result.history.push_back({1, 11, 0.5, {43, INFINITY, {0.5}}, Score{9, std::nan(""), {-INFINITY}}, 0.1});
  state.plateau = {"validation_top 3", 0.5, 1, 2};
  std::vector<std::byte> bytes = format_checkpoint(net, state, {{"model", "linear"}});
  auto same_or_refused = [&](std::span<const std::byte> changed) {
    try {
      return to_metadata(parse_checkpoint(changed, "c").state) == to_metadata(state);
    } catch (const Error&) {
      return true;
    }
  };
  CHECK(to_metadata(parse_checkpoint(bytes, "c").state) == to_metadata(state));
  CHECK(parse_checkpoint(bytes, "c").state.best_weights == state.best_weights);
  bool all = true;
  for (size_t size = 0; size < bytes.size(); ++size) all = all && same_or_refused(std::span(bytes).first(size));
  size_t header = 8 + std::to_integer<size_t>(bytes[0]) + 256 * std::to_integer<size_t>(bytes[1]);
  for (size_t bit = 0; bit < 8 * header; ++bit) {
    bytes[bit / 8] ^= std::byte(1 << bit % 8);
    all = all && same_or_refused(bytes);
    bytes[bit / 8] ^= std::byte(1 << bit % 8);
  }
  CHECK(all);
}

TEST_CASE("checkpoints: those of another run are refused") {
  Setting setting;
  Folder folder;
  setting.settings.epochs = 1;
  setting.settings.checkpoint.folder = folder.file("c");
  setting.run(setting.settings);
  setting.settings.resume = folder.file("c");
  auto with = [&](auto change) {
    TrainSettings changed = setting.settings;
    change(changed);
    setting.run(changed);
  };
  CHECK_ERROR("this checkpoint is of another run: the minibatch was 4, it is 3 now", with([](auto& s) { s.batch = 3; }));
  CHECK_ERROR("the seed was 3, it is 4 now", with([](auto& s) { s.seed = 4; }));
  CHECK_ERROR("the sampling was epoch, it is order now", with([](auto& s) { s.sampling = Sampling::order; }));
  setting.data = plane(40);
  CHECK_ERROR("the number of training rows was 43, it is 40 now", with([](auto&) {}));
  Instance net(&linear_module());
  RunState state;
  TrainSettings settings;
  auto bytes = format_checkpoint(net, state, {{"model", "linear 7"}});
  CHECK_ERROR("the model was linear 7, it is linear 8 now",
              apply_checkpoint(parse_checkpoint(bytes, "c"), "c", {{"model", "linear 8"}}, net));
  CHECK_ERROR("the colour was not known, it is red now",
              apply_checkpoint(parse_checkpoint(bytes, "c"), "c", {{"colour", "red"}}, net));
}

TEST_CASE("checkpoints: files that are none") {
  Folder folder;
  Instance net(&linear_module());
  net.save(folder.file("w.safetensors"));
  CHECK_ERROR("this is no checkpoint: its metadata lack graphc.checkpoint", read_checkpoint(folder.file("w.safetensors")));
}

TEST_CASE("checkpoints: one that cannot be written stops nothing") {
  struct Remove : StopAt {
    std::string folder;
    Remove() : StopAt(0) {}
    void step(const StepReport& report) override {
      if (report.run_step == 30) std::filesystem::remove_all(folder);
      if (report.run_step == 60) std::filesystem::create_directories(folder);
    }
  };
  Setting setting;
  Folder folder;
  Run whole = setting.run(setting.settings);
  Remove observer;
  observer.folder = setting.settings.checkpoint.folder = folder.file("c");
  setting.settings.observers = {&observer};
  setting.settings.checkpoint.every = 1;
  Run run = setting.run(setting.settings);
  CHECK(run.variables == whole.variables);
  CHECK(run.result.stop == Stop::finished);
  CHECK(run.result.failed_checkpoints >= 30);
  REQUIRE(observer.warnings.size() >= 1);
  CHECK(observer.warnings.size() <= 3);  // a failure that repeats itself is told once
  CHECK(observer.warnings[0].starts_with("no checkpoint of step 30: "));
  CHECK(observer.warnings[0].find("cannot write: No such file or directory") != std::string::npos);
  CHECK(std::filesystem::exists(folder.file("c/step-000000088.safetensors")));
}
