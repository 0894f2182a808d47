// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Columns that stay in their files: the same bits as in memory, and what happens when a file changes meanwhile.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>

#include "runtime/train/background_task.h"
#include "runtime/train/cifar.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/feeder.h"
#include "runtime/train/npy.h"
#include "runtime/train/observer.h"
#include "runtime/train/trainer.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;
using graphc_test::linear_module;

namespace {

constexpr uint64_t in_memory = ~uint64_t{0}, in_file = 0;

WantedColumns wanted(uint64_t stream_above) {
  WantedColumns columns = wanted_columns(linear_module());
  columns.stream_above = stream_above;
  return columns;
}

template <class T>
std::string npy(const char* descr, const std::string& shape, const std::vector<T>& values) {
  std::string header = std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': " + shape + "}\n";
  std::string text = std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header;
  return text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

struct Files {
  Folder folder;
  std::string spec;

  template <class X>
  explicit Files(const char* descr, X /*type*/, uint64_t rows = 43) {
    std::vector<X> x;
    std::vector<float> y;
    for (uint64_t i = 0; i < rows; ++i) {
      auto a = static_cast<X>(i * 7 % 13), b = static_cast<X>(i * 5 % 11);
      x.insert(x.end(), {a, b});
      y.push_back(3 * static_cast<float>(a) - 2 * static_cast<float>(b) + 1);
    }
    spec = folder.write("x.npy", npy(descr, "(" + std::to_string(rows) + ", 2)", x)) + "," +
           folder.write("y.npy", npy("<f4", "(" + std::to_string(rows) + ",)", y));
  }
  Dataset load(uint64_t above) const { return load_dataset(spec, wanted(above)); }
};

struct Trained {
  std::vector<double> losses;
  std::vector<float> weights, predictions;
  bool operator==(const Trained&) const = default;
};

Trained trained(const Dataset& data, Sampling sampling) {
  DatasetSplit split = split_dataset(data, 0.2, 3);
  DatasetSplit again = split_dataset(split.train, 0.2, 4);
  Instance net(&linear_module(), nullptr, 5);
  TrainSettings settings;
  settings.epochs = 5, settings.batch = 4, settings.sampling = sampling;
  settings.validation = &again.test, settings.test = &split.test;
  TrainResult result = train(net, again.train, settings);
  Trained all;
  for (const EpochRecord& epoch : result.history) all.losses.insert(all.losses.end(), {epoch.train.loss, epoch.validation->loss});
  all.losses.push_back(result.test->loss);
  all.weights = net.get("weight");
  for (const char* name : {"scaled.mean", "scaled.scale"})
    for (float value : net.get(name)) all.weights.push_back(value);
  StoredTensor predicted = predict(net, split.test);
  all.predictions.assign(predicted.as<float>().begin(), predicted.as<float>().end());
  return all;
}

template <class X>
void check_same(const char* descr, X type) {
  Files files(descr, type);
  Dataset streamed = files.load(in_file), loaded = files.load(in_memory);
  CHECK(streamed.find("x")->data.empty());
  CHECK(streamed.find("y")->data.empty());
  CHECK(!loaded.find("x")->source);
  CHECK(load(*streamed.find("x")) == *loaded.find("x"));
  for (Sampling sampling : {Sampling::epoch, Sampling::order, Sampling::independent, Sampling::replacement})
    CHECK(trained(streamed, sampling) == trained(loaded, sampling));
}

struct Cutter : Observer {  // the file becomes shorter after a step
  std::string path;
  void step(const StepReport& report) override {
    if (report.step == 3) std::filesystem::resize_file(path, 200);
  }
};

}  // namespace

TEST_CASE("stream: the same bits as in memory") {
  check_same("<f4", float());
  check_same("<f8", double());
  check_same("|u1", uint8_t());
  check_same("<i4", int32_t());
  check_same("<i8", int64_t());
}

TEST_CASE("stream: IDX and CIFAR") {
  Folder folder;
  WantedColumns columns;
  std::string values = {1, 2, 3, 4, -1, -2, 7, 8};
  std::string labels = folder.write("l", std::string("\0\0\x08\1\0\0\0\2\1\0", 10));
  for (int type : {8, 9, 11, 12, 13}) {
    int width = type < 11 ? 4 : type == 11 ? 2 : 1;
    std::string head = std::string("\0\0", 2) + static_cast<char>(type) + std::string("\2\0\0\0\2\0\0\0", 8) + static_cast<char>(width);
    std::string spec = folder.write("x", head + values) + "," + labels;
    columns.stream_above = in_memory;
    Dataset loaded = load_dataset(spec, columns);
    columns.stream_above = in_file;
    Dataset streamed = load_dataset(spec, columns);
    CHECK(streamed.find("x")->source != nullptr);
    CHECK(load(*streamed.find("x")) == *loaded.find("x"));
  }
  std::string records;
  for (int i = 0; i < 300; ++i)
    records += static_cast<char>(i % 10) + std::string(cifar_pixels - 1, static_cast<char>(i)) + static_cast<char>(i + 1);
  std::string spec = "cifar:" + folder.write("c.bin", records);
  Dataset streamed = load_dataset(spec, columns);
  columns.stream_above = in_memory;
  Dataset loaded = load_dataset(spec, columns);
  CHECK(streamed.find("x")->data.empty());
  CHECK(load(*streamed.find("x")) == *loaded.find("x"));
  CHECK(*streamed.find("y") == *loaded.find("y"));
  std::vector<uint32_t> rows = {7, 3, 4, 7};
  CHECK(load(*streamed.find("x"), rows) == load(*loaded.find("x"), rows));
  columns.stream_above = in_file;
  records[cifar_record] = 10;
  CHECK_ERROR("record 1 has the label 10", load_dataset("cifar:" + folder.write("c.bin", records), columns));
  CHECK_ERROR("which are not records of 3073", load_dataset("cifar:" + folder.write("c.bin", records.substr(1)), columns));
}

TEST_CASE("stream: headers are checked at once, compressed and other files are loaded") {
  Folder folder;
  CHECK_ERROR("asks for 6 elements of 4 bytes, 8 bytes follow",
              load_dataset(folder.write("x.npy", npy("<f4", "(3, 2)", std::vector<float>{1, 2})), wanted(in_file)));
  CHECK_ERROR("the file has no rows", load_dataset(folder.write("x.npy", npy("<f4", "(0, 2)", std::vector<float>())), wanted(in_file)));
  CHECK_ERROR("the array has no dimensions", load_dataset(folder.write("x.npy", npy("<f4", "()", std::vector<float>{1})), wanted(in_file)));
  CHECK(load_dataset(folder.write("a.csv", "1,2,3\n4,5,6\n"), wanted(in_file)).rows == 2);
  std::string many = folder.write("m.npy", npy("|u1", "(4294967296, 1)", std::vector<uint8_t>()));
  std::filesystem::resize_file(many, std::filesystem::file_size(many) + (uint64_t{1} << 32));
  WantedColumns columns;
  columns.label.reset();
  CHECK_ERROR("has 4294967296 rows, at most 4294967295 are read", load_dataset(many, columns));
}

TEST_CASE("stream: elements and labels are checked when they arrive") {
  graphc_tensor inputs[2] = {};
  inputs[0].name = "x", inputs[0].rank = 1, inputs[0].shape[0] = -1;
  inputs[1].name = "y", inputs[1].rank = 1, inputs[1].shape[0] = -1, inputs[1].dtype = GRAPHC_I32, inputs[1].limit = 3;
  graphc_entry_info entry = {};
  entry.name = "step", entry.inputs = 2, entry.input = inputs;
  Folder folder;
  std::string spec = folder.write("x.npy", npy("<f8", "(4,)", std::vector<double>{1, 2, 3, 1e300})) + "," +
                     folder.write("y.npy", npy("|u1", "(4,)", std::vector<uint8_t>{2, 1, 3, 0}));
  WantedColumns columns;
  columns.stream_above = in_file;
  Dataset data = load_dataset(spec, columns);
  Feeder feeder(data, entry, 2);
  CHECK(feeder.reads_files());
  std::vector<uint32_t> good = {1, 0}, bad_label = {0, 2}, bad_element = {3, 0};
  for (bool announced : {false, true}) {
    auto gather = [&](const std::vector<uint32_t>& rows) {
      if (announced) feeder.announce(rows);
      return feeder.gather(rows);
    };
    const void* const* pointers = gather(good);
    CHECK(static_cast<const float*>(pointers[0])[0] == 2);
    CHECK(static_cast<const int32_t*>(pointers[1])[1] == 2);
    CHECK_ERROR("row 2: label 3 is outside 0..2", gather(bad_label));
    CHECK_ERROR("element 3 does not fit into f32", gather(bad_element));
  }
  feeder.announce(bad_label);  // never asked for
  CHECK(static_cast<const float*>(feeder.gather(good)[0])[1] == 1);
  feeder.announce(good);
  feeder.announce(bad_element);
  CHECK(static_cast<const float*>(feeder.range(0, 2)[0])[1] == 2);
  CHECK_ERROR("element 3 does not fit", feeder.range(2, 2));  // which was read ahead
}

TEST_CASE("stream: a file that is cut short while it is read") {
  Files files("<f4", float());
  Dataset data = files.load(in_file);
  Instance net(&linear_module(), nullptr, 5);
  Cutter cutter;
  cutter.path = files.folder.file("x.npy");
  TrainSettings settings;
  settings.epochs = 2, settings.batch = 4, settings.observers = {&cutter};
  CHECK_ERROR("x.npy: error: the file ends before byte ", train(net, data, settings));
}

TEST_CASE("background task: one after another, errors come to who waits") {
  int done = 0;
  {
    BackgroundTask task;
    task.wait();
    for (int i = 0; i < 100; ++i) {
      task.start([&] { ++done; });
      task.wait();
    }
    task.start([] { throw Error("a failure"); });
    CHECK_ERROR("a failure", task.wait());
    task.wait();
    task.start([&] { ++done; });
  }
  CHECK(done == 101);
}
