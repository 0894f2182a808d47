// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs that are stopped, killed and taken up again end with the same bits as one that was not.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/driver/run_program.h"
#include "tests/support/golden.h"

using namespace graphc_test;
using nlohmann::json;

namespace {

constexpr char adam[] =
    "model pets\ninput x: f32[batch, 64]\ntarget y: class[batch] of 10\ns = standardize(x)\nh = tanh(dense(s, 24))\n"
    "z = dense(h, 10)\noutput p = softmax(z)\nmetric accuracy = accuracy(z, y)\n"
    "minimize cross_entropy(z, y) with adam(learning_rate: 0.01)\ntrain\n"
    "  data \"digits\", test: 15%, validation: 20%, split_seed: 37\n  batch 32, epochs 6\n"
    "  schedule cosine(warmup: 1, restarts: 1)\n  early_stopping(patience: 3)\n";  // 37 steps an epoch

json without_seconds(const std::string& text) {
  json object = json::parse(text);
  object.erase("seconds");
  for (const char* list : {"epochs", "history"})
    if (object.contains(list) && object[list].is_array())
      for (json& epoch : object[list]) epoch.erase("seconds");
  return object;
}

// Newest step number among the checkpoints, 0 where there is none.
long newest(const std::string& folder) {
  long step = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with("step-") && name.ends_with(".safetensors")) step = std::max(step, std::atol(name.c_str() + 5));
  }
  return step;
}

void wait_until(Started& run, const std::function<bool()>& done) {
  for (int i = 0; i < 60000 && !done() && !run.has_ended(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST_CASE("resume: after so many steps, the same bits") {
  TemporaryFolder folder;
  std::string model = folder / "m.gc";
  write_text(model, adam);
  auto run = [&](const std::string& options) {
    Ran ran = run_graphc("train " + model + " --json --history " + folder / "h.json" + " --save " + folder / "w " + options);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return read_file(folder / "w");
  };
  std::string whole = run("");
  json history = without_seconds(read_file(folder / "h.json"));
  for (int steps : {1, 37, 74, 100, 222}) {
    std::string checkpoints = folder / std::to_string(steps);
    run("--steps " + std::to_string(steps) + " --checkpoint " + checkpoints);
    CHECK(newest(checkpoints) == steps);
    CHECK(run("--threads 2 --resume " + checkpoints) == whole);
    CHECK(without_seconds(read_file(folder / "h.json")) == history);
  }
}

TEST_CASE("resume: a checkpoint of another run, and a damaged one") {
  TemporaryFolder folder;
  std::string model = folder / "m.gc", train = "train " + model + " --json ", resume = train + "--resume " + folder / "c ";
  write_text(model, adam);
  REQUIRE(run_graphc(train + "--epochs 2 --checkpoint " + folder / "c").code == 0);
  auto refused = [&](const std::string& options) {
    Ran ran = run_graphc(resume + options);
    CHECK(ran.code == 2);
    return ran.err;
  };
  CHECK(refused("--batch 64").find("another run: the minibatch was 32, it is 64 now") != std::string::npos);
  CHECK(refused("--seed 2").find("the seed was 1, it is 2 now") != std::string::npos);
  CHECK(refused("--test digits").find("the number of training rows was 1167, it is 1437 now") != std::string::npos);
  std::string other = adam;
  write_text(model, other.replace(other.find("24"), 2, "25"));
  CHECK(refused("").find("another run: the model was pets ") != std::string::npos);
  other = adam;
  write_text(model, other.replace(other.find("tanh"), 4, "relu"));
  CHECK(refused("").find("another run: the model's graph was ") != std::string::npos);
  write_text(model, adam);
  CHECK(run_graphc(resume + "--epochs 2 --set learning_rate=0.001").code == 0);  // another rate is no other run
  std::filesystem::resize_file(folder / "c/step-000000074.safetensors", 1000);
  Ran ran = run_graphc(resume);
  CHECK(ran.code == 0);
  CHECK(ran.err.find("graphc: warning: ") == 0);
  CHECK(ran.err.find("the one before is taken\n") != std::string::npos);
  CHECK(ran.err.find("goes on after step 37\n") != std::string::npos);
}

TEST_CASE("resume: a run that trains other parameters, or minimises something else") {
  TemporaryFolder folder;
  std::string model = folder / "m.gc", train = "train " + model + " --json --epochs 2 ", text = adam;
  text = text.substr(0, text.find("  schedule"));
  text.replace(text.find("adam("), 5, "sgd(").insert(text.find("\ntrain\n"), "\n  penalty(l2: 1e-4)\n  clip(norm: 1)\n  group(weight_decay: 0.1) over z");
  write_text(model, text);
  REQUIRE(run_graphc(train + "--checkpoint " + folder / "c").code == 0);
  auto refuses = [&](const std::string& what, const std::string& options = "") {
    Ran ran = run_graphc(train + "--resume " + folder / "c " + options);
    INFO(what);
    CHECK(ran.code == 2);
    CHECK_MESSAGE(ran.err.find("another run: the model's graph was ") != std::string::npos, ran.err);
  };
  refuses("frozen", "--freeze h");
  const std::pair<std::string, std::string> changes[] = {
      {"0.01)", "0.01) over z"}, {"1e-4)", "1e-3)"}, {"1e-4)", "1e-4) over z"}, {"norm: 1", "norm: 2"}, {"norm: 1", "value: 1"}, {"0.1) over z", "0.1) over h"}};
  for (const auto& [from, to] : changes) {
    std::string other = text;
    write_text(model, other.replace(other.find(from), from.size(), to));
    refuses(to);
  }
  write_text(model, text);
  CHECK(run_graphc(train + "--resume " + folder / "c").code == 0);
}

TEST_CASE("resume: an interrupt leaves a checkpoint") {
  TemporaryFolder folder;
  std::string model = folder / "m.gc", train = "train " + model + " --progress none --epochs 20000 ";
  write_text(model, std::string(adam).replace(std::string(adam).find("  early"), std::string::npos, ""));
  Started run(train + "--checkpoint-every 5000 --checkpoint " + folder / "c" + " --save " + folder / "w");
  wait_until(run, [&] { return newest(folder / "c") > 0; });
  run.signal(SIGINT);
  Ran ran = run.wait();
  CHECK(ran.code == 130);
  CHECK(ran.out.find(" steps in ") != std::string::npos);
  long step = newest(folder / "c");
  CHECK(ran.err == "interrupted after step " + std::to_string(step) + "; --resume " + folder / "c" + " goes on from there\n");
  std::string to = " --steps " + std::to_string(step + 100);
  REQUIRE(run_graphc(train + to + " --save " + folder / "a").code == 0);
  REQUIRE(run_graphc(train + to + " --resume " + folder / "c" + " --save " + folder / "b").code == 0);
  CHECK(read_file(folder / "a") == read_file(folder / "b"));
}

// GRAPHC_KILLS sets how many: 100 in the long form.
TEST_CASE("resume: killed at random points while saving every step") {
  const char* variable = std::getenv("GRAPHC_KILLS");
  int kills = variable ? std::atoi(variable) : 10;
  TemporaryFolder folder;
  std::string model = folder / "m.gc", c = folder / "c";
  write_text(model, std::string(adam).replace(std::string(adam).find("  early"), std::string::npos, ""));
  std::string train = "train " + model + " --progress none --epochs 100000 --checkpoint-every 1 --checkpoint " + c;
  std::mt19937 random(11);
  for (int i = 0; i < kills; ++i) {
    long before = newest(c);
    Started run(train + (before ? " --resume " + c : ""));
    wait_until(run, [&] { return newest(c) > before; });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30000));
    run.signal(SIGKILL);
    Ran ran = run.wait();
    CHECK_MESSAGE(ran.code == 128 + SIGKILL, ran.err);
    CHECK(ran.err.empty());  // every file it found was whole
    CHECK(newest(c) > before);
  }
  std::string to = " --steps " + std::to_string(newest(c) + 10);
  REQUIRE(run_graphc(train + to + " --resume " + c + " --save " + folder / "a").code == 0);
  REQUIRE(run_graphc("train " + model + " --progress none --epochs 100000" + to + " --save " + folder / "b").code == 0);
  CHECK(read_file(folder / "a") == read_file(folder / "b"));
  for (const auto& entry : std::filesystem::directory_iterator(c))  // nothing is left of the killed ones
    CHECK(entry.path().extension() == ".safetensors");
}
