// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/npy.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string_view>

#include "runtime/train/error.h"
#include "runtime/train/file.h"
#include "runtime/train/numbers.h"

namespace graphc {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr size_t largest_header = largest_npy_header - 12;

// The header is a Python dictionary of three known entries; this reads exactly that and nothing more.
class Header {
 public:
  Header(std::string_view text, const std::string& name) : text_(text), name_(name) {
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !has_descr)
        has_descr = true, descr = quoted();
      else if (key == "fortran_order" && !has_order)
        has_order = true, fortran_order = truth();
      else if (key == "shape" && !has_shape)
        has_shape = true, read_shape();
      else
        fail("the header has an unknown or repeated key \"" + std::string(key) + "\"");
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (at_ != text_.size()) fail("text follows the header's dictionary");
    if (!has_descr || !has_order || !has_shape) fail("the header lacks descr, fortran_order or shape");
  }

  std::string_view descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;

 private:
  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;

  [[noreturn]] void fail(const std::string& reason) { throw Error(name_ + ": error: npy: " + reason); }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip();
    bool found = at_ < text_.size() && text_[at_] == c;
    at_ += found;
    return found;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("the header is damaged: '") + c + "' expected at byte " + std::to_string(at_));
  }
  std::string_view quoted() {
    skip();
    char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote == '[') fail("records of several types are not read; save one array of one type");
    size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) fail("the header is damaged: a quoted text expected at byte " + std::to_string(at_));
    std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return content;
  }
  bool truth() {
    skip();
    for (std::string_view word : {std::string_view("True"), std::string_view("False")}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    fail("the header is damaged: fortran_order must be True or False");
  }
  void read_shape() {
    expect('(');
    while (!take(')')) {
      skip();
      int64_t dim = 0;
      auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) fail("the header is damaged: a size expected at byte " + std::to_string(at_));
      at_ = static_cast<size_t>(end - text_.data());
      shape.push_back(dim);
      if (shape.size() > GRAPHC_MAX_RANK) fail("the array has more than 8 dimensions");
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }
};

struct NpyType {
  const char* descr;
  uint8_t bytes, dtype;
  ConvertElements convert;
};
constexpr NpyType npy_types[] = {
    {"<f4", 4, GRAPHC_F32, nullptr},
    {"<i4", 4, GRAPHC_I32, nullptr},
    {"|u1", 1, GRAPHC_U8, nullptr},
    {"|b1", 1, GRAPHC_U8, nullptr},
    {"<u1", 1, GRAPHC_U8, nullptr},
    {"<f8", 8, GRAPHC_F32, convert_elements<double, float>},
    {"<i8", 8, GRAPHC_I32, convert_elements<int64_t, int32_t>},
};

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

ArrayLayout npy_layout(std::span<const std::byte> bytes, uint64_t file_bytes, const std::string& name) {
  auto fail = [&](const std::string& text) { throw Error(name + ": error: npy: " + text); };
  if (!is_npy(bytes)) fail("the file does not begin with \\x93NUMPY");
  if (bytes.size() < 10) fail("the file ends inside its header");
  auto byte = [&](size_t i) { return static_cast<uint32_t>(bytes[i]); };
  uint32_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    fail("version " + std::to_string(version) + "." + std::to_string(byte(7)) + " is not known");
  size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) fail("the file ends inside its header");
  size_t length = version == 1 ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > largest_header)
    fail("the header claims " + std::to_string(length) + " bytes, at most " + std::to_string(largest_header) + " are read");
  if (length > bytes.size() - start) fail("the file ends inside its header");
  Header header({reinterpret_cast<const char*>(bytes.data()) + start, length}, name);
  const auto* type =
      std::find_if(std::begin(npy_types), std::end(npy_types), [&](const NpyType& type) { return header.descr == type.descr; });
  if (type == std::end(npy_types))
    fail("elements of type '" + std::string(header.descr) + "' are not read; save with .astype('<f4') or .astype('<i4')");
  if (header.fortran_order && header.shape.size() > 1) fail("the array is in Fortran order; save np.ascontiguousarray(a)");
  uint64_t count = 1;
  for (int64_t dim : header.shape)
    if (!multiply_checked(count, static_cast<uint64_t>(dim))) fail("the shape exceeds 2^63 elements");
  uint64_t size = count, begin = start + length;
  if (!multiply_checked(size, type->bytes) || size != file_bytes - begin)
    fail("the shape asks for " + std::to_string(count) + " elements of " + std::to_string(type->bytes) + " bytes, " +
         std::to_string(file_bytes - begin) + " bytes follow the header");
  return {type->dtype, std::move(header.shape), begin, type->bytes, type->convert};
}

StoredTensor parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  return read_elements(npy_layout(bytes, bytes.size(), name), bytes, name);
}

std::vector<std::byte> format_npy(const StoredTensor& tensor) {
  const char* descr = tensor.dtype == GRAPHC_F32 ? "<f4" : tensor.dtype == GRAPHC_I32 ? "<i4" : "|u1";
  std::string header = std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': (";
  for (size_t d = 0; d < tensor.shape.size(); ++d)
    header += std::to_string(tensor.shape[d]) + (d + 1 < tensor.shape.size() ? ", " : tensor.shape.size() == 1 ? "," : "");
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');  // the data begin on a 64-byte boundary
  header += '\n';
  std::string start = std::string(magic) + '\x01' + '\0' + static_cast<char>(header.size() & 0xff) +
                      static_cast<char>(header.size() >> 8) + header;
  std::vector<std::byte> bytes(start.size());
  std::memcpy(bytes.data(), start.data(), start.size());
  bytes.insert(bytes.end(), tensor.data.begin(), tensor.data.end());
  return bytes;
}

void write_npy(const std::string& path, const StoredTensor& tensor) { write_file(path, format_npy(tensor)); }

}  // namespace graphc
