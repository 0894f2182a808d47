// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

#include "runtime/train/class_labels.h"
#include "runtime/train/csv_cells.h"
#include "runtime/train/error.h"

namespace graphc {
namespace {

constexpr uint64_t no_column = ~uint64_t{0};

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name, const WantedColumns& wanted, const std::string& label,
            const std::string& weight)
      : text_(text), name_(name), wanted_(wanted), label_name_(label), weight_name_(weight) {}

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
  const std::string &label_name_, &weight_name_;
  ErrorList errors_;
  uint64_t columns_ = 0, label_ = no_column, rows_ = 0;
  bool header_ = false;
  StoredTensor features_, target_;
  // A further input, or null for a column that is left out.
  struct Other {
    const WantedColumn* wanted;
    StoredTensor values;
  };
  std::map<uint64_t, Other> others_;  // by column
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
      names.push_back(cell.content());
    }
    columns_ = numeric.size();
    if (!label_name_.empty()) label_ = find(label_name_, names, numeric);
    find_others(names, numeric);
    uint64_t rest = columns_ - others_.size();
    if (label_name_.empty() && (wanted_.label || (wanted_.features.width && rest == wanted_.features.width + 1))) {
      label_ = columns_;
      do --label_;
      while (label_ > 0 && others_.contains(label_));
    }
    for (uint64_t i = 0; i < columns_; ++i) header_ = header_ || (i != label_ && !numeric[i]);
    uint64_t width = feature_count();
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

  // The column of this name or number.
  uint64_t find(const std::string& wanted, const std::vector<std::string>& names, const std::vector<bool>& numeric) const {
    auto found = std::find(names.begin(), names.end(), wanted);
    uint64_t number = 0;
    auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (found != names.end() && !numeric[static_cast<size_t>(found - names.begin())]) return static_cast<uint64_t>(found - names.begin());
    if (error == std::errc() && *end == 0 && number >= 1 && number <= columns_) return number - 1;
    throw Error(name_ + ":1:1: error: no column is named \"" + wanted + "\"" + suggest(wanted, names));
  }

  void find_others(const std::vector<std::string>& names, const std::vector<bool>& numeric) {
    if (!weight_name_.empty()) others_[find(weight_name_, names, numeric)] = {nullptr, {}};  // also where it is not wanted
    for (const std::string& name : wanted_.left_out)
      for (uint64_t i = 0; i < columns_; ++i)
        if (names[i] == name && !numeric[i] && i != label_) others_[i] = {nullptr, {}};
    for (const WantedColumn& other : wanted_.others) {
      const std::string& name = other.name == weight_input && !weight_name_.empty() ? weight_name_ : other.name;
      bool is_there = &name == &weight_name_ || std::find(names.begin(), names.end(), name) != names.end();
      if (!is_there) continue;
      uint64_t column = find(name, names, numeric);
      if (column == label_) throw Error(name_ + ":1:1: error: column \"" + name + "\" is the label already");
      if (other.width > 1 || other.dtype == GRAPHC_U8)
        throw Error(name_ + ":1:1: error: the model's input \"" + other.name +
                    "\" takes more than one number a row, or bytes; a CSV column is one number, use an .npz file");
      others_[column] = {&other, {other.name, other.dtype, {}, {}}};
    }
    if (others_.contains(label_)) throw Error(name_ + ":1:1: error: the weight is the label already");
  }

  uint64_t feature_count() const { return columns_ - others_.size() - (label_ != no_column); }

  void read_row(const CsvLines& lines) {
    CsvCell cell;
    uint64_t index = 0;
    for (CsvCells cells(lines.line()); cells.next(cell) && !errors_.full(); ++index) {
      if (index >= columns_) continue;
      if (cell.error)
        fail(lines.number(), cell.column, cell.error);
      else if (index == label_)
        read_label(cell, lines.number());
      else if (auto other = others_.find(index); other != others_.end())
        read_other(other->second, cell, lines.number());
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

  void read_other(Other& other, const CsvCell& cell, uint64_t line) {
    if (!other.wanted) return;
    uint64_t before = other.values.data.size();
    append(other.values, cell, line);
    if (other.wanted->dtype != GRAPHC_I32 || other.values.data.size() == before) return;
    float value;
    std::memcpy(&value, other.values.data.data() + before, sizeof value);
    if (value != std::floor(value) || std::fabs(value) > 16777216)
      return fail(line, cell.column, "cell " + cell.shown() + " is not a whole number, which the model's input \"" + other.wanted->name + "\" takes");
    auto whole = static_cast<int32_t>(value);
    std::memcpy(other.values.data.data() + before, &whole, sizeof whole);
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
    features_.shape = {rows, static_cast<int64_t>(feature_count())};
    dataset.columns.push_back(std::move(features_));
    for (auto& [column, other] : others_) {
      if (!other.wanted) continue;
      other.values.shape = {rows};
      dataset.columns.push_back(std::move(other.values));
    }
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

Dataset parse_csv(std::string_view text, const std::string& name, const WantedColumns& wanted, const std::string& label,
                  const std::string& weight) {
  return CsvReader(text, name, wanted, label, weight).read();
}

}  // namespace graphc
