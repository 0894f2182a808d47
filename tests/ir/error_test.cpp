// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/error.h"

#include <doctest/doctest.h>

#include <thread>

using namespace graphc;

TEST_CASE("a message has place, source line, caret and notes") {
  Diagnostic d{{"model.gc", 2, 5}, "matmul: inner sizes differ", {"transpose one", "or the other"}};
  CHECK(format(d, "first\n\tx = matmul\nlast") ==
        "model.gc:2:5: error: matmul: inner sizes differ\n"
        "  \tx = matmul\n"
        "  \t   ^\n"
        "  note: transpose one\n"
        "  note: or the other");
}

TEST_CASE("a message without a place or without a source") {
  CHECK(format({{}, "bad", {}}) == "error: bad");
  CHECK(format({{"a.gc", 3, 0}, "bad", {}}) == "a.gc:3: error: bad");
  CHECK(format({{"a.gc", 0, 0}, "bad", {}}, "text") == "a.gc: error: bad");
}

TEST_CASE("a line beyond the text, a column beyond the line, a carriage return") {
  CHECK(format({{"a", 9, 1}, "bad", {}}, "x\n") == "a:9:1: error: bad\n  \n  ^");
  CHECK(format({{"a", 1, 99}, "bad", {}}, "xy\r\nz") == "a:1:99: error: bad\n  xy\n    ^");
}

TEST_CASE("long lines are cut") {
  std::string text = format({{"a", 1, 5000}, "bad", {}}, std::string(10000, 'x'));
  CHECK(text.size() < 700);
}

TEST_CASE("several diagnostics in one error") {
  CompileError error(std::vector<Diagnostic>{{{"a", 1, 1}, "one", {}}, {{"a", 2, 1}, "two", {}}}, "x\ny");
  CHECK(std::string(error.what()) == "a:1:1: error: one\n  x\n  ^\na:2:1: error: two\n  y\n  ^");
  CHECK(error.diagnostics().size() == 2);
}

TEST_CASE("the nearest name") {
  CHECK(nearest("tahn", {"tanh", "exp"}) == "tanh");
  CHECK(nearest("learing_rate", {"momentum", "learning_rate"}) == "learning_rate");
  CHECK(nearest("xyz", {"tanh", "exp"}) == "");
  CHECK(nearest("a", {"b"}) == "");  // everything is near to one letter
  CHECK(nearest("relu", {"relu"}) == "");
  CHECK(nearest(std::string(100000, 'x'), {"x"}) == "");
}

TEST_CASE("places of many threads share their file's name") {
  std::vector<std::thread> threads;
  const char* names[4];
  for (int t = 0; t < 4; t++) threads.emplace_back([&names, t] { names[t] = Place("same.gc", 1, 1).file; });
  for (auto& thread : threads) thread.join();
  for (const char* name : names) CHECK(name == names[0]);
}
