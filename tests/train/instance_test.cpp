// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/instance.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "runtime/train/safetensors.h"
#include "tests/train/linear_module.h"
#include "tests/train/zip_archive.h"

using namespace graphc;
using graphc_test::Folder;
using graphc_test::linear_module;

TEST_CASE("instance: init, step, eval, predict against the hand-written step") {
  Instance net(&linear_module(), nullptr, (uint64_t{250} << 32) + 500);
  CHECK(net.get("weight") == std::vector<float>{0.5f, 0.25f});
  std::vector<float> x = {1, 2, 3, 4, 5, 6}, y = {1, 2, 3};
  CHECK(net.predict({{"x", x}}, 3) == std::vector<float>{1.0f, 2.5f, 4.0f});
  Score score = net.eval({{"x", x}, {"y", y}}, 3);
  CHECK(score.rows == 3);
  CHECK(score.loss == doctest::Approx((0 + 0.25 + 1) / 3));
  StepResult result = net.step({{"x", x}, {"y", y}}, 2);
  CHECK(result.status == GRAPHC_OK);
  CHECK(result.loss == doctest::Approx(0.125));
  CHECK(result.metric("mae") == doctest::Approx(0.25));
  CHECK(net.metric_names() == std::vector<std::string>{"mae"});
  CHECK(net.get("bias")[0] == doctest::Approx(-0.1 * 0.5));
  CHECK(net.get<int32_t>("steps") == std::vector<int32_t>{1});
  CHECK_ERROR("did you mean \"mae\"", result.metric("maee"));
}

TEST_CASE("instance: spans, arrays, C arrays and pointers are inputs") {
  Instance net(&linear_module());
  std::array<float, 2> x = {1, 2};
  float y[1] = {3};
  const float* pointer = y;
  CHECK(net.step({{"x", x}, {"y", y}}, 1).status == GRAPHC_OK);
  CHECK(net.step({{"x", std::span<const float>(x)}, {"y", pointer}}, 1).status == GRAPHC_OK);
  std::vector<NamedArray> list = {{"x", x}, {"y", y}};
  CHECK(net.step(std::span<const NamedArray>(list), 1).status == GRAPHC_OK);
}

TEST_CASE("instance: more rows than the maximum are cut into blocks") {
  Instance net(&linear_module(), nullptr, 500);
  std::vector<float> x, y;
  for (int i = 0; i < 11; ++i) x.insert(x.end(), {static_cast<float>(i), 1}), y.push_back(static_cast<float>(i));
  std::vector<float> values = net.predict({{"x", x}}, 11);
  for (int i = 0; i < 11; ++i) CHECK(values[i] == 0.5f * static_cast<float>(i));
  CHECK(net.eval({{"x", x}, {"y", y}}, 11).loss == doctest::Approx(0.25 * 385 / 11));
  std::vector<float> out(11);
  net.predict({{"x", x}}, 11, {{"value", out}});
  CHECK(out == values);
  CHECK_ERROR("rows 12, maximum 4", x.resize(24), y.resize(12), net.step({{"x", x}, {"y", y}}, 12));
  CHECK_ERROR("0 rows", net.eval({{"x", x}, {"y", y}}, 0));
}

TEST_CASE("instance: what it refuses") {
  Instance net(&linear_module());
  std::vector<float> x = {1, 2}, y = {3};
  std::vector<int32_t> classes = {3};
  CHECK_ERROR("input \"y\" (f32[batch]) is missing", net.step({{"x", x}}, 1));
  CHECK_ERROR("step: input \"z\" does not exist", net.step({{"z", x}, {"y", y}}, 1));
  CHECK_ERROR("2 rows need 4 elements, the array given has 2", net.step({{"x", x}, {"y", y}}, 2));
  CHECK_ERROR("is f32[batch], the array given is of i32", net.step({{"x", x}, {"y", classes}}, 1));
  CHECK_ERROR("null pointer", net.step({{"x", x}, {"y", static_cast<const float*>(nullptr)}}, 1));
  CHECK_ERROR("no entry \"stepp\" (did you mean \"step\"?)", net.step({{"x", x}, {"y", y}}, 1, "stepp"));
  CHECK_ERROR("output \"valu\" does not exist (did you mean \"value\"?)", net.predict({{"x", x}}, 1, "valu"));
  CHECK_ERROR("did you mean \"weight\"", net.get("weigth"));
  CHECK_ERROR("it was asked for as i32", net.get<int32_t>("weight"));
  CHECK_ERROR("(2 elements), 1 were given", net.set("weight", y));
  net.params()[16] = std::byte{0};
  CHECK_ERROR("linear.step: params or state belong to another model", net.step({{"x", x}, {"y", y}}, 1));
  graphc_module other = linear_module();
  other.abi = 77;
  CHECK_ERROR("ABI 77", Instance wrong(&other));
  CHECK_ERROR("null", Instance wrong(nullptr));
}

TEST_CASE("instance: hyper-parameters") {
  Instance net(&linear_module(), nullptr, 0);
  CHECK(net.hyper("learning_rate") == doctest::Approx(0.1));
  CHECK(net.hyper_names() == std::vector<std::string>{"learning_rate"});
  net.set_hyper("learning_rate", 0);
  std::vector<float> x = {1, 2}, y = {3};
  net.step({{"x", x}, {"y", y}}, 1);
  CHECK(net.get("bias")[0] == 0);
  CHECK_ERROR("did you mean \"learning_rate\"", net.set_hyper("learning_rat", 1));
  CHECK_ERROR("does not exist", (void)net.hyper("momentum"));
  CHECK_ERROR("does not fit into f32", net.set_hyper("learning_rate", 1e39));
}

TEST_CASE("instance: a loss that is not finite changes nothing") {
  Instance net(&linear_module());
  std::vector<float> x = {1, 2}, y = {INFINITY};
  std::vector<float> before = net.get("weight");
  CHECK(net.step({{"x", x}, {"y", y}}, 1).status == GRAPHC_NOT_FINITE);
  CHECK(net.get("weight") == before);
}

TEST_CASE("instance: clones go their own way") {
  Instance net(&linear_module(), nullptr, 7);
  net.set_hyper("learning_rate", 0.5);
  Instance copy = net.clone();
  CHECK(copy.hyper("learning_rate") == 0.5);
  std::vector<float> x = {1, 2}, y = {3};
  copy.step({{"x", x}, {"y", y}}, 1);
  CHECK(copy.get("weight") != net.get("weight"));
}

TEST_CASE("instance: run reaches any entry, unasked outputs go to scratch") {
  Instance net(&linear_module());
  std::vector<float> x = {1, 2}, y = {3}, loss(1);
  CHECK(net.run("eval", {{"x", x}, {"y", y}}, {{"loss", loss}}, 1) == GRAPHC_OK);
  CHECK(loss[0] > 0);
}

TEST_CASE("instance: fit is mean and population standard deviation, 1 for a constant column") {
  Instance net(&linear_module());
  CHECK(net.needs_fit());
  std::vector<float> x = {1, 0.1f, 2, 0.1f, 6, 0.1f};
  net.fit({{"x", x}}, 3);
  CHECK(!net.needs_fit());
  CHECK(net.get("scaled.mean") == std::vector<float>{3, 0.1f});
  CHECK(net.get("scaled.scale")[0] == static_cast<float>(std::sqrt(14.0 / 3)));
  CHECK(net.get("scaled.scale")[1] == 1);
  std::vector<uint8_t> bytes = {0, 255, 2, 255};
  net.fit({{"x", bytes}}, 2);
  CHECK(net.get("scaled.mean") == std::vector<float>{1, 255});
  x[2] = NAN;
  CHECK_ERROR("row 1, element 0 is not a finite number", net.fit({{"x", x}}, 3));
  CHECK_ERROR("4 rows need 8 elements", net.fit({{"x", x}}, 4));
  CHECK_ERROR("not among the arrays", net.fit({{"y", x}}, 3));
  CHECK_ERROR("0 rows", net.fit({{"x", x}}, 0));
}

TEST_CASE("instance: save and load weights, exactly those") {
  Folder folder;
  std::string path = folder.file("net.safetensors");
  Instance net(&linear_module(), nullptr, 123);
  std::vector<float> x = {1, 2, 3, 5}, y = {3, 4};
  net.fit({{"x", x}}, 2);
  net.step({{"x", x}, {"y", y}}, 2);
  net.save(path, {{"class_names", "[]"}});
  Instance other(&linear_module(), nullptr, 9);
  CHECK(other.load(path).at("class_names") == "[]");
  CHECK(!other.needs_fit());
  for (const char* name : {"weight", "bias", "scaled.mean", "scaled.scale"}) CHECK(other.get(name) == net.get(name));
  CHECK(other.get<int32_t>("steps")[0] == 0);  // optimizer state is not a weight

  Safetensors file = read_safetensors(path);
  CHECK(file.tensors.size() == 4);
  file.tensors[0].name = "wieght";
  file.tensors[1].shape = {1};
  write_safetensors(path, file);
  Instance third(&linear_module(), nullptr, 9);
  std::vector<float> before = third.get("scaled.mean");
  CHECK_ERROR("tensor \"weight\" (f32[2, 1]) is missing", third.load(path));
  CHECK_ERROR("tensor \"wieght\" is not in the model (did you mean \"weight\"?)", third.load(path));
  CHECK_ERROR("tensor \"bias\" is f32[1], the model wants f32", third.load(path));
  CHECK(third.get("scaled.mean") == before);
}

TEST_CASE("instance: weights as .npz") {
  graphc_test::Folder folder;
  Instance net(&linear_module(), nullptr, 5), other(&linear_module(), nullptr, 6);
  net.set("scaled.mean", std::vector<float>{1, 2});
  std::string path = folder.file("w.npz");
  net.save(path, {{"graphc.class_names", "[\"a\"]"}});
  CHECK(folder.read("w.npz").substr(0, 2) == "PK");
  CHECK(other.load(path) == std::map<std::string, std::string>{{"graphc.class_names", "[\"a\"]"}});
  CHECK(other.get("weight") == net.get("weight"));
  CHECK(other.get("scaled.mean") == net.get("scaled.mean"));
  std::string first = folder.read("w.npz");
  net.save(path, {{"graphc.class_names", "[\"a\"]"}});
  CHECK(folder.read("w.npz") == first);
  folder.write("w.npz", first.substr(0, first.size() - 1));
  CHECK_ERROR("zip: there is no end record", other.load(path));
  folder.write("w.npz", graphc_test::zip_archive({}));
  CHECK_ERROR("tensor \"weight\" (f32[2, 1]) is missing", other.load(path));
}
