// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/safetensors.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;

namespace {

StoredTensor tensor(const std::string& name, std::vector<int64_t> shape, const ArrayView& values) {
  const auto* bytes = static_cast<const std::byte*>(values.data());
  return {name, values.dtype(), std::move(shape), {bytes, bytes + values.size() * (values.dtype() == GRAPHC_U8 ? 1 : 4)}};
}

Safetensors sample() {
  Safetensors file;
  file.metadata = {{"class_names", "[\"a\", \"b\"]"}, {"format", "graphc"}};
  file.tensors = {tensor("hidden.weight", {2, 3}, std::vector<float>{1, 2, 3, -4, 5, 6}),
                  tensor("count", {}, std::vector<int32_t>{7}), tensor("mask", {3}, std::vector<uint8_t>{1, 0, 255})};
  return file;
}

std::vector<std::byte> with_header(const std::string& header, size_t data) {
  std::vector<std::byte> bytes(8 + header.size() + data);
  uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

void parse(const std::string& header, size_t data) { parse_safetensors(with_header(header, data), "w.safetensors"); }

}  // namespace

TEST_CASE("safetensors: round trip, in memory and through a file") {
  Folder folder;
  Safetensors file = sample();
  CHECK(parse_safetensors(format_safetensors(file), "x") == file);
  write_safetensors(folder.file("w.safetensors"), file);
  CHECK(read_safetensors(folder.file("w.safetensors")) == file);
  CHECK(file.find("count")->as<int32_t>()[0] == 7);
  CHECK(file.find("counts") == nullptr);
  CHECK(parse_safetensors(format_safetensors({}), "x") == Safetensors{});
}

TEST_CASE("safetensors: the format's own example, keys in another order than the data, F64 and I64") {
  std::string header =
      R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"a":{"shape":[1],"data_offsets":[0,8],"dtype":"F64"}}   )";
  std::vector<std::byte> bytes = with_header(header, 16);
  double a = 0.5;
  int64_t b = -3;
  std::memcpy(bytes.data() + 8 + header.size(), &a, 8);
  std::memcpy(bytes.data() + 16 + header.size(), &b, 8);
  Safetensors file = parse_safetensors(bytes, "x");
  CHECK(file.tensors[0].as<float>()[0] == 0.5f);
  CHECK(file.tensors[1].as<int32_t>()[0] == -3);
  b = int64_t{1} << 31;
  std::memcpy(bytes.data() + 16 + header.size(), &b, 8);
  CHECK_ERROR("element 0 does not fit into i32", parse_safetensors(bytes, "x"));
  a = 1e300;
  std::memcpy(bytes.data() + 8 + header.size(), &a, 8);
  CHECK_ERROR("element 0 does not fit into f32", parse_safetensors(bytes, "x"));
}

TEST_CASE("safetensors: what it refuses") {
  CHECK_ERROR("too few for a header", parse_safetensors(std::vector<std::byte>(7), "x"));
  CHECK_ERROR("the file ends before", parse_safetensors(std::span<const std::byte>(with_header("{}", 0)).first(9), "x"));
  CHECK_ERROR("claims 18446744073709551615 bytes", parse_safetensors(std::vector<std::byte>(8, std::byte{255}), "x"));
  CHECK_ERROR("does not begin with {", parse("[]", 0));
  CHECK_ERROR("zero byte", parse(std::string("{}\0x", 4), 0));
  CHECK_ERROR("not valid JSON at byte", parse("{\"a\":", 0));
  CHECK_ERROR("not valid JSON at byte", parse("{} {}", 0));
  CHECK_ERROR("not valid JSON at byte", parse("{\"\xff\":{}}", 0));
  CHECK_ERROR("w.safetensors: error:", parse("{\"a\":", 0));
  CHECK_ERROR(
      "\"a\" appears twice",
      parse(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})", 2));
  CHECK_ERROR("metadata \"k\" appears twice", parse(R"({"__metadata__":{"k":"1","k":"2"}})", 0));
  CHECK_ERROR("has \"dtype\" twice", parse(R"({"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1));
  CHECK_ERROR("unknown field \"color\"", parse(R"({"a":{"color":"red"}})", 1));
  CHECK_ERROR("needs dtype, shape and data_offsets", parse(R"({"a":{"dtype":"U8","shape":[]}})", 1));
  CHECK_ERROR("with begin <= end", parse(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[1,0]}})", 1));
  CHECK_ERROR("begins at byte 1 of the data, the one before it ends at 0",
              parse(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})", 2));
  CHECK_ERROR(
      "begins at byte 1 of the data, the one before it ends at 2",
      parse(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3));
  CHECK_ERROR("1 bytes follow the last tensor", parse(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", 2));
  CHECK_ERROR("ends at byte 4 of the data, the file has 3", parse(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 3));
  CHECK_ERROR("has 4 bytes, its shape needs 8", parse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4));
  CHECK_ERROR("exceeds 2^63", parse(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("exceeds 2^63", parse(R"({"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("exceeds 2^63", parse(R"({"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("too large", parse(R"({"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("a negative number", parse(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("not whole", parse(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,0]}})", 0));
  CHECK_ERROR("more than 8 dimensions", parse(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4));
  CHECK_ERROR("has type F17; F32, F64, I32, I64 and U8 can be read",
              parse(R"({"a":{"dtype":"F17","shape":[],"data_offsets":[0,4]}})", 4));
  CHECK_ERROR("an object stands where none belongs, near tensor \"a\"", parse(R"({"a":{"dtype":{}}})", 0));
  CHECK_ERROR("an array stands", parse(R"({"a":[]})", 0));
  CHECK_ERROR("a text stands", parse(R"({"a":"b"})", 0));
  CHECK_ERROR("a text stands", parse(R"({"a":{"shape":"b"}})", 0));
  CHECK_ERROR("a number stands", parse(R"({"a":1})", 0));
  CHECK_ERROR("a truth value", parse(R"({"a":true})", 0));
  CHECK_ERROR("null stands", parse(R"({"__metadata__":{"a":null}})", 0));
  CHECK_ERROR("an array stands", parse(R"({"a":)" + std::string(100000, '['), 0));
  CHECK_ERROR("an object stands", parse(R"({"a":{"dtype":)" + std::string(100000, '{'), 0));
  std::string many = "{", texts = "{\"__metadata__\":{";
  for (int i = 0; i < 65537; ++i) {
    many.append("\"").append(std::to_string(i)).append("\":{},");
    texts.append("\"").append(std::to_string(i)).append("\":\"\",");
  }
  CHECK_ERROR("more than 65536 tensors", parse(many, 0));
  CHECK_ERROR("more than 65536 metadata texts", parse(texts, 0));
  Safetensors twice = sample();
  twice.tensors.push_back(twice.tensors[0]);
  CHECK_ERROR("two tensors are named", format_safetensors(twice));
  twice = {};
  twice.metadata["a"] = "\xff";
  CHECK_ERROR("not valid UTF-8", format_safetensors(twice));
}

TEST_CASE("safetensors: every truncation is an error") {
  std::vector<std::byte> bytes = format_safetensors(sample());
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK_ERROR("x: error: safetensors: ", parse_safetensors(std::span(bytes).first(size), "x"));
}

TEST_CASE("safetensors: every flipped bit of the header is an error or another valid file") {
  std::vector<std::byte> bytes = format_safetensors(sample());
  uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  size_t accepted = 0;
  for (size_t bit = 0; bit < (8 + length) * 8; ++bit) {
    std::vector<std::byte> flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    try {
      Safetensors file = parse_safetensors(flipped, "x");
      CHECK(parse_safetensors(format_safetensors(file), "x").tensors == file.tensors);
      ++accepted;
    } catch (const Error&) {
    }
  }
  CHECK(accepted < (8 + length) * 8 / 2);  // names and metadata may change; nothing else does
}
