// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Models that try to crash, hang or fill the memory: one message each, soon.
#include <doctest/doctest.h>

#include <ctime>
#include <cstdlib>

#include "tests/frontend/error_cases.h"

namespace graphc_test {

using namespace graphc;

static std::string times(const std::string& text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i < count; i++) result += text;
  return result;
}

static std::string numbered(const std::string& before, size_t count, const std::string& after) {
  std::string result;
  for (size_t i = 0; i < count; i++) result += before + std::to_string(i) + after;
  return result;
}

std::vector<HostileCase> hostile_cases() {
  const std::string head = "model m\ninput x: f32[batch, 4]\n", tail = "output p = relu(x)\n", deep = "nested more than 200 deep";
  const size_t n = 100000;
  std::vector<HostileCase> cases = {
      {"parentheses", head + "a = " + times("(", n) + "x" + times(")", n) + "\n", deep},
      {"open parentheses", head + "a = " + times("(", n), deep},
      {"minus signs", head + "a = " + times("-", n) + "x\n", deep},
      {"brackets", head + "a = relu(" + times("[", n) + "\n", deep},
      {"sum of many", head + "a = x" + times(" + x", n) + "\n", deep},
      {"product of many", head + "a = x" + times(" * 2", n) + "\n", deep},
      {"calls", head + "a = " + times("relu(", n) + "x" + times(")", n) + "\n", deep},
      {"conditionals", head + "a = " + times("x if true else ", n / 2) + "x\n", deep},
      {"conditions", head + "a = x if " + times("(true if ", n) + "\n", deep},
      {"holes", head + "a = " + times("f{", n) + "\n", deep},
      {"repeats", head + "a = " + times("repeat 2 f(", n / 2) + "\n", deep},
      {"else if", head + "if false\n  let a = 1\n" + times("else if false\n  let a = 1\n", 10000) + tail, deep},
      {"chain of statements", head + "a0 = relu(x)\n", ""},
      {"many errors", head + times("?\n", n), "unexpected character '?'"},
      {"many syntax errors", head + times("a b c\n", n), "no statement begins with 'a'"},
      {"many unknown names", head + numbered("a", 20000, " = relu(nothing)\n"), "nothing above is named nothing"},
      {"NUL byte", head + std::string("a = x\0 + 1\n", 11), "unexpected character 0x00"},
      {"NUL byte in a comment", head + std::string("# a\0b\n", 6) + tail, "unexpected character 0x00"},
      {"NUL byte in a string", head + tail + std::string("train\n  data \"a\0b\"\n", 19), "this string does not end"},
      {"only NUL", std::string(1000, '\0'), "unexpected character 0x00"},
      {"bytes that are no UTF-8", head + "a = \xff\xfe\n", "unexpected character"},
      {"half a UTF-8 sequence", head + "a = \xe2", "unexpected character"},
      {"byte order mark", "\xEF\xBB\xBF" + head + tail, ""},
      {"carriage returns", "model m\r\ninput x: f32[batch, 4]\r\nblock f(x)\r\n  return x\r\noutput p = f(x)\r\n", ""},
      {"no last newline", head + "output p = relu(x)", ""},
      {"empty", "", "does not begin with its model's name"},
      {"one line of spaces", std::string(100000, ' '), "does not begin with its model's name"},
      {"a long line", head + "# " + std::string(500000, '#') + "\n" + tail, ""},
      {"a long name", head + std::string(500000, 'a') + " = x\n", "longer than 128 characters"},
      {"a long word", head + std::string(500000, 'a') + " b\n", "no statement begins with"},
      {"a long number", head + "let a = " + std::string(500000, '9') + "\n" + tail, "too large"},
      {"a long fraction", head + "let a = 0." + std::string(500000, '0') + "1\n" + tail, ""},
      {"a long string", head + tail + "train\n  data \"" + std::string(500000, 'a') + "\n", "does not end on its line"},
      {"a large file", std::string(size_t{1} << 21, '\n'), "more than 1048576"},
      {"a long list", head + "constant c: f32[3] = [" + times("1, ", 200000) + "]\n" + tail, "200000 values do not fill f32[3]"},
      {"many arguments", head + "a = concat(" + times("x, ", 200000) + "axis: 1)\noutput a\n", ""},
      {"many parameters", head + numbered("parameter w", 20000, ": f32[4] = 0\n") + tail, ""},
      {"many lets", head + numbered("let n", 40000, " = 1\n") + tail, ""},
      {"many inputs", head + numbered("input z", 20000, ": f32[4]\n") + tail, ""},
      {"many outputs", head + numbered("output z", 20000, " = x\n") + tail, ""},
      {"many layers", head + "block f(x)\n  a = dense(x, 4)\n  return a\ny = repeat 1000000 f(x)\noutput p = y\n",
       "the model is too large"},
      {"one unused layer many times", head + "block f(x)\n  a = dense(x, 4)\n  return x\ny = repeat 1000000 f(x)\noutput p = y\n",
       "the model is too large"},
  };
  // Values that are all read one through the other.
  for (HostileCase& c : cases)
    if (c.name == "chain of statements") {
      for (size_t i = 1; i < 20000; i++) c.text += "a" + std::to_string(i) + " = -a" + std::to_string(i - 1) + "\n";
      c.text += "output p = a19999\n";
    }
  // A block that calls the one before it twice: 2^30 operations in 60 lines.
  std::string doubling = head + "block f0(x)\n  return -x\n";
  for (int i = 1; i < 30; i++) {
    std::string f = "f" + std::to_string(i - 1);
    doubling += "block f" + std::to_string(i) + "(x)\n  return " + f + "(" + f + "(x))\n";
  }
  cases.push_back({"doubling blocks", doubling + "output p = f29(x)\n", "the model is too large"});
  std::string chain = head + "block f0(x)\n  return -x\n";
  for (int i = 1; i < 20000; i++) chain += "block f" + std::to_string(i) + "(x)\n  return f" + std::to_string(i - 1) + "(x)\n";
  cases.push_back({"chain of blocks", chain + "output p = f19999(x)\n", "nested more than 500 deep"});
  std::string ladder = head, indent;
  for (int i = 0; i < 1000; i++) ladder += indent + "if true\n", indent += " ";
  cases.push_back({"ladder of ifs", ladder + indent + "let a = 1\n" + tail, deep});
  return cases;
}

TEST_CASE("hostile models give one message, soon") {
  for (const HostileCase& c : hostile_cases()) {
    std::clock_t begin = std::clock();  // of this process alone, whatever else the machine does
    std::string message = message_of(c.text, "m.gc");
    double seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
    if (c.expected.empty())
      CHECK_MESSAGE(message.empty(), c.name << ": " << message.substr(0, 2000));
    else
      CHECK_MESSAGE(message.find(c.expected) != std::string::npos, c.name << ": " << message.substr(0, 2000));
    CHECK_MESSAGE(seconds < 8, c.name << " took " << seconds << " s");
    CHECK_MESSAGE(message.size() < 20000, c.name << " gives a message of " << message.size() << " bytes");
    if (std::getenv("GRAPHC_VERBOSE")) MESSAGE(c.name << " " << seconds << " s");
  }
}

TEST_CASE("every truncation and every flipped bit of a model gives a model or an error") {
  for (const char* name :
       {"examples/digits/digits.gc", "tests/bench/models/deep_narrow.gc", "tests/bench/models/autoencoder.gc"}) {
    const std::string text = read_file((source_root() / name).string());
    size_t accepted = 0;
    for (size_t size = 0; size < text.size(); size++) accepted += message_of(text.substr(0, size), "m.gc").empty();
    for (size_t bit = 0; bit < text.size() * 8; bit++) {
      std::string flipped = text;
      flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << (bit % 8)));
      accepted += message_of(flipped, "m.gc").empty();
    }
    CHECK_MESSAGE(accepted < text.size() * 9, name);
    CHECK_MESSAGE(accepted > 0, name);
  }
}

}  // namespace graphc_test
