// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/history.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/train/file.h"
#include "runtime/train/progress.h"
#include "runtime/train/svg.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;

namespace {

TrainResult sample() {
  TrainResult result;
  result.metric_names = {"accuracy"};
  for (uint64_t epoch = 1; epoch <= 2; ++epoch) {
    EpochRecord record;
    record.epoch = epoch, record.steps = 48, record.seconds = 0.25;
    record.train = {1527, 1.0 / static_cast<double>(epoch), {0.5}};
    if (epoch == 2) record.validation = Score{100, 0.75, {0.625}};
    result.history.push_back(record);
  }
  result.test = Score{270, 0.125, {0.96875}};
  result.epochs = 2, result.steps = 96, result.seconds = 0.5, result.seed = 7;
  return result;
}

}  // namespace

TEST_CASE("history: CSV") {
  CHECK(history_csv(sample(), {"digits", "digits", {{"learning_rate", "0.1"}, {"a,b", "\"x\""}}}) ==
        "epoch,steps,seconds,train_loss,train_accuracy,validation_loss,validation_accuracy,set.learning_rate,\"set.a,b\"\n"
        "1,48,0.25,1,0.5,,,0.1,\"\"\"x\"\"\"\n"
        "2,48,0.25,0.5,0.5,0.75,0.625,0.1,\"\"\"x\"\"\"\n");
}

TEST_CASE("history: the learning rate") {
  TrainResult result = sample();
  std::string constant = history_svg(result);
  for (EpochRecord& record : result.history) record.learning_rate = 0.1;
  CHECK(history_svg(result) == constant);  // drawn only where it changes
  result.history[1].learning_rate = 0.05;
  CHECK(history_svg(result).find(">Learning rate<") != std::string::npos);
  CHECK(history_csv(result) ==
        "epoch,steps,seconds,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate\n"
        "1,48,0.25,1,0.5,,,0.1\n"
        "2,48,0.25,0.5,0.5,0.75,0.625,0.05\n");
  auto object = nlohmann::json::parse(history_json(result));
  CHECK(object["epochs"][1]["learning_rate"] == 0.05);
}

TEST_CASE("history: why a run ended") {
  TrainResult result = sample();
  CHECK_FALSE(nlohmann::json::parse(result_json(result)).contains("stop"));
  result.stop = Stop::early, result.monitored = "validation_loss", result.best_epoch = 2, result.best = 0.75, result.restored = true;
  for (const std::string& text : {result_json(result), history_json(result)}) {
    auto object = nlohmann::json::parse(text);
    CHECK(object["stop"] == "early");
    CHECK(object["best_epoch"] == 2);
    CHECK(object["best_validation_loss"] == 0.75);
    CHECK(object["restored"] == true);
  }
}

TEST_CASE("history: JSON, and the object of --json") {
  auto object = nlohmann::json::parse(history_json(sample(), {"digits", "digits", {{"learning_rate", "0.1"}}}));
  CHECK(object["epochs"].size() == 2);
  CHECK(object["epochs"][1]["validation_accuracy"] == 0.625);
  CHECK(!object["epochs"][0].contains("validation_loss"));
  CHECK(object["set"]["learning_rate"] == "0.1");
  auto line = nlohmann::json::parse(result_json(sample()));
  CHECK(line["train_loss"] == 0.5);
  CHECK(line["validation_loss"] == 0.75);
  CHECK(line["test_accuracy"] == 0.96875);
  CHECK(line["epochs"] == 2);
  CHECK(line["steps"] == 96);
  CHECK(line["seed"] == 7);
  std::string whole = result_json(sample());
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 1);
  TrainResult broken = sample();
  broken.history.back().train.loss = NAN;
  CHECK(nlohmann::json::parse(result_json(broken))["train_loss"].is_null());
}

TEST_CASE("history: files by their ending") {
  Folder folder;
  for (const char* name : {"h.csv", "h.json", "h.svg"}) {
    write_history(folder.file(name), sample());
    CHECK(!folder.read(name).empty());
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 3);  // no temporary file is left
  CHECK_ERROR("choose one of these endings", write_history(folder.file("h.png"), sample()));
  CHECK_ERROR("cannot write: No such file", write_history(folder.file("no/h.csv"), sample()));
  CHECK_ERROR("cannot write: Is a directory", write_file(folder.path.string(), std::string_view("x")));
}

TEST_CASE("history: the picture survives every kind of run") {
  TrainResult result = sample();
  std::string svg = history_svg(result, {"a<b & \"c\"", "digits", {}});
  CHECK(svg.find("a&lt;b &amp; &quot;c&quot;") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  result.history[0].train.loss = NAN;
  result.history[1].train.loss = INFINITY;
  svg = history_svg(result);
  CHECK(svg.find("cx=\"nan") == std::string::npos);
  CHECK(svg.find("cy=\"inf") == std::string::npos);
  result.history.resize(1);
  result.metric_names.clear();
  CHECK(history_svg(result).ends_with("</svg>\n"));
  result.history.clear();
  CHECK(history_svg(result).find("no epoch was run") != std::string::npos);
}

TEST_CASE("svg: ticks are round and span the range") {
  CHECK(round_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 6 * 0.1, 0.8, 1});
  CHECK(round_ticks(1, 15, 8, true) == std::vector<double>{0, 2, 4, 6, 8, 10, 12, 14, 16});
  CHECK(round_ticks(3, 3, 5, true).size() >= 2);
  CHECK(round_ticks(0, 0, 5).size() >= 2);
  CHECK(round_ticks(-1e30, 1e30, 5).size() < 20);
  CHECK(tick_label(0.30000000000000004, 0.1) == "0.3");
  CHECK(tick_label(20, 10) == "20");
  CHECK(tick_label(1e-7, 1e-7) == "1e-07");
}

TEST_CASE("progress: one line an epoch, bar, JSON lines, names") {
  TrainResult result = sample();
  std::ostringstream line, json, bar, none;
  make_progress(ProgressMode::automatic, line, false)->end_epoch(result.history[1], 2, result.metric_names);
  CHECK(line.str() ==
        "Epoch 2/2 - 0s 5ms/step - loss: 0.5000 - accuracy: 0.5000 - validation_loss: 0.7500 - validation_accuracy: 0.6250\n");
  auto lines = make_progress(ProgressMode::json, json, false);
  lines->end_epoch(result.history[0], 2, result.metric_names);
  lines->end(result);
  std::istringstream in(json.str());
  std::string text;
  std::getline(in, text);
  CHECK(nlohmann::json::parse(text)["train_loss"] == 1.0);
  std::getline(in, text);
  CHECK(nlohmann::json::parse(text)["test_accuracy"] == 0.96875);
  auto shown = make_progress(ProgressMode::automatic, bar, true);
  shown->begin_epoch(3, 15, 48);
  Score sums{32, 32, {16}};
  for (uint64_t step = 1; step <= 48; ++step)
    shown->step({3, 15, step, 48, std::chrono::steady_clock::now(), &sums, &result.metric_names});
  EpochRecord record = result.history[0];
  record.seconds = 48 * 21e-6;
  shown->end_epoch(record, 15, result.metric_names);
  std::string drawn = bar.str();
  CHECK(drawn.starts_with("Epoch 3/15\n\r\x1b[K 1/48 "));
  CHECK(drawn.ends_with(" 0s 21us/step - loss: 1.0000 - accuracy: 0.5000\n"));
  CHECK(std::count(drawn.begin(), drawn.end(), '\r') < 6);  // drawn by the clock, not by the step
  make_progress(ProgressMode::none, none, true)->end(result);
  CHECK(none.str().empty());
  CHECK(progress_mode("auto") == ProgressMode::automatic);
  CHECK_ERROR("did you mean \"line\"", progress_mode("lines"));
}
