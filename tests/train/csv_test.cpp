// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/csv.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

WantedColumns classes(uint64_t width = 0, int32_t limit = 0) {
  return {{"x", GRAPHC_F32, 0, width}, WantedColumn{"y", GRAPHC_I32, limit, 1}, {}};
}
WantedColumns regression() { return {{"x", GRAPHC_F32, 0, 0}, WantedColumn{"y", GRAPHC_F32, 0, 1}, {}}; }
WantedColumns features(uint64_t width = 0) { return {{"x", GRAPHC_F32, 0, width}, std::nullopt, {}}; }

Dataset parse(std::string_view text, const WantedColumns& wanted = classes(), const std::string& label = {}) {
  return parse_csv(text, "d.csv", wanted, label);
}
std::vector<float> x(const Dataset& dataset) {
  auto values = dataset.find("x")->as<float>();
  return {values.begin(), values.end()};
}
std::vector<int32_t> y(const Dataset& dataset) {
  auto values = dataset.find("y")->as<int32_t>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("csv: rows, classes, regression, header, line ends, byte order mark") {
  Dataset dataset = parse("1,2.5,0\n-3,4e1,2\n");
  CHECK(dataset.rows == 2);
  CHECK(dataset.find("x")->shape == std::vector<int64_t>{2, 2});
  CHECK(x(dataset) == std::vector<float>{1, 2.5, -3, 40});
  CHECK(y(dataset) == std::vector<int32_t>{0, 2});
  CHECK(dataset.class_names.empty());
  for (const char* text :
       {"a,b,c\r\n1,2,0\r\n3,4,1\r\n", "\xef\xbb\xbf 1 ,\t2,0\n+3,4,1\n\n  \n", "\"a\",\"b,b\",\"c\"\n\"1\",2,0\n3,4,\"1\""}) {
    Dataset other = parse(text);
    CHECK(x(other) == std::vector<float>{1, 2, 3, 4});
    CHECK(y(other) == std::vector<int32_t>{0, 1});
  }
  Dataset real = parse("1,0.5\n2,-7.25\n", regression());
  CHECK(real.find("y")->as<float>()[1] == -7.25f);
  CHECK(parse("1e-50,0\n1e-400,1\n").find("x")->as<float>()[1] == 0);
}

TEST_CASE("csv: text labels in sorted order, and a known map") {
  Dataset iris = parse("5.1,setosa\n6,virginica\n5,setosa\n4,Ünder\n");
  CHECK(iris.class_names == std::vector<std::string>{"setosa", "virginica", "Ünder"});
  CHECK(y(iris) == std::vector<int32_t>{0, 1, 0, 2});
  CHECK(parse("1,\"a \"\"b\"\"\"\n").class_names == std::vector<std::string>{"a \"b\""});
  WantedColumns known = classes();
  known.class_names = {"a", "b", "c"};
  Dataset later = parse("1,c\n2,a\n", known);
  CHECK(y(later) == std::vector<int32_t>{2, 0});
  CHECK(later.class_names == known.class_names);
  CHECK_ERROR("d.csv:2:3: error: label \"d\" is not among the classes of training", parse("1,c\n2,d\n", known));
}

TEST_CASE("csv: the label by name or number, and files without one") {
  Dataset named = parse("kind,a,b\nz,1,2\ny,3,4\n", classes(), "kind");
  CHECK(x(named) == std::vector<float>{1, 2, 3, 4});
  CHECK(y(named) == std::vector<int32_t>{1, 0});
  CHECK(y(parse("7,1,2\n8,3,4\n", classes(), "1")) == std::vector<int32_t>{7, 8});
  CHECK(x(parse("1,2\n3,4\n", features())) == std::vector<float>{1, 2, 3, 4});
  CHECK(x(parse("1,2,9\n3,4,9\n", features(2))) == std::vector<float>{1, 2, 3, 4});
  CHECK(x(parse("a,b,c\n1,2,x\n3,4,y\n", features(2))) == std::vector<float>{1, 2, 3, 4});
  CHECK_ERROR("no column is named \"knd\" (did you mean \"kind\"?)", parse("kind,a\nz,1\n", classes(), "knd"));
  CHECK_ERROR("no column is named \"4\"", parse("1,2,3\n", classes(), "4"));
}

TEST_CASE("csv: what it refuses, with line and column") {
  CHECK_ERROR("d.csv: error: the file is empty", parse(""));
  CHECK_ERROR("d.csv: error: the file is empty", parse("\r\n \n"));
  CHECK_ERROR("a header and no rows", parse("a,b\n"));
  CHECK_ERROR("d.csv:1:2: error: the cells are not separated by commas", parse("1;2;3\n"));
  CHECK_ERROR("one column only", parse("1\n2\n"));
  CHECK_ERROR("a row has 2 features and a label, the model's input \"x\" takes 63", parse("1,2,3\n", classes(63)));
  CHECK_ERROR("d.csv:2:3: error: cell \"oops\" is not a number", parse("1,2,0\n1,oops,0\n"));
  CHECK_ERROR("d.csv:2:1: error: cell \"\" is empty; a number is wanted", parse("1,2,0\n,2,0\n"));
  CHECK_ERROR("is too large for f32", parse("1,2,0\n1e39,2,0\n"));
  CHECK_ERROR("is not finite", parse("1,2,0\nnan,2,0\n"));
  CHECK_ERROR("is not finite", parse("1,2,0\n2,-inf,0\n"));
  CHECK_ERROR("is not a number", parse("1,2,0\n+-2,0x10,0\n"));
  CHECK_ERROR("d.csv:2:1: error: the row has 2 cells, the first row has 3", parse("1,2,0\n1,2\n"));
  CHECK_ERROR("the row has 4 cells", parse("1,2,0\n1,2,3,4\n"));
  CHECK_ERROR("d.csv:2:1: error: the row is empty", parse("1,2,0\n\n1,2,0\n"));
  CHECK_ERROR("d.csv:2:5: error: the label is empty", parse("1,2,0\n1,2,\n"));
  CHECK_ERROR("d.csv:2:3: error: the quote is not closed", parse("1,2,0\n1,\"2,0\n"));
  CHECK_ERROR("text follows the closing quote", parse("1,2,0\n1,\"2\"x,0\n"));
  CHECK_ERROR("d.csv:2:3: error: label 0.5 is not a class", parse("1,0\n2,0.5\n"));
  CHECK_ERROR("label -1 is not a class", parse("1,0\n2,-1\n"));
  CHECK_ERROR("label 10 is outside 0..9, the model has 10 classes", parse("1,0\n2,10\n", classes(0, 10)));
  CHECK_ERROR("texts of 3 kinds, the model has 2 classes", parse("1,a\n2,b\n3,c\n", classes(0, 2)));
  CHECK_ERROR("is not a number", parse("1,0.5\n2,a\n", regression()));
  std::string many;
  for (int i = 0; i < 65537; ++i) many += "1,l" + std::to_string(i) + "\n";
  CHECK_ERROR("more than 65536 different values", parse(many));
}

TEST_CASE("csv: errors are collected, up to ten") {
  std::string text = "1,2,0\n";
  for (int i = 0; i < 30; ++i) text += "x,2,0\n";
  std::string message = graphc_test::error_of([&] { parse(text); });
  CHECK(std::count(message.begin(), message.end(), '\n') == 10);
  CHECK(message.find("d.csv:11:1") != std::string::npos);
  CHECK(message.find("d.csv:12:1") == std::string::npos);
  CHECK(message.find("note: stopped after 10 errors") != std::string::npos);
  message = graphc_test::error_of([&] { parse("1,2,0\nx\x01,2,0\n3,y,0\n"); });
  CHECK(message == "d.csv:2:1: error: cell \"x?\" is not a number\nd.csv:3:3: error: cell \"y\" is not a number");
}

TEST_CASE("csv: further inputs and weights are columns of their names") {
  WantedColumns wanted;
  wanted.features.width = 2;
  wanted.others = {{"weight", GRAPHC_F32, 0, 1}, {"kind", GRAPHC_I32, 0, 1}};
  for (const char* text : {"a,weight,b,kind,label\n1,0.5,2,7,0\n3,1.5,4,8,1\n", "a,b,label,kind,weight\n1,2,0,7,0.5\n3,4,1,8,1.5\n"}) {
    Dataset data = parse_csv(text, "w.csv", wanted);
    CHECK(data.find("x")->as<float>()[2] == 3);
    CHECK(data.find("x")->as<float>()[3] == 4);
    CHECK(data.find("weight")->as<float>()[1] == 1.5);
    CHECK(data.find("kind")->as<int32_t>()[1] == 8);
    CHECK(data.find("y")->as<int32_t>()[1] == 1);
  }
  wanted.others.pop_back();
  CHECK(parse_csv("a,b,w,label\n1,2,0.5,1\n", "w.csv", wanted, "", "w").find("weight")->as<float>()[0] == 0.5);
  CHECK(parse_csv("1,2,0.5,1\n", "w.csv", wanted, "", "3").find("weight")->as<float>()[0] == 0.5);
  CHECK(parse_csv("a,b,label\n1,2,1\n", "w.csv", wanted).find("weight") == nullptr);
  CHECK_ERROR("no column is named \"v\"", parse_csv("a,b,w,label\n1,2,0.5,1\n", "w.csv", wanted, "", "v"));
  CHECK_ERROR("is the label already", parse_csv("a,b,weight\n1,2,0.5\n", "w.csv", wanted, "weight"));
  CHECK_ERROR("cell \"heavy\"", parse_csv("a,b,weight,label\n1,2,heavy,1\n", "w.csv", wanted));
  wanted.others = {{"kind", GRAPHC_I32, 0, 1}};
  CHECK_ERROR("w.csv:2:5: error: cell \"1.5\" is not a whole number, which the model's input \"kind\" takes",
              parse_csv("a,b,kind,label\n1,2,1.5,1\n", "w.csv", wanted));
  wanted.others = {{"kind", GRAPHC_I32, 0, 3}};
  CHECK_ERROR("use an .npz file", parse_csv("a,b,kind,label\n1,2,1,1\n", "w.csv", wanted));

  WantedColumns predict;  // wants neither label nor weight
  predict.features.width = 2;
  predict.label.reset();
  predict.left_out = {"weight"};
  CHECK(parse_csv("a,weight,b,label\n1,0.5,2,0\n", "w.csv", predict).columns.size() == 1);
  CHECK(parse_csv("a,weight,b,label\n1,0.5,2,0\n", "w.csv", predict).find("x")->as<float>()[1] == 2);
  CHECK_ERROR("the weight is the label already", parse_csv("a,b,w\n1,2,3\n", "w.csv", predict, "w", "w"));
}
