// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc {
namespace {

constexpr int32_t no_token = -1;
using Tokens = std::vector<uint8_t>;

class Windows : public RowSource {
 public:
  Windows(std::shared_ptr<const Tokens> tokens, uint64_t stride, uint64_t offset, uint64_t width, bool as_bytes)
      : tokens_(std::move(tokens)), stride_(stride), offset_(offset), width_(width), as_bytes_(as_bytes) {}
  bool reads_file() const override { return false; }
  void read(std::span<const uint32_t> rows, std::byte* to) const override {
    for (uint32_t row : rows) {
      const uint8_t* from = tokens_->data() + row * stride_ + offset_;
      if (as_bytes_) {
        std::memcpy(to, from, width_);
        to += width_;
        continue;
      }
      for (uint64_t i = 0; i < width_; ++i, to += 4) {
        int32_t token = from[i];
        std::memcpy(to, &token, 4);
      }
    }
  }

 private:
  std::shared_ptr<const Tokens> tokens_;
  uint64_t stride_, offset_, width_;
  bool as_bytes_;
};

std::string name_of(unsigned byte) {
  constexpr char digits[] = "0123456789abcdef";
  if (byte > 0x20 && byte < 0x7f) return std::string(1, static_cast<char>(byte));
  return byte == 0x20 ? " " : std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
}

using Map = std::array<int32_t, 256>;  // byte to token

Map known_vocabulary(const std::vector<std::string>& names, const std::string& name) {
  Map map;
  map.fill(no_token);
  for (size_t token = 0; token < names.size(); ++token) {
    unsigned byte = 0;
    while (byte < 256 && name_of(byte) != names[token]) ++byte;
    if (byte == 256)
      throw Error(name + ": error: text: the weights come with a class named \"" + names[token].substr(0, 40) +
                  "\", which is no byte; they were not trained on a text");
    map[byte] = static_cast<int32_t>(token);
  }
  return map;
}

}  // namespace

Dataset parse_text(std::span<const std::byte> bytes, const std::string& name, const WantedColumns& wanted,
                   std::optional<uint64_t> given_stride) {
  auto fail = [&](const std::string& text) { throw Error(name + ": error: text: " + text); };
  const std::optional<WantedColumn>& label = wanted.label;
  uint64_t window = wanted.features.width, stride = given_stride.value_or(window);
  if (window == 0) fail("the model's input must say how many tokens a row has, such as i32[batch, 64]");
  if (stride == 0) fail("the stride must be at least 1");
  if (label && label->dtype != GRAPHC_I32) fail("the model's target \"" + label->name + "\" must be classes, one for each byte");
  if (label && label->width && label->width != window && label->width != 1)
    fail("the model's target \"" + label->name + "\" takes " + std::to_string(label->width) + " tokens a row; the next token of each in a window makes " +
         std::to_string(window) + ", the one after the window 1");

  Dataset dataset;
  dataset.source = name;
  Map map;
  map.fill(no_token);
  if (!wanted.class_names.empty()) {
    map = known_vocabulary(wanted.class_names, name);
    dataset.class_names = wanted.class_names;
  } else {
    for (std::byte byte : bytes) map[static_cast<uint8_t>(byte)] = 0;
    for (unsigned byte = 0; byte < 256; ++byte)
      if (map[byte] != no_token) {
        map[byte] = static_cast<int32_t>(dataset.class_names.size());
        dataset.class_names.push_back(name_of(byte));
      }
  }
  int32_t limit = label ? label->limit : wanted.features.limit;
  if (limit > 0 && dataset.class_names.size() > static_cast<size_t>(limit))
    fail("there are " + std::to_string(dataset.class_names.size()) + " different bytes, the model has " + std::to_string(limit) +
         " classes; let the model have as many classes as there are bytes");
  auto tokens = std::make_shared<Tokens>(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    int32_t token = map[static_cast<uint8_t>(bytes[i])];
    if (token == no_token)
      fail("byte " + std::to_string(i) + " is '" + name_of(static_cast<uint8_t>(bytes[i])) +
           "', which is not in the vocabulary of training");
    (*tokens)[i] = static_cast<uint8_t>(token);
  }

  uint64_t needed = window + (label ? 1 : 0);
  if (tokens->size() < needed)
    fail("the text has " + std::to_string(tokens->size()) + " bytes, a window" + (label ? " and its target take " : " takes ") +
         std::to_string(needed));
  dataset.rows = (tokens->size() - needed) / stride + 1;
  static_assert(largest_file <= uint64_t{1} << 32);  // so that there are fewer than 2^32 windows
  auto add = [&](const WantedColumn& column, uint64_t offset, uint64_t width, bool one_a_row) {
    bool as_bytes = column.dtype == GRAPHC_U8;
    Column& added = dataset.columns.emplace_back();
    added.name = column.name;
    added.dtype = as_bytes ? GRAPHC_U8 : GRAPHC_I32;
    added.shape = {static_cast<int64_t>(dataset.rows)};
    if (!one_a_row) added.shape.push_back(static_cast<int64_t>(width));
    added.source = std::make_shared<Windows>(tokens, stride, offset, width, as_bytes);
  };
  add(wanted.features, 0, window, false);
  if (!label) return dataset;
  bool last_only = label->width == 1;
  add(*label, last_only ? window : 1, last_only ? 1 : window, last_only);
  return dataset;
}

}  // namespace graphc
