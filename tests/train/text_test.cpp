// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/text.h"

#include <doctest/doctest.h>

#include "runtime/train/feeder.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;

namespace {

WantedColumns windows_of(uint64_t width, uint64_t target, int32_t limit = 0) {
  WantedColumns wanted;
  wanted.features = {"x", GRAPHC_I32, 0, width};
  wanted.label = WantedColumn{"y", GRAPHC_I32, limit, target};
  return wanted;
}

Dataset parse(const std::string& text, const WantedColumns& wanted, std::optional<uint64_t> stride = std::nullopt) {
  return parse_text(std::as_bytes(std::span(text.data(), text.size())), "t.txt", wanted, stride);
}

std::vector<int32_t> values(const Dataset& data, const char* column) {
  StoredTensor dense = load(*data.find(column));
  return {dense.as<int32_t>().begin(), dense.as<int32_t>().end()};
}

}  // namespace

TEST_CASE("text: windows and the next token of each") {
  Dataset data = parse("hello\nhello", windows_of(3, 3));
  CHECK(data.class_names == std::vector<std::string>{"\\x0a", "e", "h", "l", "o"});
  CHECK(data.rows == 3);  // hel lo\n hel, and one byte after each
  CHECK(data.find("x")->shape == std::vector<int64_t>{3, 3});
  CHECK(values(data, "x") == std::vector<int32_t>{2, 1, 3, 3, 4, 0, 2, 1, 3});
  CHECK(values(data, "y") == std::vector<int32_t>{1, 3, 3, 4, 0, 2, 1, 3, 3});
  CHECK(parse("hello\nhello", windows_of(3, 3), 1).rows == 8);
  Dataset last = parse("hello", windows_of(3, 1), 1);
  CHECK(last.rows == 2);
  CHECK(last.find("y")->shape == std::vector<int64_t>{2});
  CHECK(values(last, "y") == std::vector<int32_t>{2, 3});
}

TEST_CASE("text: the vocabulary of training stays; predict takes windows alone") {
  WantedColumns wanted = windows_of(2, 2);
  wanted.class_names = {"a", "b", " ", "\\xff"};
  CHECK(values(parse("b\xff ", wanted), "x") == std::vector<int32_t>{1, 3});
  CHECK_ERROR("byte 1 is 'c', which is not in the vocabulary", parse("bca", wanted));
  wanted.label.reset();
  CHECK(parse("ab", wanted).rows == 1);
  wanted.class_names = {"cat"};
  CHECK_ERROR("a class named \"cat\", which is no byte", parse("abc", wanted));
}

TEST_CASE("text: rows are taken, fed and converted without a copy of the windows") {
  Dataset data = parse("abcabcabc", windows_of(2, 1), 1);
  std::vector<uint32_t> rows = {2, 0, 1}, again = {2, 0};
  Dataset taken = take_rows(data, rows);
  CHECK(taken.find("x")->data.empty());
  CHECK(values(taken, "x") == std::vector<int32_t>{2, 0, 0, 1, 1, 2});
  CHECK(values(take_rows(taken, again), "x") == std::vector<int32_t>{1, 2, 2, 0});
  graphc_tensor inputs[2] = {};
  inputs[0].name = "x", inputs[0].rank = 2, inputs[0].shape[0] = -1, inputs[0].shape[1] = 2;  // f32
  inputs[1].name = "y", inputs[1].rank = 1, inputs[1].shape[0] = -1, inputs[1].dtype = GRAPHC_I32, inputs[1].limit = 3;
  graphc_entry_info entry = {};
  entry.name = "step", entry.inputs = 2, entry.input = inputs;
  Feeder feeder(taken, entry, 3);
  CHECK(!feeder.reads_files());
  const void* const* pointers = feeder.gather(again);
  const auto* x = static_cast<const float*>(pointers[0]);
  CHECK(std::vector<float>(x, x + 4) == std::vector<float>{1, 2, 2, 0});
  CHECK(static_cast<const int32_t*>(pointers[1])[0] == 0);
  pointers = feeder.range(1, 2);
  CHECK(static_cast<const float*>(pointers[0])[3] == 2);
}

TEST_CASE("text: SPEC") {
  Folder folder;
  std::string file = folder.write("t.txt", "abcabcabc");
  CHECK(load_dataset("text:" + file, windows_of(2, 2)).rows == 4);
  CHECK(load_dataset("text:" + file + ":stride=3", windows_of(2, 2)).rows == 3);
  for (const char* stride : {"0", "x", "1.5", "-1", "99999999999999999999"})
    CHECK_ERROR("stride= needs a whole number", load_dataset("text:" + file + ":stride=" + stride, windows_of(2, 2)));
}

TEST_CASE("text: what it refuses") {
  CHECK_ERROR("how many tokens a row has", parse("abc", windows_of(0, 0)));
  CHECK_ERROR("the stride must be at least 1", parse("abc", windows_of(1, 1), 0));
  CHECK_ERROR("takes 2 tokens a row; the next token of each in a window makes 3", parse("abcabc", windows_of(3, 2)));
  CHECK_ERROR("there are 3 different bytes, the model has 2 classes", parse("abc", windows_of(1, 1, 2)));
  CHECK_ERROR("the text has 2 bytes, a window and its target take 3", parse("ab", windows_of(2, 2)));
  WantedColumns wanted = windows_of(2, 2);
  wanted.label->dtype = GRAPHC_F32;
  CHECK_ERROR("must be classes", parse("abc", wanted));
  wanted.label.reset();
  CHECK_ERROR("the text has 1 bytes, a window takes 2", parse("a", wanted));
}
