// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "runtime/train/error.h"
#include "runtime/train/file.h"
#include "runtime/train/numbers.h"
#include "runtime/train/safetensors.h"

namespace graphc {
namespace {

using nlohmann::json;

constexpr uint64_t largest_header = 100'000'000;
constexpr size_t most_entries = 65536;  // keeps the tables small against the file, whatever the header says

struct Entry {
  std::string name, dtype;
  std::vector<uint64_t> shape, offsets;
  bool has_dtype = false, has_shape = false, has_offsets = false;
};

// Walks the header as events: no tree is built, so neither depth nor size of the JSON costs memory.
class HeaderReader : public json::json_sax_t {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  std::string reason;

  bool key(string_t& key) override {
    if (place_ == Place::file) {
      if (!names_.insert(key).second) return refuse("\"" + key + "\" appears twice");
      if (names_.size() > most_entries) return refuse("more than " + std::to_string(most_entries) + " tensors");
      in_metadata_ = key == "__metadata__";
      if (!in_metadata_) entries.emplace_back().name = key;
    } else if (place_ == Place::entry && in_metadata_) {
      if (metadata.size() >= most_entries) return refuse("more than " + std::to_string(most_entries) + " metadata texts");
      if (metadata.count(key)) return refuse("metadata \"" + key + "\" appears twice");
      metadata_key_ = key;
    } else {
      field_ = key == "dtype"          ? Field::dtype
               : key == "shape"        ? Field::shape
               : key == "data_offsets" ? Field::offsets
                                       : Field::none;
      if (field_ == Field::none) return refuse("tensor \"" + entries.back().name + "\" has an unknown field \"" + key + "\"");
      bool& seen = field_ == Field::dtype   ? entries.back().has_dtype
                   : field_ == Field::shape ? entries.back().has_shape
                                            : entries.back().has_offsets;
      if (seen) return refuse("tensor \"" + entries.back().name + "\" has \"" + key + "\" twice");
      seen = true;
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::start) return place_ = Place::file, true;
    if (place_ == Place::file) return place_ = Place::entry, true;
    return unexpected("an object");
  }
  bool end_object() override { return place_ = place_ == Place::entry ? Place::file : Place::start, true; }
  bool start_array(std::size_t) override {
    if (place_ != Place::entry || in_metadata_ || field_ == Field::dtype) return unexpected("an array");
    return place_ = Place::list, true;
  }
  bool end_array() override { return place_ = Place::entry, true; }
  bool string(string_t& text) override {
    if (place_ != Place::entry) return unexpected("a text");
    if (in_metadata_) return metadata[metadata_key_] = text, true;
    if (field_ != Field::dtype) return unexpected("a text");
    return entries.back().dtype = text, true;
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::list) return unexpected("a number");
    std::vector<uint64_t>& list = field_ == Field::shape ? entries.back().shape : entries.back().offsets;
    if (list.size() == 8) return refuse("tensor \"" + entries.back().name + "\" has more than 8 dimensions");
    return list.push_back(number), true;
  }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a number that is not whole, or too large"); }
  bool boolean(bool) override { return unexpected("a truth value"); }
  bool null() override { return unexpected("null"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    return refuse("not valid JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { start, file, entry, list } place_ = Place::start;
  enum class Field { none, dtype, shape, offsets } field_ = Field::none;
  bool in_metadata_ = false;
  std::string metadata_key_;
  std::unordered_set<std::string> names_;

  bool refuse(const std::string& text) {
    if (reason.empty()) reason = text;
    return false;
  }
  bool unexpected(const std::string& what) {
    return refuse(what + " stands where none belongs" + (entries.empty() ? "" : ", near tensor \"" + entries.back().name + "\""));
  }
};

struct StoredType {
  const char* name;
  uint8_t bytes, dtype;
  ConvertElements convert;
};
constexpr StoredType stored_types[] = {
    {"F32", 4, GRAPHC_F32, nullptr},
    {"I32", 4, GRAPHC_I32, nullptr},
    {"U8", 1, GRAPHC_U8, nullptr},
    {"F64", 8, GRAPHC_F32, convert_elements<double, float>},
    {"I64", 8, GRAPHC_I32, convert_elements<int64_t, int32_t>},
};

}  // namespace

Safetensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  auto fail = [&](const std::string& text) { throw Error(name + ": error: safetensors: " + text); };
  if (bytes.size() < 8) fail("the file has " + std::to_string(bytes.size()) + " bytes, too few for a header");
  uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  if (length > largest_header) fail("the header claims " + std::to_string(length) + " bytes; is this a safetensors file?");
  if (length > bytes.size() - 8) fail("the header claims " + std::to_string(length) + " bytes, the file ends before");
  const char* text = reinterpret_cast<const char*>(bytes.data() + 8);
  if (length == 0 || text[0] != '{') fail("the header does not begin with {; is this a safetensors file?");
  if (std::memchr(text, 0, length)) fail("the header has a zero byte");  // the JSON reader would take it for the end
  HeaderReader header;
  if (!json::sax_parse(text, text + length, &header)) fail("header: " + header.reason);

  std::vector<Entry>& entries = header.entries;
  for (const Entry& entry : entries)
    if (!entry.has_dtype || !entry.has_shape || entry.offsets.size() != 2 || entry.offsets[0] > entry.offsets[1])
      fail("tensor \"" + entry.name + "\" needs dtype, shape and data_offsets [begin, end] with begin <= end");
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.offsets < b.offsets; });

  std::span<const std::byte> data = bytes.subspan(8 + length);
  Safetensors file;
  file.metadata = std::move(header.metadata);
  uint64_t next = 0;
  for (const Entry& entry : entries) {
    std::string what = "tensor \"" + entry.name + "\"";
    const auto* type = std::find_if(std::begin(stored_types), std::end(stored_types),
                                    [&](const auto& type) { return entry.dtype == type.name; });
    if (type == std::end(stored_types)) fail(what + " has type " + entry.dtype + "; F32, F64, I32, I64 and U8 can be read");
    if (entry.offsets[0] != next)
      fail(what + " begins at byte " + std::to_string(entry.offsets[0]) + " of the data, the one before it ends at " +
           std::to_string(next));
    uint64_t count = 1;
    bool fits = std::all_of(entry.shape.begin(), entry.shape.end(),
                            [&](uint64_t dim) { return dim <= INT64_MAX && multiply_checked(count, dim); });
    uint64_t size = count;
    if (!fits || !multiply_checked(size, type->bytes)) fail(what + " has a shape whose size exceeds 2^63 bytes");
    next = entry.offsets[1];
    if (next > data.size())
      fail(what + " ends at byte " + std::to_string(next) + " of the data, the file has " + std::to_string(data.size()));
    if (next - entry.offsets[0] != size)
      fail(what + " has " + std::to_string(next - entry.offsets[0]) + " bytes, its shape needs " + std::to_string(size));
    StoredTensor& tensor = file.tensors.emplace_back();
    tensor.name = entry.name;
    tensor.dtype = type->dtype;
    tensor.shape.assign(entry.shape.begin(), entry.shape.end());
    const std::byte* from = data.data() + entry.offsets[0];
    if (!type->convert) {
      tensor.data.assign(from, from + size);
      continue;
    }
    tensor.data.resize(count * 4);
    if (auto bad = type->convert(from, count, tensor.data.data())) {
      fail(what + " is " + entry.dtype + " and its element " + std::to_string(*bad) + " does not fit into " +
           (type->dtype == GRAPHC_F32 ? "f32" : "i32"));
    }
  }
  if (next != data.size()) fail(std::to_string(data.size() - next) + " bytes follow the last tensor");
  return file;
}

Safetensors read_safetensors(const std::string& path) { return parse_safetensors(read_file(path), path); }

}  // namespace graphc
