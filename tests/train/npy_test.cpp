// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/npy.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

std::vector<std::byte> npy(const std::string& header, const std::string& data, char version = 1) {
  std::string text =
      std::string("\x93NUMPY") + version + '\0' + static_cast<char>(header.size() & 255) + static_cast<char>(header.size() >> 8);
  if (version > 1) text += std::string(2, '\0');
  text += header + data;
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

StoredTensor parse(const std::string& header, const std::string& data, char version = 1) {
  return parse_npy(npy(header, data, version), "a.npy");
}

template <class T>
std::string bytes_of(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

}  // namespace

TEST_CASE("npy: round trips") {
  for (std::vector<int64_t> shape : std::vector<std::vector<int64_t>>{{}, {1}, {0, 3}, {2, 3}, {1, 2, 3, 4}}) {
    int64_t count = 1;
    for (int64_t dim : shape) count *= dim;
    StoredTensor tensor{{}, GRAPHC_F32, shape, std::vector<std::byte>(static_cast<size_t>(count) * 4, std::byte{63})};
    std::vector<std::byte> bytes = format_npy(tensor);
    CHECK((bytes.size() - tensor.data.size()) % 64 == 0);
    CHECK(parse_npy(bytes, "a") == tensor);
  }
}

TEST_CASE("npy: types and versions") {
  CHECK(parse(header("<f8", "(2,)"), bytes_of<double>({0.5, -1})).as<float>()[1] == -1);
  CHECK(parse(header("<i8", "(2,)"), bytes_of<int64_t>({5, -1})).as<int32_t>()[1] == -1);
  CHECK(parse(header("<i4", "(2,)", "True"), bytes_of<int32_t>({5, -1})).as<int32_t>()[1] == -1);  // one dimension has one order
  CHECK(parse(header("|u1", "(2, 1)"), "ab", 2).as<uint8_t>()[1] == 'b');
  CHECK(parse(header("|b1", "(2, 1)"), "\1\1", 3).dtype == GRAPHC_U8);
}

TEST_CASE("npy: what it refuses") {
  CHECK_ERROR("does not begin with", parse_npy({}, "a.npy"));
  CHECK_ERROR("ends inside its header", parse_npy(std::span<const std::byte>(npy("", "")).first(9), "a.npy"));
  CHECK_ERROR("ends inside its header", parse_npy(std::span<const std::byte>(npy(header("<f4", "()"), "")).first(30), "a.npy"));
  CHECK_ERROR("version 9.0 is not known", parse(header("<f4", "()"), "1234", 9));
  CHECK_ERROR("claims 4278190080 bytes", [] {
    std::vector<std::byte> bytes = npy("{}", "", 2);
    bytes[8] = std::byte{0}, bytes[11] = std::byte{255};
    parse_npy(bytes, "a.npy");
  }());
  CHECK_ERROR("'{' expected at byte 0", parse("x", ""));
  CHECK_ERROR("'}' expected", parse("{'descr': '<f4' 'x'", ""));
  CHECK_ERROR("unknown or repeated key \"color\"", parse("{'color': 1}", ""));
  CHECK_ERROR("unknown or repeated key \"descr\"", parse("{'descr': '<f4', 'descr': '<f4'}", ""));
  CHECK_ERROR("lacks descr", parse("{'descr': '<f4'}", ""));
  CHECK_ERROR("text follows", parse(header("<f4", "()") + "x", "1234"));
  CHECK_ERROR("records of several types", parse("{'descr': [('a', '<f4')]}", ""));
  CHECK_ERROR("a quoted text expected", parse("{'descr': '<f4", ""));
  CHECK_ERROR("must be True or False", parse(header("<f4", "()", "Maybe"), ""));
  CHECK_ERROR("a size expected", parse(header("<f4", "(-1,)"), ""));
  CHECK_ERROR("a size expected", parse(header("<f4", "(99999999999999999999,)"), ""));
  CHECK_ERROR("')' expected", parse(header("<f4", "(1 2)"), ""));
  CHECK_ERROR("more than 8 dimensions", parse(header("<f4", "(1,1,1,1,1,1,1,1,1)"), "1234"));
  CHECK_ERROR("elements of type '>f4' are not read", parse(header(">f4", "()"), "1234"));
  CHECK_ERROR("Fortran order", parse(header("<f4", "(1, 1)", "True"), "1234"));
  CHECK_ERROR("exceeds 2^63", parse(header("<f4", "(4294967296, 4294967296)"), ""));
  CHECK_ERROR("asks for 2 elements of 4 bytes, 4 bytes follow", parse(header("<f4", "(2,)"), "1234"));
  CHECK_ERROR("asks for 4611686018427387904 elements", parse(header("<f4", "(4611686018427387904,)"), ""));
  CHECK_ERROR("element 1 does not fit into i32", parse(header("<i8", "(2,)"), bytes_of<int64_t>({5, int64_t{1} << 40})));
  CHECK_ERROR("element 0 does not fit into f32", parse(header("<f8", "(1,)"), bytes_of<double>({1e300})));
}

TEST_CASE("npy: every truncation is an error, every flipped bit of the header no crash") {
  StoredTensor tensor{{}, GRAPHC_F32, {2, 3}, std::vector<std::byte>(24)};
  std::vector<std::byte> bytes = format_npy(tensor);
  for (size_t size = 0; size < bytes.size(); ++size) CHECK_ERROR("a: error: npy: ", parse_npy(std::span(bytes).first(size), "a"));
  for (size_t bit = 0; bit < (bytes.size() - 24) * 8; ++bit) {
    std::vector<std::byte> flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    try {
      StoredTensor other = parse_npy(flipped, "a");
      CHECK(other.data.size() == 24);
    } catch (const Error&) {
    }
  }
}
