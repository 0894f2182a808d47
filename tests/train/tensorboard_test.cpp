// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/tensorboard.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

// A reader of its own for what is written: records, then the fields of their protocol buffers.
struct Reader {
  std::string bytes;
  size_t at = 0;
  bool more() const { return at < bytes.size(); }
  template <class T>
  T fixed() {
    REQUIRE(at + sizeof(T) <= bytes.size());
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      auto byte = fixed<uint8_t>();
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string take(uint64_t count) {
    REQUIRE(at + count <= bytes.size());
    at += count;
    return bytes.substr(at - count, count);
  }
  std::string record() {
    uint64_t size = fixed<uint64_t>();
    check_crc(bytes.substr(at - 8, 8));
    std::string data = take(size);
    check_crc(data);
    return data;
  }
  void check_crc(const std::string& of) {
    uint32_t crc = crc32c(of);
    CHECK(fixed<uint32_t>() == ((crc >> 15 | crc << 17) + 0xa282ead8u));
  }
};

struct Event {
  double wall_time = 0;
  uint64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> scalars;
};

Event parse_event(const std::string& data) {
  Event event;
  for (Reader r{data}; r.more();) {
    uint64_t key = r.varint();
    if (key == (1 << 3 | 1)) {
      event.wall_time = r.fixed<double>();
    } else if (key == (2 << 3 | 0)) {
      event.step = r.varint();
    } else if (key == (3 << 3 | 2)) {
      event.version = r.take(r.varint());
    } else {
      REQUIRE(key == (5 << 3 | 2));
      for (Reader summary{r.take(r.varint())}; summary.more();) {
        REQUIRE(summary.varint() == (1 << 3 | 2));
        Reader value{summary.take(summary.varint())};
        REQUIRE(value.varint() == (1 << 3 | 2));
        std::string tag = value.take(value.varint());
        REQUIRE(value.varint() == (2 << 3 | 5));
        event.scalars.emplace_back(tag, value.fixed<float>());
      }
    }
  }
  return event;
}

}  // namespace

TEST_CASE("tensorboard: CRC-32C") {  // RFC 3720, B.4, and the usual check value
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c("") == 0);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
}

TEST_CASE("tensorboard: records come back") {
  Reader r{tensorboard_header(1.5) + tensorboard_record(2.5, 300, {{"train/loss", 0.25}, {"learning_rate", 0.1}})};
  Event first = parse_event(r.record()), second = parse_event(r.record());
  CHECK_FALSE(r.more());
  CHECK(first.wall_time == 1.5);
  CHECK(first.version == "brain.Event:2");
  CHECK(second.wall_time == 2.5);
  CHECK(second.step == 300);
  CHECK(second.scalars == std::vector<std::pair<std::string, float>>{{"train/loss", 0.25f}, {"learning_rate", 0.1f}});
}

TEST_CASE("tensorboard: what a run writes") {
  graphc_test::Folder folder;
  std::string failed;
  Dataset data = graphc_test::plane(12);
  TrainSettings settings;
  settings.epochs = 2, settings.batch = 4;
  settings.validation = settings.test = &data;
  {
    auto observer = make_tensorboard(folder.file("logs/a"), 2, &failed);
    settings.observers = {observer.get()};
    Instance net(&graphc_test::linear_module());
    train(net, data, settings);
  }
  CHECK(failed.empty());
  Reader r;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("logs/a"))) {
    CHECK(entry.path().filename().string().starts_with("events.out.tfevents."));
    r.bytes = folder.read("logs/a/" + entry.path().filename().string());
  }
  std::string seen;
  while (r.more()) {
    Event event = parse_event(r.record());
    seen += std::to_string(event.step) + ":";
    for (const auto& [tag, value] : event.scalars) seen += " " + tag;
    seen += "\n";
  }
  CHECK(seen ==
        "0:\n"
        "2: step/loss step/mae\n"
        "3: train/loss train/mae validation/loss validation/mae learning_rate\n"
        "4: step/loss step/mae\n"
        "6: step/loss step/mae\n"
        "6: train/loss train/mae validation/loss validation/mae learning_rate\n"
        "6: test/loss test/mae\n");
  folder.write("file", "x");
  CHECK_ERROR("the event file cannot be opened for writing", make_tensorboard(folder.file("file"), 0, &failed));
}
