// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/dataset.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "runtime/train/gzip.h"
#include "runtime/train/npy.h"
#include "tests/train/linear_module.h"
#include "tests/train/zip_archive.h"

using namespace graphc;
using graphc_test::Folder;

namespace {

std::string gzip(const std::string& text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string npy(const ArrayView& values, std::vector<int64_t> shape) {
  const auto* bytes = static_cast<const std::byte*>(values.data());
  std::vector<std::byte> file =
      format_npy({{}, values.dtype(), std::move(shape), {bytes, bytes + values.size() * (values.dtype() == GRAPHC_U8 ? 1 : 4)}});
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

const std::string images = std::string("\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\2", 16) + "\1\2\3\4";
const std::string labels = std::string("\0\0\x08\1\0\0\0\2\7\1", 10);

}  // namespace

TEST_CASE("dataset: the embedded digits") {
  WantedColumns wanted;
  wanted.features = {"pixels", GRAPHC_F32, 0, 64};
  wanted.label->limit = 10;
  Dataset digits = load_dataset("digits", wanted);
  CHECK(digits.rows == 1797);
  const StoredTensor& pixels = *digits.find("pixels");
  CHECK(pixels.shape == std::vector<int64_t>{1797, 64});
  CHECK(pixels.as<float>()[2] == 5);
  CHECK(digits.find("y")->as<int32_t>()[1796] == 8);
  double sum = 0;
  for (float value : pixels.as<float>()) sum += value;
  CHECK(sum == 561718);
  wanted.features.width = 63;
  CHECK_ERROR("a row has 64 features and a label, the model's input \"pixels\" takes 63", load_dataset("digits", wanted));
}

TEST_CASE("dataset: files are known by their first bytes") {
  Folder folder;
  std::string csv = folder.write("plain.data", "1,2,0\n3,4,1\n");
  CHECK(load_dataset(csv).rows == 2);
  CHECK(load_dataset(folder.write("packed.csv", gzip("1,2,0\n3,4,1\n"))).rows == 2);
  CHECK(load_dataset(folder.write("named.csv", "k,a\nu,1\nv,2\n") + ":label=k").class_names.size() == 2);
  Dataset idx = load_dataset(folder.write("images", gzip(images)) + "," + folder.write("labels", labels));
  CHECK(idx.rows == 2);
  CHECK(idx.find("x")->dtype == GRAPHC_U8);
  CHECK(idx.find("x")->shape == std::vector<int64_t>{2, 1, 2});
  CHECK(idx.find("y")->as<int32_t>()[0] == 7);
  Dataset npys = load_dataset(folder.write("x.npy", npy(std::vector<float>{1, 2, 3, 4}, {2, 2})) + "," +
                              folder.write("y.npy", npy(std::vector<int32_t>{1, 0}, {2})));
  CHECK(npys.find("x")->as<float>()[3] == 4);
  WantedColumns inputs_only;
  inputs_only.label.reset();
  CHECK(load_dataset(folder.file("x.npy"), inputs_only).columns.size() == 1);
  CHECK(load_dataset(folder.file("x.npy") + "," + folder.file("y.npy"), inputs_only).columns.size() == 1);
}

TEST_CASE("dataset: .npz files and further inputs by name") {
  Folder folder;
  std::string archive = folder.write("d.npz", graphc_test::zip_archive({{"y.npy", npy(std::vector<uint8_t>{1, 0}, {2}), true},
                                                                        {"x.npy", npy(std::vector<float>{1, 2}, {2, 1}), true},
                                                                        {"z.npy", npy(std::vector<int32_t>{7, 8}, {2})}}));
  WantedColumns wanted;
  CHECK(load_dataset(archive).columns.size() == 2);
  CHECK(load_dataset(archive).find("y")->as<int32_t>()[0] == 1);
  wanted.others = {{"z", GRAPHC_F32, 0, 1}, {"weight", GRAPHC_F32, 0, 1}};
  Dataset data = load_dataset(archive, wanted);
  CHECK(data.find("z")->as<int32_t>()[1] == 8);
  CHECK(data.find("weight")->as<float>()[1] == 1);  // the data have none
  wanted.others = {{"z", GRAPHC_F32, 0, 2}};
  CHECK_ERROR("the array for \"z\" is i32[2], the model takes 2 a row for 2 rows", load_dataset(archive, wanted));
  wanted.others = {{"u", GRAPHC_F32, 0, 1}};
  CHECK_ERROR("nothing for the model's input \"u\"", load_dataset(archive, wanted));
  std::string x = folder.write("x.npy", npy(std::vector<float>{1, 2}, {2, 1})), y = folder.write("y.npy", npy(std::vector<int32_t>{0, 1}, {2}));
  CHECK_ERROR("nothing for the model's input \"u\"", load_dataset(x + "," + y, wanted));
  CHECK(load_dataset(x + "," + y + "," + x, wanted).find("u")->as<float>()[1] == 2);
}

TEST_CASE("dataset: MNIST as it comes") {
  const char* data = std::getenv("GRAPHC_DATA");
  std::string folder = std::string(data ? data : "") + "/mnist/t10k-";
  if (!data || !std::filesystem::exists(folder + "labels-idx1-ubyte.gz")) {
    std::puts("SKIPPED: needs MNIST");
    CHECK(std::getenv("CI") == nullptr);
    return;
  }
  WantedColumns wanted;
  wanted.features.width = 784;
  wanted.label->limit = 10;
  Dataset mnist = load_dataset(folder + "images-idx3-ubyte.gz," + folder + "labels-idx1-ubyte.gz", wanted);
  CHECK(mnist.rows == 10000);
  CHECK(mnist.find("x")->shape == std::vector<int64_t>{10000, 28, 28});
  CHECK(mnist.find("y")->as<int32_t>()[0] == 7);
}

TEST_CASE("dataset: what load_dataset refuses") {
  Folder folder;
  std::string x = folder.write("x.npy", npy(std::vector<float>{1, 2, 3, 4}, {2, 2}));
  std::string y3 = folder.write("y3.npy", npy(std::vector<int32_t>{1, 0, 1}, {3}));
  std::string y2 = folder.write("y2.npy", npy(std::vector<int32_t>{1, 0, 1, 1}, {2, 2}));
  std::string floats = folder.write("f.npy", npy(std::vector<float>{1, 0}, {2}));
  std::string scalar = folder.write("s.npy", npy(std::vector<float>{1}, {}));
  std::string none = folder.write("n.npy", npy(std::vector<float>{}, {0, 2}));
  std::string text = folder.write("t.csv", "1,2\n");
  CHECK_ERROR("cannot open: No such file or directory; check the path", load_dataset(folder.file("no.csv")));
  CHECK_ERROR("cannot read: Is a directory", load_dataset(folder.path.string()));
  CHECK_ERROR("the name of the data is empty", load_dataset(""));
  CHECK_ERROR("two files are wanted, FEATURES,LABELS, or a third", load_dataset("a,b,c,d"));
  CHECK_ERROR("the name of a file is empty", load_dataset("a,"));
  CHECK_ERROR("the name of a file is empty", load_dataset(",a"));
  CHECK_ERROR("label= needs a column's name", load_dataset("a.csv:label="));
  CHECK_ERROR("label= is given twice", load_dataset("a.csv:label=a:label=b"));
  CHECK_ERROR("label= belongs to a CSV file", load_dataset(x + "," + y3 + ":label=a"));
  CHECK_ERROR("weight= belongs to a CSV file", load_dataset("digits:weight=a"));
  CHECK_ERROR("stride= belongs to text:FILE", load_dataset(text + ":stride=3"));
  CHECK_ERROR("one file is wanted", load_dataset("cifar:a,b"));
  CHECK_ERROR("a third file serves a model with one further input, this model has 0",
              load_dataset(x + "," + folder.write("y.npy", npy(std::vector<int32_t>{1, 0}, {2})) + "," + y3));
  CHECK_ERROR("no array for the model's input \"x\"; the keys are the inputs' names (there are: x_)",
              load_dataset(folder.write("a.npz", graphc_test::zip_archive({{"x_.npy", npy(std::vector<float>{1}, {1, 1})}}))));
  CHECK_ERROR("no array for the model's target \"y\"",
              load_dataset(folder.write("b.npz", graphc_test::zip_archive({{"x.npy", npy(std::vector<float>{1}, {1, 1})}}))));
  CHECK_ERROR("neither an IDX nor an .npy file", load_dataset(x + "," + text));
  CHECK_ERROR("needs labels; give two files", load_dataset(x));
  CHECK_ERROR("there are 3 labels for 2 rows", load_dataset(x + "," + y3));
  CHECK_ERROR("the model's target \"y\" takes 1 a row", load_dataset(x + "," + y2));
  CHECK_ERROR("the labels are floats, the model wants classes", load_dataset(x + "," + floats));
  CHECK_ERROR("the array has no dimensions", load_dataset(scalar + "," + y3));
  CHECK_ERROR("the file has no rows", load_dataset(none + "," + y3));
  WantedColumns wanted;
  wanted.features.width = 3;
  CHECK_ERROR("the array is f32[2, 2], so a row has 2 elements; the model's input \"x\" takes 3",
              load_dataset(x + "," + y2, wanted));
}

TEST_CASE("dataset: what a model wants") {
  WantedColumns wanted = wanted_columns(graphc_test::linear_module());
  CHECK(wanted.features.name == "x");
  CHECK(wanted.features.width == 2);
  CHECK(wanted.label->name == "y");
  CHECK(wanted.label->dtype == GRAPHC_F32);
  CHECK(!wanted_columns(graphc_test::linear_module(), "predict").label);
  CHECK_ERROR("no entry \"sleep\"", wanted_columns(graphc_test::linear_module(), "sleep"));
  CHECK_ERROR("the entry \"init\" has no input that predict has too", wanted_columns(graphc_test::linear_module(), "init"));
}

TEST_CASE("dataset: features, label, further inputs and weights of a model") {
  auto input = [](const char* name, uint8_t dtype = GRAPHC_F32, int32_t limit = 0) {
    graphc_tensor tensor{};
    tensor.name = name, tensor.rank = 1, tensor.shape[0] = -1, tensor.dtype = dtype, tensor.limit = limit;
    return tensor;
  };
  const graphc_tensor of_step[] = {input("weight"), input("t"), input("x"), input("z"), input("y", GRAPHC_I32, 3)};
  const graphc_tensor of_predict[] = {input("x"), input("z")};
  graphc_entry_info entries[3] = {};
  entries[0].name = "step", entries[0].inputs = 5, entries[0].input = of_step;
  entries[1].name = "eval", entries[1].inputs = 4, entries[1].input = of_step;  // without y
  entries[2].name = "predict", entries[2].inputs = 2, entries[2].input = of_predict;
  graphc_module module = {};
  module.name = "m", module.entries = 3, module.entry = entries;
  auto names = [](const std::vector<WantedColumn>& columns) {
    std::vector<std::string> result;
    for (const WantedColumn& column : columns) result.push_back(column.name);
    return result;
  };
  WantedColumns step = wanted_columns(module);
  CHECK(step.features.name == "x");
  CHECK(step.label->name == "y");  // has classes
  CHECK(names(step.others) == std::vector<std::string>{"z", "weight", "t"});
  CHECK(step.left_out.empty());
  CHECK(wanted_columns(module, "eval").label->name == "t");  // is not named weight
  WantedColumns predict = wanted_columns(module, "predict");
  CHECK(!predict.label);
  CHECK(names(predict.others) == std::vector<std::string>{"z"});
  CHECK(predict.left_out == std::vector<std::string>{"weight"});
}

TEST_CASE("dataset: columns by hand") {
  Dataset data;
  data.add("x", std::vector<float>{1, 2, 3, 4, 5, 6}, 3);
  data.add("y", std::vector<int32_t>{0, 1, 2}, 3);
  CHECK(data.find("x")->shape == std::vector<int64_t>{3, 2});
  CHECK(data.find("z") == nullptr);
  CHECK_ERROR("column \"z\" has 2 rows, the others have 3", data.add("z", std::vector<float>{1, 2}, 2));
  CHECK_ERROR("two columns \"x\"", data.add("x", std::vector<float>{1, 2, 3}, 3));
  CHECK_ERROR("4 elements are not 3 rows of 1", data.add("z", std::vector<float>{1, 2, 3, 4}, 3));
  std::vector<uint32_t> rows = {2, 0};
  Dataset taken = take_rows(data, rows);
  CHECK(taken.find("x")->as<float>()[0] == 5);
  CHECK(taken.find("y")->as<int32_t>()[1] == 0);
  rows[0] = 3;
  CHECK_ERROR("row 3 does not exist, there are 3", take_rows(data, rows));
}

TEST_CASE("gzip: members, damage, bombs") {
  std::string text(100000, 'a'), packed = gzip(text);
  CHECK(inflate_gzip(bytes_of(packed), "a.gz").size() == text.size());
  CHECK(inflate_gzip(bytes_of(packed + packed), "a.gz").size() == 2 * text.size());
  CHECK(inflate_gzip(bytes_of(gzip("")), "a.gz").empty());
  CHECK_ERROR("bytes follow the end", inflate_gzip(bytes_of(packed + "xyz"), "a.gz"));
  for (size_t size = 0; size < packed.size(); ++size)
    CHECK_ERROR("a.gz: error: gzip: ", inflate_gzip(bytes_of(packed.substr(0, size)), "a.gz"));
  packed[packed.size() / 2] ^= 0x55;
  CHECK_ERROR("damaged", inflate_gzip(bytes_of(packed), "a.gz"));
  std::string bomb = gzip(std::string(size_t{80} << 20, '\0'));
  CHECK_ERROR("inflate the file by hand if it is sound", inflate_gzip(bytes_of(bomb), "a.gz"));
}
