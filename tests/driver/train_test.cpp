// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/driver/run_program.h"
#include "tests/support/golden.h"

using namespace graphc_test;
using nlohmann::json;

TEST_CASE("train: the digits, twice the same, within the band") {
  Ran a = run_graphc("train " + std::string(digits) + " --json"), b = run_graphc("train " + std::string(digits) + " --json");
  REQUIRE(a.code == 0);
  json first = json::parse(a.out), second = json::parse(b.out);
  CHECK(first["seconds"].get<double>() > 0);
  first.erase("seconds"), second.erase("seconds");
  CHECK(first == second);
  CHECK(first["steps"] == 720);
  CHECK(first["epochs"] == 15);
  CHECK(first["seed"] == 1);
  CHECK(first["test_accuracy"].get<double>() >= 0.96);
  CHECK(first["train_loss"].get<double>() > 0.040);
  CHECK(first["train_loss"].get<double>() < 0.050);
  CHECK_FALSE(first.contains("validation_loss"));
}

TEST_CASE("train: the last line says how many steps, how long, how good") {
  Ran ran = run_graphc("train " + std::string(digits) + " --progress none");
  REQUIRE(ran.code == 0);
  CHECK(ran.out.find("720 steps in ") == 0);
  CHECK(ran.out.find(", compiled in ") != std::string::npos);
  CHECK(ran.out.find("on the course's own 270 test images\n") != std::string::npos);
  CHECK(run_graphc("train " + std::string(digits) + " --epochs 1 --data digits --test digits")
            .out.find(" on the 1797 test rows\n") != std::string::npos);
}

TEST_CASE("train: options win over the file") {
  auto result = [](const std::string& options) {
    Ran ran = run_graphc("train " + std::string(digits) + " --json " + options);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return json::parse(ran.out);
  };
  CHECK(result("--epochs 2")["steps"] == 96);
  CHECK(result("--batch 64 --epochs 1")["steps"] == 24);
  CHECK(result("--steps 100")["steps"] == 100);
  CHECK(result("--steps 100")["epochs"] == 3);
  CHECK(result("--seed 5 --epochs 1")["seed"] == 5);
  CHECK(result("--seed 5 --epochs 1")["test_loss"] != result("--seed 6 --epochs 1")["test_loss"]);
  CHECK(result("--shuffle off --epochs 1")["test_loss"] != result("--epochs 1")["test_loss"]);
  CHECK(result("--sampling full --epochs 3")["steps"] == 3);
  CHECK(result("--sampling independent --epochs 1")["steps"] == 48);
  CHECK(result("--sampling independent --epochs 1")["test_loss"] != result("--sampling replacement --epochs 1")["test_loss"]);
  CHECK(result("--sampling order --epochs 1")["test_loss"] == result("--shuffle off --epochs 1")["test_loss"]);
  CHECK(result("--set learning_rate=0.2 --epochs 1")["test_loss"] != result("--epochs 1")["test_loss"]);
  CHECK(result("--freeze 'hidden' --epochs 1")["test_loss"] != result("--epochs 1")["test_loss"]);
  CHECK(result("--validate digits --epochs 1").contains("validation_accuracy"));
  CHECK(result("--threads 2 --epochs 1")["test_loss"] == result("--epochs 1")["test_loss"]);
}

TEST_CASE("train: progress") {
  auto out = [](const std::string& mode) {
    return run_graphc("train " + std::string(digits) + " --epochs 3 --progress " + mode).out;
  };
  CHECK(out("line").find("Epoch 3/3 - ") != std::string::npos);
  CHECK(out("bar").find("Epoch 3/3\n") != std::string::npos);
  CHECK(out("none").find("Epoch") == std::string::npos);
  std::string lines = out("json");
  CHECK(json::parse(lines.substr(0, lines.find('\n')))["event"] == "epoch");
}

TEST_CASE("train: history, confusion and log") {
  TemporaryFolder folder;
  Ran ran =
      run_graphc("train " + std::string(digits) + " --epochs 3 --validate digits --set learning_rate=0.2 --json --history " +
                 folder / "h.csv" + " --history " + folder / "h.json" + " --history " + folder / "h.svg" + " --confusion " +
                 folder / "c.svg" + " --log " + folder / "l.jsonl");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  std::string csv = read_file(folder / "h.csv");
  CHECK(csv.find("epoch,steps,seconds,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,set.learning_rate\n") == 0);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 4);
  json history = json::parse(read_file(folder / "h.json"));
  CHECK(history["epochs"].size() == 3);
  CHECK(history["set"]["learning_rate"] == "0.2");
  CHECK(history["test_loss"] == json::parse(ran.out)["test_loss"]);
  CHECK(read_file(folder / "h.svg").find("<svg") != std::string::npos);
  CHECK(read_file(folder / "c.svg").find("</svg>") != std::string::npos);
  std::string log = read_file(folder / "l.jsonl");
  CHECK(std::count(log.begin(), log.end(), '\n') == 4);
}

TEST_CASE("train, save, eval, predict, init: the same weights") {
  TemporaryFolder folder;
  std::string weights = folder / "w.safetensors";
  Ran ran = run_graphc("train " + std::string(digits) + " --json --save " + weights);
  REQUIRE(ran.code == 0);
  json trained = json::parse(ran.out);
  ran = run_graphc("eval " + std::string(digits) + " --json --threads 2 --weights " + weights);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  json evaluated = json::parse(ran.out);
  CHECK(evaluated["test_loss"] == trained["test_loss"]);
  CHECK(evaluated["test_accuracy"] == trained["test_accuracy"]);
  CHECK_FALSE(evaluated.contains("train_loss"));
  CHECK(
      run_graphc("eval " + std::string(digits) + " --data digits --weights " + weights).out.find("1797 rows of digits: loss ") ==
      0);

  ran = run_graphc("predict " + std::string(digits) + " --data digits --weights " + weights + " -o " + folder / "p.npy");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  CHECK(ran.out.find("probability f32[1797, 10]") != std::string::npos);
  CHECK(std::filesystem::file_size(folder / "p.npy") == 128 + 1797 * 10 * 4);
  CHECK(read_file(folder / "p.npy").substr(1, 5) == "NUMPY");
  CHECK(run_graphc("predict " + std::string(digits) + " --data digits --threads 3 --batch 512 --weights " + weights + " -o " + folder /
                   "threads.npy")
            .code == 0);
  CHECK(read_file(folder / "p.npy") == read_file(folder / "threads.npy"));

  ran = run_graphc("train " + std::string(digits) + " --json --epochs 1 --init " + weights);
  CHECK(json::parse(ran.out)["train_loss"].get<double>() < 0.06);
}

TEST_CASE("train: weights of rows are an input of the model, ones where the data have none") {
  TemporaryFolder folder;
  write_text(folder / "w.gc", "model w\ninput x: f32[batch, 2]\ninput weight: f32[batch]\ntarget y: f32[batch, 1]\nv = dense(x, 1)\noutput o = v\n"
                              "e = (v - y) * (v - y)\nminimize mean(sum(e, axis: 1) * weight) with sgd(learning_rate: 0.01)\n");
  write_text(folder / "plain.csv", "a,b,t\n1,2,3\n4,5,6\n");
  write_text(folder / "ones.csv", "a,weight,b,t\n1,1,2,3\n4,1,5,6\n");
  write_text(folder / "first.csv", "a,b,w,t\n1,2,2,3\n4,5,0,6\n");
  auto loss = [&](const std::string& data) {
    Ran ran = run_graphc("train " + folder / "w.gc" + " --json --save " + folder / "w.safetensors" + " --data " + folder / data);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return json::parse(ran.out)["train_loss"].get<double>();
  };
  CHECK(loss("plain.csv") == loss("ones.csv"));
  CHECK(loss("first.csv:weight=w") != loss("ones.csv"));
  Ran ran = run_graphc("predict " + folder / "w.gc" + " --weights " + folder / "w.safetensors" + " --data " + folder / "ones.csv" + " -o " + folder / "p.npy");
  CHECK_MESSAGE(ran.code == 0, ran.err);
  CHECK(run_graphc("eval " + folder / "w.gc" + " --weights " + folder / "w.safetensors" + " --data " + folder / "ones.csv").code == 0);
}

TEST_CASE("train, eval, predict: rows that stay in their file give the same bits; weights as .npz") {
  TemporaryFolder folder;
  write_text(folder / "d.gc", "model d\ninput x: f32[batch, 4]\ntarget y: class[batch] of 3\nlogits = dense(standardize(x), 3, name: top)\n"
                              "output o = softmax(logits)\nminimize cross_entropy(logits, y) with sgd(learning_rate: 0.1)\n"
                              "train\n  test: 20%, validation: 10%\n  batch 8\n  epochs 3\n  split stratified\n");
  std::string images("\0\0\x08\3\0\0\0\x64\0\0\0\2\0\0\0\2", 16), labels("\0\0\x08\1\0\0\0\x64", 8);
  for (int i = 0; i < 100; i++) {
    for (int k = 0; k < 4; k++) images += char(i * (k + 3) * 7 % 251);
    labels += char(i % 3);
  }
  write_text(folder / "x", images), write_text(folder / "y", labels);
  std::string model = folder / "d.gc";
  std::vector<std::string> results;
  for (std::string stream : {"on", "off"}) {
    std::string weights = folder / (stream + ".npz"), with = " --stream " + stream + " --data " + folder / "x" + "," + folder / "y";
    Ran ran = run_graphc("train " + model + " --json --confusion " + folder / "c.svg" + " --save " + weights + with);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    json result = json::parse(ran.out);
    result.erase("seconds");
    json evaluated = json::parse(run_graphc("eval " + model + " --json --weights " + weights + with).out);
    Ran predicted = run_graphc("predict " + model + " --weights " + weights + with + " -o " + folder / "p.npy");
    CHECK_MESSAGE(predicted.code == 0, predicted.err);
    results.push_back(result.dump() + evaluated["test_loss"].dump() + read_file(weights) + read_file(folder / "c.svg") + read_file(folder / "p.npy"));
  }
  CHECK(results[0] == results[1]);
}

TEST_CASE("train: a stratified split") {
  TemporaryFolder folder;
  std::string model = read_file(std::string(GRAPHC_SOURCE_DIR "/") + digits);
  write_text(folder / "m.gc", model + "  split stratified\n");
  Ran ran = run_graphc("train " + folder / "m.gc" + " --json");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  CHECK(json::parse(ran.out)["test_accuracy"].get<double>() > 0.95);
  CHECK(json::parse(ran.out)["test_loss"] != json::parse(run_graphc("train " + std::string(digits) + " --json").out)["test_loss"]);
  write_text(folder / "r.gc", "model r\ninput x: f32[batch, 2]\ntarget y: f32[batch]\nv = sum(dense(x, 1), axis: 1)\noutput o = v\n"
                              "minimize mean_squared_error(v, y) with sgd(learning_rate: 0.1)\ntrain\n  data \"d.csv\", test: 50%\n  split stratified\n");
  write_text(folder / "d.csv", "1,2,3\n4,5,6\n7,8,9\n1,1,1\n");
  ran = run_graphc("train " + folder / "r.gc");
  CHECK(ran.code == 2);
  CHECK_MESSAGE(ran.err.find("needs a target with one class a row") != std::string::npos, ran.err);
  write_text(folder / "a.gc", "model a\ninput x: f32[batch, 3]\nv = dense(x, 3)\noutput o = v\n"
                              "minimize mean_squared_error(v, x) with sgd(learning_rate: 0.1)\ntrain\n  data \"d.csv\", test: 50%\n  split stratified\n");
  ran = run_graphc("train " + folder / "a.gc");
  CHECK_MESSAGE(ran.err.find("the model has no target to go by") != std::string::npos, ran.err);
}

TEST_CASE("train: text labels are kept with the weights") {
  TemporaryFolder folder;
  std::string csv = "a,b,kind\n", model = folder / "m.gc", data = folder / "d.csv", weights = folder / "w.safetensors";
  for (int i = 0; i < 40; i++) csv += std::to_string(i % 7) + "," + std::to_string(i % 3) + (i % 2 ? ",cat\n" : ",dog\n");
  write_text(data, csv);
  write_text(model,
             "model pets\ninput x: f32[batch, 2]\ntarget y: class[batch] of 2\nz = dense(x, 2)\noutput p = softmax(z)\nmetric "
             "accuracy = accuracy(z, y)\n"
             "minimize cross_entropy(z, y) with sgd(learning_rate: 0.1)\ntrain\n  data \"d.csv\", test: 25%, validation: 25%, "
             "split_seed: 1\n");
  Ran ran = run_graphc("train " + model + " --json --save " + weights);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  CHECK(json::parse(ran.out).contains("validation_loss"));
  write_text(folder / "cats.csv", "a,b,kind\n1,2,cat\n3,1,cat\n");
  write_text(folder / "cows.csv", "a,b,kind\n1,2,cow\n3,1,cat\n");
  CHECK(run_graphc("eval " + model + " --weights " + weights + " --data " + folder / "cats.csv").code == 0);
  CHECK(run_graphc("eval " + model + " --weights " + weights + " --data " + folder / "cows.csv").code == 2);
}

TEST_CASE("train: a loss that is not finite") {
  Ran ran = run_graphc("train " + std::string(digits) + " --set learning_rate=1e38");
  CHECK(ran.code == 1);
  CHECK(ran.err.find("the loss stopped being finite at step 2") != std::string::npos);
  CHECK(ran.err.find("the first value of the graph that is not finite: ") != std::string::npos);
  CHECK(ran.err.find("digits.gc:") != std::string::npos);
  CHECK(ran.err.find("what to try: --set learning_rate=0.1 or less") != std::string::npos);
}

TEST_CASE("train: a penalty that is not finite") {
  TemporaryFolder folder;
  std::string text = read_file(std::string(GRAPHC_SOURCE_DIR) + "/" + digits);
  text.insert(text.find('\n', text.find("minimize")), "\n  penalty(l2: 3e38)");
  write_text(folder / "m.gc", text);
  Ran ran = run_graphc("train " + folder / "m.gc");
  CHECK(ran.code == 1);
  CHECK(ran.err.find("the penalty stopped being finite at step 1 (epoch 1): the loss is 2.") != std::string::npos);
  CHECK(ran.err.find(", with the penalty inf\n") != std::string::npos);
  CHECK(ran.err.find("; a smaller factor of the penalty") != std::string::npos);
}

TEST_CASE("train: what cannot be monitored, and steps in the log") {
  TemporaryFolder folder;
  std::string model = folder / "m.gc";
  std::string text = "model m\ninput x: f32[batch, 64]\ntarget y: class[batch] of 10\nz = dense(x / 16, 10)\noutput p = softmax(z)\n"
                     "metric epoch = accuracy(z, y)\nminimize cross_entropy(z, y) with sgd(learning_rate: 0.1)\n  clip(global_norm: 1)\n"
                     "train\n  data \"digits\", validation: 20%\n  batch 32, epochs 1\n";
  for (const char* watch : {"  early_stopping(monitor: validation_gradient_norm)\n", "  schedule reduce_on_plateau(monitor: validation_gradient_norm)\n"}) {
    write_text(model, text + watch);
    Ran ran = run_graphc("train " + model);
    CHECK(ran.code == 2);
    CHECK(ran.err.find("only training steps have gradient_norm, validation has not; monitor train_gradient_norm") != std::string::npos);
  }
  write_text(model, text + "  early_stopping(monitor: train_gradient_norm)\n");
  REQUIRE(run_graphc("train " + model + " --log " + folder / "l.jsonl --log-steps 10").code == 0);
  std::string log = read_file(folder / "l.jsonl"), first = log.substr(0, log.find('\n'));
  CHECK(json::parse(first)["epoch"] == 1);
  CHECK(json::parse(first)["metrics"].contains("epoch"));
  write_text(model, text + "  schedule cosine(restarts: 1000, growth: 100)\n");
  Ran ran = run_graphc("train " + model);
  CHECK(ran.code == 2);
  CHECK(ran.err.find("the shortest of its 1001 periods") != std::string::npos);
}

TEST_CASE("train: a loss that is not finite in a run that was taken up again, and one that is skipped") {
  TemporaryFolder folder;
  std::string train = "train " + std::string(digits);
  REQUIRE(run_graphc(train + " --epochs 1 --checkpoint " + folder / "c").code == 0);
  Ran ran = run_graphc(train + " --set learning_rate=1e38 --resume " + folder / "c");
  CHECK(ran.code == 1);
  CHECK(ran.err.find("the loss stopped being finite at step 50 (epoch 2)") != std::string::npos);
  CHECK(ran.err.find("the first value of the graph that is not finite: ") != std::string::npos);
  ran = run_graphc(train + " --set learning_rate=1e38 --not-finite skip --epochs 2");
  CHECK(ran.code == 0);
  CHECK(ran.out.find("95 skipped because their loss was not finite (the first: 2)") != std::string::npos);
}

TEST_CASE("train: schedule and early stopping of the file") {
  TemporaryFolder folder;
  std::string text = read_file(source_dir() + "/" + digits), model = folder / "m.gc";
  write_text(model, text + "  validation 10%\n  schedule step(every: 2, factor: 0.5)\n  early_stopping(patience: 1, min_delta: 0.05)\n");
  Ran ran = run_graphc("train " + model + " --json --history " + folder / "h.json" + " --tensorboard " + folder / "t");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  json result = json::parse(ran.out), epochs = json::parse(read_file(folder / "h.json"))["epochs"];
  CHECK(result["stop"] == "early");
  CHECK(result["best_epoch"] == result["epochs"].get<int>() - 1);
  CHECK(result["restored"] == true);
  CHECK(epochs[1]["learning_rate"] == 0.1);
  CHECK(epochs[2]["learning_rate"] == 0.05);
  CHECK(std::filesystem::file_size(std::filesystem::directory_iterator(folder / "t")->path()) > 500);
  ran = run_graphc("train " + model + " --log " + folder / "l.jsonl --log-steps 40");
  CHECK(ran.out.find("stopped early: validation_loss was best in epoch ") != std::string::npos);
  std::string log = read_file(folder / "l.jsonl");
  CHECK(json::parse(log.substr(0, log.find('\n')))["event"] == "step");
  CHECK(json::parse(log.substr(0, log.find('\n')))["learning_rate"] == 0.1);

  auto error = [&](const std::string& settings) {
    write_text(model, text + "  " + settings + "\n");
    Ran refused = run_graphc("train " + model);
    CHECK(refused.code == 2);
    return refused.err;
  };
  CHECK(error("schedule cosin(warmup: 2)").find("m.gc:15:12: error: no schedule is named \"cosin\" (did you mean \"cosine\"?)") !=
        std::string::npos);
  CHECK(error("schedule cosine(1, warmpu: 2)").find("m.gc:15:22: error: cosine has no argument \"warmpu\"") != std::string::npos);
  CHECK(error("early_stopping: step(2)").find("15:19: error: early_stopping: write early_stopping(patience: 5)") != std::string::npos);
  CHECK(error("early_stopping(mode: up)").find("15:3: error: mode \"up\" does not exist") != std::string::npos);
  CHECK(error("early_stopping(monitor: validation_loss)").find("15:18: error: monitor: validation_loss needs validation rows") !=
        std::string::npos);
  CHECK(error("schedule reduce_on_plateau(monitor: train_acuracy)").find("did you mean \"train_accuracy\"?") != std::string::npos);
}

TEST_CASE("train: an interrupt finishes the step, saves and sums up") {
  TemporaryFolder folder;
  Ran ran = run_graphc("train " + std::string(digits) + " --epochs 100000000 --progress none --save " + folder / "w.safetensors",
                       "timeout --preserve-status -s INT 3");
  CHECK(ran.code == 130);
  CHECK(ran.out.find(" steps in ") != std::string::npos);
  CHECK(std::filesystem::exists(folder / "w.safetensors"));
}

TEST_CASE("eval --report, and landscape: its centre is the loss that eval reports") {
  TemporaryFolder folder;
  std::string weights = folder / "w.safetensors", table = folder / "l.csv";
  REQUIRE(run_graphc("train " + std::string(digits) + " --epochs 2 --progress none --save " + weights).code == 0);
  json eval = json::parse(run_graphc("eval " + std::string(digits) + " --json --report --weights " + weights).out);
  for (const char* name : {"test_precision", "test_recall", "test_f1"}) {
    CHECK(eval[name].get<double>() > 0.8);
    CHECK(eval[name].get<double>() <= 1);
  }
  Ran ran = run_graphc("landscape " + std::string(digits) + " --points 5 --threads 2 -o " + table + " --weights " + weights);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  std::string text = read_file(table);
  CHECK(std::count(text.begin(), text.end(), '\n') == 26);
  CHECK(text.find("a,b,loss,accuracy\n") == 0);
  size_t centre = text.find("\n0,0,");
  REQUIRE(centre != std::string::npos);
  CHECK(std::stod(text.substr(centre + 5)) == eval["test_loss"].get<double>());
  CHECK(run_graphc("landscape " + std::string(digits) + " --one --rows 10 --range 0.5 --weights " + weights)
            .out.find("10 rows: loss ") == 0);
  ran = run_graphc("landscape " + std::string(digits) + " --one --points 3 --training-rows --weights " + weights);
  CHECK_MESSAGE(ran.out.find("1527 rows: loss ") == 0, ran.err);
}
