// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/csv.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "runtime/train/class_labels.h"
#include "runtime/train/csv_cells.h"
#include "runtime/train/error.h"

namespace graphc {
namespace {

constexpr uint64_t no_column = ~uint64_t{0};

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name, const WantedColumns& wanted, const std::string& label)
      : text_(text), name_(name), wanted_(wanted), label_name_(label) {}

  Dataset read() {
    CsvLines lines(text_);
    if (!lines.next()) throw Error(name_ + ": error: the file is empty");
    look_at_first(lines.line());
    if (!header_) read_row(lines);
    while (!errors_.full() && lines.next()) read_row(lines);
    errors_.throw_if_any();
    if (rows_ == 0) throw Error(name_ + ": error: the file has a header and no rows");
    return finish();
  }

 private:
  std::string_view text_;
  const std::string& name_;
  const WantedColumns& wanted_;
  const std::string& label_name_;
  ErrorList errors_;
  uint64_t columns_ = 0, label_ = no_column, rows_ = 0;
  bool header_ = false;
  StoredTensor features_, target_;
  ClassLabels classes_;

  void fail(uint64_t line, uint64_t column, const std::string& message) {
    errors_.add(name_ + ":" + std::to_string(line) + ":" + std::to_string(column), message);
  }

  // Decides from the first line: how many columns, which one is the label, and whether this is a header.
  void look_at_first(std::string_view line) {
    if (line.find(',') == std::string_view::npos && line.find_first_of(";\t") != std::string_view::npos)
      throw Error(name_ + ":1:" + std::to_string(line.find_first_of(";\t") + 1) +
                  ": error: the cells are not separated by commas; convert the file");
    CsvCell cell;
    std::vector<std::string> names;
    std::vector<bool> numeric;
    for (CsvCells cells(line); cells.next(cell);) {
      numeric.push_back(parse_number(cell.text).has_value());
      if (!label_name_.empty()) names.push_back(cell.content());
    }
    columns_ = numeric.size();
    bool named = !label_name_.empty();
    if (named) {
      auto found = std::find(names.begin(), names.end(), label_name_);
      uint64_t number = 0;
      auto [end, error] = std::from_chars(label_name_.data(), label_name_.data() + label_name_.size(), number);
      bool is_number = error == std::errc() && *end == 0 && number >= 1 && number <= columns_;
      if (found != names.end() && !numeric[static_cast<size_t>(found - names.begin())])
        label_ = static_cast<uint64_t>(found - names.begin());
      else if (is_number)
        label_ = number - 1;
      else
        throw Error(name_ + ":1:1: error: no column is named \"" + label_name_ + "\"" + suggest(label_name_, names));
    } else if (wanted_.label || (wanted_.features.width && columns_ == wanted_.features.width + 1)) {
      label_ = columns_ - 1;
    }
    for (uint64_t i = 0; i < columns_; ++i) header_ = header_ || (i != label_ && !numeric[i]);
    uint64_t width = columns_ - (label_ != no_column);
    const WantedColumn& wanted = wanted_.features;
    if (width == 0) throw Error(name_ + ":1:1: error: there is one column only; the label needs features beside it");
    if (wanted.width && width != wanted.width)
      throw Error(name_ + ":1:1: error: a row has " + std::to_string(width) + " features" +
                  (label_ != no_column ? " and a label" : "") + ", the model's input \"" + wanted.name + "\" takes " +
                  std::to_string(wanted.width));
    // Room for all rows at once; a cell is at least two bytes of text, so a lying line count costs nothing.
    uint64_t line_count = static_cast<uint64_t>(std::count(text_.begin(), text_.end(), '\n')) + 1;
    uint64_t most = text_.size() / 2 + 1;
    features_.data.reserve(std::min(line_count > most / width ? most : line_count * width, most) * sizeof(float));
  }

  void read_row(const CsvLines& lines) {
    CsvCell cell;
    uint64_t index = 0;
    for (CsvCells cells(lines.line()); cells.next(cell) && !errors_.full(); ++index) {
      if (index >= columns_) continue;
      if (cell.error)
        fail(lines.number(), cell.column, cell.error);
      else if (index == label_)
        read_label(cell, lines.number());
      else
        append(features_, cell, lines.number());
    }
    if (index != columns_ && !errors_.full())
      fail(lines.number(), 1,
           lines.line().empty()
               ? "the row is empty"
               : "the row has " + std::to_string(index) + " cells, the first row has " + std::to_string(columns_));
    ++rows_;
  }

  void append(StoredTensor& column, const CsvCell& cell, uint64_t line) {
    const char* reason = "";
    std::optional<float> value = parse_number(cell.text, &reason);
    if (!value) return fail(line, cell.column, "cell " + cell.shown() + " " + reason);
    const auto* bytes = reinterpret_cast<const std::byte*>(&*value);
    column.data.insert(column.data.end(), bytes, bytes + sizeof(float));
  }

  void read_label(const CsvCell& cell, uint64_t line) {
    if (!wanted_.label) return;
    if (wanted_.label->dtype == GRAPHC_F32) return append(target_, cell, line);
    if (cell.text.empty()) return fail(line, cell.column, "the label is empty");
    if (!classes_.add(cell.content(), line, cell.column))
      fail(line, cell.column,
           "the label column has more than " + std::to_string(ClassLabels::most) +
               " different values; for regression, let the model's target be f32");
  }

  Dataset finish() {
    Dataset dataset;
    dataset.source = name_;
    dataset.rows = rows_;
    auto rows = static_cast<int64_t>(rows_);
    features_.name = wanted_.features.name;
    features_.shape = {rows, static_cast<int64_t>(columns_ - (label_ != no_column))};
    dataset.columns.push_back(std::move(features_));
    if (!wanted_.label) return dataset;
    target_.name = wanted_.label->name;
    target_.shape = {rows};
    target_.dtype = wanted_.label->dtype == GRAPHC_F32 ? GRAPHC_F32 : GRAPHC_I32;
    if (target_.dtype == GRAPHC_I32) {
      std::vector<int32_t> values =
          classes_.resolve(name_, wanted_.label->limit, wanted_.class_names, dataset.class_names, errors_);
      errors_.throw_if_any();
      target_.data.resize(values.size() * sizeof(int32_t));
      std::memcpy(target_.data.data(), values.data(), target_.data.size());
    }
    dataset.columns.push_back(std::move(target_));
    return dataset;
  }
};

}  // namespace

Dataset parse_csv(std::string_view text, const std::string& name, const WantedColumns& wanted, const std::string& label) {
  return CsvReader(text, name, wanted, label).read();
}

}  // namespace graphc
