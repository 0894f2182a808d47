// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/record_file.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "runtime/train/array_layout.h"
#include "runtime/train/file.h"
#include "runtime/train/gzip.h"
#include "runtime/train/idx.h"
#include "runtime/train/npy.h"
#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

class RecordFile : public RowSource {
 public:
  // Row r has `bytes` bytes at layout.begin + r * stride.
  RecordFile(FileReader file, ArrayLayout layout, uint64_t stride, uint64_t bytes)
      : file_(std::move(file)), layout_(std::move(layout)), stride_(stride), bytes_(bytes) {}
  bool reads_file() const override { return true; }

  void read(std::span<const uint32_t> rows, std::byte* to) const override {
    if (!layout_.convert) return read_raw(rows, to);
    std::vector<std::byte> raw(rows.size() * bytes_);
    read_raw(rows, raw.data());
    uint64_t count = bytes_ / layout_.element_bytes, size = count * element_bytes(layout_.dtype);
    for (size_t i = 0; i < rows.size(); ++i)
      convert_stored(layout_, raw.data() + i * bytes_, count, to + i * size, rows[i] * count, file_.path());
  }

 private:
  FileReader file_;
  ArrayLayout layout_;
  uint64_t stride_, bytes_;

  // In the file's order; rows that follow each other in the file and in the minibatch are one read. The file system hears of all
  // rows first, so that a disk has more than one to work on.
  void read_raw(std::span<const uint32_t> rows, std::byte* to) const {
    std::vector<uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return rows[a] != rows[b] ? rows[a] < rows[b] : a < b; });
    auto place = [&](uint32_t i) { return layout_.begin + rows[i] * stride_; };
    auto run = [&](size_t i) {  // how many from order[i] on
      size_t n = 1;
      while (stride_ == bytes_ && i + n < order.size() && order[i + n] == order[i] + n && rows[order[i + n]] == rows[order[i]] + n) ++n;
      return n;
    };
    if (run(0) != order.size())
      for (uint32_t i : order) file_.will_read(place(i), bytes_);
    for (size_t i = 0, n; i < order.size(); i += n) {
      n = run(i);
      file_.read(place(order[i]), {to + order[i] * bytes_, n * bytes_});
    }
  }
};

Column column_of(FileReader file, ArrayLayout layout, uint64_t stride, uint64_t bytes) {
  Column column(StoredTensor{{}, layout.dtype, layout.shape, {}});
  column.source = std::make_shared<RecordFile>(std::move(file), std::move(layout), stride, bytes);
  return column;
}

std::optional<FileReader> open_large(const std::string& path, uint64_t above) {
  std::error_code error;  // asked before it is opened: a pipe can be opened once only
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) <= above || error) return std::nullopt;
  return FileReader(path);
}

}  // namespace

std::optional<Column> stream_array(const std::string& path, uint64_t above) {
  std::optional<FileReader> file = open_large(path, above);
  if (!file) return std::nullopt;
  std::vector<std::byte> start(std::min<uint64_t>(file->size(), std::max(largest_npy_header, largest_idx_header)));
  file->read(0, start);
  if (!is_npy(start) && !is_idx(start)) return std::nullopt;
  ArrayLayout layout = is_npy(start) ? npy_layout(start, file->size(), path) : idx_layout(start, file->size(), path);
  uint64_t bytes = layout.shape.empty() || layout.shape[0] == 0 ? 0 : (file->size() - layout.begin) / static_cast<uint64_t>(layout.shape[0]);
  return column_of(std::move(*file), std::move(layout), bytes, bytes);
}

std::optional<CifarColumns> stream_cifar(const std::string& path, uint64_t above) {
  std::optional<FileReader> file = open_large(path, above);
  if (!file) return std::nullopt;
  std::vector<std::byte> start(std::min<uint64_t>(file->size(), 2));
  file->read(0, start);
  if (is_gzip(start)) return std::nullopt;
  uint64_t rows = cifar_rows(file->size(), path);
  auto count = static_cast<int64_t>(rows);
  CifarColumns result;
  result.labels = {{}, GRAPHC_I32, {count}, std::vector<std::byte>(rows * 4)};
  constexpr uint64_t block = 256;
  std::vector<std::byte> records(block * cifar_record);
  for (uint64_t row = 0; row < rows; row += block) {
    uint64_t some = std::min(block, rows - row);
    file->read(row * cifar_record, std::span(records).first(some * cifar_record));
    for (uint64_t r = 0; r < some; ++r) result.labels.as<int32_t>()[row + r] = cifar_label(records[r * cifar_record], row + r, path);
  }
  result.images = column_of(std::move(*file), {GRAPHC_U8, {count, 3, 32, 32}, 1, 1, nullptr}, cifar_record, cifar_pixels);
  return result;
}

}  // namespace graphc
