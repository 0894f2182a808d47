// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/cifar.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "runtime/train/dataset.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using graphc_test::Folder;

namespace {

std::string records(std::vector<int> labels) {
  std::string text;
  for (int label : labels) text += std::string(1, static_cast<char>(label)) + std::string(cifar_pixels - 1, static_cast<char>(label)) + '\xff';
  return text;
}

Cifar parse(const std::string& text) { return parse_cifar(std::as_bytes(std::span(text.data(), text.size())), "c.bin"); }

}  // namespace

TEST_CASE("cifar: records become images and labels") {
  Cifar cifar = parse(records({3, 9}));
  CHECK(cifar.images.shape == std::vector<int64_t>{2, 3, 32, 32});
  CHECK(cifar.images.as<uint8_t>()[cifar_pixels] == 9);
  CHECK(cifar.images.as<uint8_t>()[2 * cifar_pixels - 1] == 255);
  CHECK(cifar.labels.as<int32_t>()[0] == 3);
  Folder folder;
  Dataset data = load_dataset("cifar:" + folder.write("c.bin", records({3, 9})));
  CHECK(data.find("x")->width() == cifar_pixels);
  CHECK(data.find("y")->as<int32_t>()[1] == 9);
}

TEST_CASE("cifar: truncations within a record and labels that are none are refused") {
  std::string text = records({1, 2});
  for (size_t size = 0; size < text.size(); ++size)
    if (size != cifar_record) CHECK_ERROR("which are not records of 3073", parse(text.substr(0, size)));
  CHECK(parse(text.substr(0, cifar_record)).labels.data.size() == 4);
  CHECK_ERROR("record 1 has the label 10", parse(records({1, 10})));
}

TEST_CASE("cifar: 2,000 images of CIFAR-10") {
  const char* data = std::getenv("GRAPHC_DATA");
  std::string file = std::string(data ? data : "") + "/cifar10/test.bin.gz";
  if (!data || !std::filesystem::exists(file)) {
    std::puts("SKIPPED: needs CIFAR-10");
    return;
  }
  Dataset cifar = load_dataset("cifar:" + file);
  CHECK(cifar.rows == 2000);
  std::vector<uint64_t> of_class(10);
  for (int32_t label : cifar.find("y")->as<int32_t>()) ++of_class[static_cast<size_t>(label)];
  for (uint64_t rows : of_class) CHECK(rows == 200);
}
