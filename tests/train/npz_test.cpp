// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/npz.h"

#include <doctest/doctest.h>

#include "runtime/train/npy.h"
#include "runtime/train/zip.h"
#include "tests/train/linear_module.h"
#include "tests/train/zip_archive.h"

using namespace graphc;
using namespace graphc_test;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string npy(std::vector<float> values) {
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  std::vector<std::byte> file =
      format_npy({{}, GRAPHC_F32, {static_cast<int64_t>(values.size())}, {bytes, bytes + 4 * values.size()}});
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::vector<StoredTensor> parse(const std::string& text) { return parse_npz(bytes_of(text), "f.npz"); }

// numpy.savez(F, x=numpy.float32([1.5])), written by Python's zipfile.
const std::string by_python =
    std::string("PK\3\4-\0\0\0\0\0\0\0!\0Ty.\x83\xff\xff\xff\xff\xff\xff\xff\xff\5\0\24\0x.npy\1\0\20\0\x84\0\0\0\0\0\0\0\x84\0\0\0\0\0\0\0",
                55) +
    "\x93NUMPY\1" + std::string("\0\x76\0", 3) + "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" +
    std::string(60, ' ') + "\n" + std::string("\0\0\xc0?", 4) +
    std::string("PK\1\2-\3-\0\0\0\0\0\0\0!\0Ty.\x83\x84\0\0\0\x84\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0x.npyPK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0\xbb\0\0\0\0\0",
                73);

}  // namespace

TEST_CASE("npz: stored, deflated, as numpy writes them, and from a pipe") {
  CHECK(parse(by_python).at(0).as<float>()[0] == 1.5);
  for (bool deflated : {false, true})
    for (bool zip64 : {false, true})
      for (bool follow : {false, true}) {
        std::string text = zip_archive({{"x.npy", npy({1, 2}), deflated, zip64, follow}, {"y.npy", npy({3}), deflated, zip64, follow}}, "hello");
        std::vector<StoredTensor> arrays = parse(text);
        REQUIRE(arrays.size() == 2);
        CHECK(arrays[0].name == "x");
        CHECK(arrays[0].as<float>()[1] == 2);
        CHECK(arrays[1].as<float>()[0] == 3);
      }
  std::string text = zip_archive({{"b.npy", npy({1})}, {"a.npy", npy({2})}, {"notes.txt", "hello"}});
  std::vector<std::string> keys;
  std::vector<StoredTensor> arrays = parse_npz(bytes_of(text), "f", std::vector<std::string>{"a", "c"}, &keys);
  CHECK(arrays.size() == 1);
  CHECK(arrays[0].name == "a");
  CHECK(keys == std::vector<std::string>{"b", "a"});
  CHECK(parse(zip_archive({})).empty());
}

TEST_CASE("npz: what it refuses") {
  const std::string good = zip_archive({{"x.npy", npy({1})}});
  const size_t directory = good.size() - 22 - 51, end = good.size() - 22;
  auto refuses = [&](const char* expected, size_t at, const std::string& value) { CHECK_ERROR(expected, parse(with(good, at, value))); };
  CHECK_ERROR("no end record", parse(""));
  CHECK_ERROR("no end record", parse(good + "x"));
  refuses("in zip64 form", end + 10, little(0xffff, 2));
  refuses("in zip64 form", end + 16, little(0xffffffff, 4));
  refuses("several disks", end + 4, little(1, 2));
  refuses("several disks", end + 8, little(2, 2));
  refuses("does not end where", end + 12, little(50, 4));
  refuses("more entries than", end + 8, little(0, 4));
  refuses(("directory is damaged at byte " + std::to_string(end)).c_str(), end + 8, little(0x20002, 4));
  refuses(("directory is damaged at byte " + std::to_string(directory)).c_str(), directory, "XX");
  refuses("directory is damaged", directory + 28, little(999, 2));
  refuses("member \"x.npy\" is in zip64 form", directory + 24, little(0xffffffff, 4));
  refuses("lies on another disk", directory + 34, little(1, 2));
  refuses("is encrypted", directory + 8, little(1, 2));
  refuses("packed by method 12", directory + 10, little(12, 2));
  refuses("its two sizes differ", directory + 24, little(9, 4));
  refuses("has no header at byte 9", directory + 42, little(9, 4));
  refuses("has no header at byte 4000", directory + 42, little(4000, 4));
  refuses("reaches into the directory", 28, little(5, 2));
  refuses("is described differently", 6, little(2, 2));
  refuses("is described differently", 8, little(8, 2));
  refuses("is described differently", 14, "abcd");
  refuses("is described differently", 18, "abcd");
  refuses("is described differently", 18, std::string(8, '\xff'));  // no zip64 field
  refuses("is described differently", 30, "y");
  refuses("member \"x.npy\": the checksum is wrong", directory - 1, "x");
  CHECK_ERROR("there are two members \"x.npy\"", parse(zip_archive({{"x.npy", npy({1})}, {"x.npy", npy({1})}})));
  CHECK_ERROR("is encrypted", parse(zip_archive({{.name = "x.npy", .content = npy({1}), .flags = 1}})));
  CHECK_ERROR("packed by method 14", parse(zip_archive({{.name = "x.npy", .content = npy({1}), .method = 14}})));
  CHECK_ERROR("f.npz:x.npy: error: npy: ", parse(zip_archive({{"x.npy", "hello"}})));

  std::string packed = zip_archive({{"x.npy", npy({1}), true}});
  CHECK_ERROR("the compressed data are damaged", parse(with(packed, 36, "\xff")));
  size_t entry = packed.size() - 22 - 51;  // a size that lies, in both headers
  for (uint32_t size : {0u, 131u, 133u, 60000000u})
    CHECK_ERROR("or of another size than said", parse(with(with(packed, 22, little(size, 4)), entry + 24, little(size, 4))));
  CHECK_ERROR("more than 67", parse(with(with(packed, 22, little(200000000, 4)), entry + 24, little(200000000, 4))));
  CHECK_ERROR("more than 72", parse(zip_archive({{"x.npy", std::string(size_t{80} << 20, '\0'), true}})));  // a bomb

  // y lies inside of x.
  std::string inner = zip_archive({{"y.npy", npy({1})}});
  inner.resize(inner.size() - 22 - 51);
  std::string two = zip_archive({{"x.npy", inner}, {"y.npy", npy({1})}});
  CHECK(parse_npz(bytes_of(two), "f", std::vector<std::string>{"y"}).size() == 1);
  CHECK_ERROR("members \"x.npy\" and \"y.npy\" overlap", parse(with(two, two.size() - 22 - 51 + 42, little(35, 4))));
}

TEST_CASE("npz: what cannot be written as a ZIP archive") {
  CHECK(zip_members(format_zip(std::vector<ZipEntry>(1), "w.npz"), "w.npz").size() == 1);
  CHECK_ERROR("w.npz: error: zip: 4 GiB and more, or 65535 members", format_zip(std::vector<ZipEntry>(65535), "w.npz"));
}

TEST_CASE("npz: every truncation is an error, every flipped bit an error or the same arrays") {
  std::vector<std::string> files = {by_python, zip_archive({{"x.npy", npy({1, 2}), true, true}, {"y.npy", npy({3}), true}}),
                                    zip_archive({{"x.npy", npy({1}), true, false, true}, {"y.npy", npy({3})}}, "a comment")};
  for (const std::string& text : files) {
    std::vector<StoredTensor> arrays = parse(text);
    for (size_t size = 0; size < text.size(); ++size) CHECK_ERROR("f.npz: error: zip: ", parse(text.substr(0, size)));
    for (size_t bit = 0; bit < text.size() * 8; ++bit) {
      std::string flipped = text;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      try {
        std::vector<StoredTensor> others = parse(flipped);
        CHECK(others == arrays);
      } catch (const Error&) {
      }
    }
  }
}
