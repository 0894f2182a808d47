// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/tensorboard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/train/error.h"

namespace graphc {
namespace {

constexpr std::array<uint32_t, 256> crc_table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82f63b78u : value >> 1;
    table[i] = value;
  }
  return table;
}();

template <class Number>
void append_little_endian(std::string& text, Number value) {
  for (size_t i = 0; i < sizeof value; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
}

std::string masked_crc(std::string_view bytes) {
  std::string text;
  append_little_endian(text, std::rotr(crc32c(bytes), 15) + 0xa282ead8u);
  return text;
}

// Fields of a protocol buffer: the key is number * 8 + wire type.
enum Wire : char { varint_field = 0, double_field = 1, bytes_field = 2, float_field = 5 };

void append_varint(std::string& text, uint64_t value) {
  for (; value >= 0x80; value >>= 7) text += static_cast<char>((value & 0x7f) | 0x80);
  text += static_cast<char>(value);
}
void append_key(std::string& text, int number, Wire wire) { text += static_cast<char>(number * 8 + wire); }
void append_bytes(std::string& text, int number, std::string_view bytes) {
  append_key(text, number, bytes_field);
  append_varint(text, bytes.size());
  text += bytes;
}

std::string event(double wall_time) {
  std::string text;
  append_key(text, 1, double_field);
  append_little_endian(text, std::bit_cast<uint64_t>(wall_time));
  return text;
}

std::string record(std::string_view data) {
  std::string text;
  append_little_endian(text, uint64_t{data.size()});
  text += masked_crc(text);
  text += data;
  return text + masked_crc(data);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class TensorBoard : public Observer {
 public:
  TensorBoard(const std::string& folder, uint64_t every, std::string* failed) : every_(every), failed_(failed) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    // TensorBoard shows files of one folder as one run; the time orders them.
    static int counter = 0;
    path_ = (std::filesystem::path(folder) / fmt::format("events.out.tfevents.{:010.0f}.{}.{}.{}", now(), host, ::getpid(), counter++))
                .string();
    out_.open(path_, std::ios::binary);
    if (!out_) throw Error(path_ + ": error: the event file cannot be opened for writing: " + std::strerror(errno));
    write(tensorboard_header(now()));
  }

  void begin(const RunStart& start) override { steps_ = start.steps; }
  void step(const StepReport& report) override {
    steps_ = report.run_step;
    if (!every_ || steps_ % every_) return;
    Scalars scalars{{"step/loss", report.result->loss}};
    for (size_t i = 0; i < report.metric_names->size(); ++i)
      scalars.emplace_back("step/" + (*report.metric_names)[i], report.result->metrics[i]);
    write(tensorboard_record(now(), steps_, scalars));
  }
  void end_epoch(const EpochRecord& record, uint64_t, const std::vector<std::string>& names) override {
    Scalars scalars;
    add(scalars, "train/", record.train, names);
    if (record.validation) add(scalars, "validation/", *record.validation, names);
    if (record.learning_rate) scalars.emplace_back("learning_rate", *record.learning_rate);
    write(tensorboard_record(now(), steps_, scalars));
    out_.flush();
  }
  void end(const TrainResult& result) override {
    Scalars scalars;
    if (result.test) add(scalars, "test/", *result.test, result.metric_names);
    if (result.test) write(tensorboard_record(now(), steps_, scalars));
    out_.flush();
    check();
  }

 private:
  static void add(Scalars& scalars, const std::string& prefix, const Score& score, const std::vector<std::string>& names) {
    scalars.emplace_back(prefix + "loss", score.loss);
    for (size_t i = 0; i < names.size() && i < score.metrics.size(); ++i) scalars.emplace_back(prefix + names[i], score.metrics[i]);
  }
  void write(const std::string& bytes) {
    out_ << bytes;
    check();
  }
  void check() {
    if (!out_ && failed_->empty()) *failed_ = path_ + ": error: the event file could not be written";
  }

  uint64_t every_, steps_ = 0;
  std::string path_;
  std::ofstream out_;
  std::string* failed_;
};

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (char c : bytes) crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::string tensorboard_header(double wall_time) {
  std::string data = event(wall_time);
  append_bytes(data, 3, "brain.Event:2");  // file_version
  return record(data);
}

std::string tensorboard_record(double wall_time, uint64_t step, const Scalars& scalars) {
  std::string data = event(wall_time), summary;
  append_key(data, 2, varint_field);
  append_varint(data, step);
  for (const auto& [tag, value] : scalars) {
    std::string field;
    append_bytes(field, 1, tag);
    append_key(field, 2, float_field);  // simple_value
    append_little_endian(field, std::bit_cast<uint32_t>(static_cast<float>(value)));
    append_bytes(summary, 1, field);
  }
  append_bytes(data, 5, summary);
  return record(data);
}

std::unique_ptr<Observer> make_tensorboard(const std::string& folder, uint64_t every, std::string* failed) {
  return std::make_unique<TensorBoard>(folder, every, failed);
}

}  // namespace graphc
