// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SPEC: which reader, and how its arrays become the columns that the model wants.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "runtime/train/cifar.h"
#include "runtime/train/csv.h"
#include "runtime/train/data_spec.h"
#include "runtime/train/dataset.h"
#include "runtime/train/digits_data.h"
#include "runtime/train/error.h"
#include "runtime/train/gzip.h"
#include "runtime/train/idx.h"
#include "runtime/train/npy.h"
#include "runtime/train/npz.h"
#include "runtime/train/place_columns.h"
#include "runtime/train/record_file.h"
#include "runtime/train/text.h"
#include "runtime/train/zip.h"

namespace graphc {
namespace {

std::string_view as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Column read_array(const std::string& path, uint64_t stream_above) {
  if (std::optional<Column> column = stream_array(path, stream_above)) return *column;
  std::vector<std::byte> bytes = read_data_file(path);
  if (is_npy(bytes)) return parse_npy(bytes, path);
  if (is_idx(bytes)) return parse_idx(bytes, path);
  throw Error(path + ": error: this is neither an IDX nor an .npy file; give two of these, or one CSV file");
}

// FEATURES, FEATURES,LABELS or, where the model has one further input, FEATURES,LABELS,OTHER.
Dataset load_arrays(const DataSpec& spec, const WantedColumns& wanted) {
  const std::vector<std::string>& files = spec.files;
  Dataset dataset;
  dataset.source = files[0];
  place_features(dataset, read_array(files[0], wanted.stream_above), wanted.features, files[0]);
  if (wanted.label) {
    if (files.size() < 2)
      throw Error(files[0] + ": error: the model's target \"" + wanted.label->name +
                  "\" needs labels; give two files, FEATURES,LABELS");
    place_label(dataset, read_array(files[1], wanted.stream_above), *wanted.label, files[1]);
  }
  if (files.size() > 2 && wanted.others.size() == 1) place_other(dataset, read_array(files[2], wanted.stream_above), wanted.others[0], files[2]);
  if (files.size() > 2 && wanted.others.size() != 1 && wanted.label)
    throw Error(files[2] + ": error: a third file serves a model with one further input, this model has " +
                std::to_string(wanted.others.size()) + "; for several, save an .npz file with the inputs' names as keys");
  return dataset;
}

Dataset load_npz(const std::vector<std::byte>& bytes, const std::string& path, const WantedColumns& wanted) {
  std::vector<std::string> names = {wanted.features.name}, keys;
  if (wanted.label) names.push_back(wanted.label->name);
  for (const WantedColumn& other : wanted.others) names.push_back(other.name);
  std::vector<StoredTensor> arrays = parse_npz(bytes, path, names, &keys);
  auto take = [&](const std::string& name) -> StoredTensor* {
    auto found = std::find_if(arrays.begin(), arrays.end(), [&](const StoredTensor& array) { return array.name == name; });
    return found == arrays.end() ? nullptr : &*found;
  };
  auto needed = [&](const std::string& name, const char* what) -> StoredTensor& {
    if (StoredTensor* array = take(name)) return *array;
    throw Error(path + ": error: there is no array for the model's " + what + " \"" + name + "\"; the keys are the inputs' names" +
                suggest(name, keys));
  };
  Dataset dataset;
  dataset.source = path;
  place_features(dataset, std::move(needed(wanted.features.name, "input")), wanted.features, path);
  if (wanted.label) place_label(dataset, std::move(needed(wanted.label->name, "target")), *wanted.label, path);
  for (const WantedColumn& other : wanted.others)
    if (StoredTensor* array = take(other.name)) place_other(dataset, std::move(*array), other, path);
  return dataset;
}

Dataset load_cifar(const std::string& path, const WantedColumns& wanted) {
  Dataset dataset;
  dataset.source = path;
  auto place = [&](auto cifar) {
    place_features(dataset, std::move(cifar.images), wanted.features, path);
    if (wanted.label) place_label(dataset, std::move(cifar.labels), *wanted.label, path);
  };
  if (std::optional<CifarColumns> streamed = stream_cifar(path, wanted.stream_above))
    place(std::move(*streamed));
  else
    place(parse_cifar(read_data_file(path), path));
  return dataset;
}

Dataset load_text(const DataSpec& spec, const WantedColumns& wanted) {
  std::optional<uint64_t> stride;
  if (!spec.stride.empty()) {
    const char *begin = spec.stride.data(), *end = begin + spec.stride.size();
    auto [stop, error] = std::from_chars(begin, end, stride.emplace());
    if (error != std::errc() || stop != end || *stride == 0)
      throw Error(spec.text() + ": error: stride= needs a whole number from 1, the bytes from one window to the next");
  }
  return parse_text(read_data_file(spec.files[0]), spec.files[0], wanted, stride);
}

// No option is ignored: what the file cannot use is the user's mistake.
void refuse_options(const DataSpec& spec, bool is_csv, size_t most_files) {
  auto refuse = [&](const std::string& value, const char* option, const char* where) {
    if (!value.empty()) throw Error(spec.text() + ": error: " + option + " belongs to " + where);
  };
  if (!is_csv) refuse(spec.label, "label=", "a CSV file"), refuse(spec.weight, "weight=", "a CSV file");
  if (spec.kind != "text") refuse(spec.stride, "stride=", "text:FILE");
  if (spec.files.size() > most_files)
    throw Error(spec.text() + ": error: " +
                (most_files == 1 ? "one file is wanted" : "two files are wanted, FEATURES,LABELS, or a third with weights"));
}

Dataset load(const DataSpec& spec, const WantedColumns& wanted) {
  const std::string& path = spec.files[0];
  if (spec.kind == "digits") {
    refuse_options(spec, false, 1);
    return parse_csv(as_text(inflate_gzip(embedded_digits(), "digits")), "digits", wanted);
  }
  if (!spec.kind.empty()) {
    refuse_options(spec, false, 1);
    return spec.kind == "cifar" ? load_cifar(path, wanted) : load_text(spec, wanted);
  }
  if (spec.files.size() > 1) {
    refuse_options(spec, false, 3);
    return load_arrays(spec, wanted);
  }
  if (stream_array(path, wanted.stream_above)) {
    refuse_options(spec, false, 1);
    return load_arrays(spec, wanted);
  }
  std::vector<std::byte> bytes = read_data_file(path);
  bool is_archive = is_zip(bytes), is_array = is_npy(bytes) || is_idx(bytes);
  refuse_options(spec, !is_archive && !is_array, 1);
  if (is_archive) return load_npz(bytes, path, wanted);
  if (is_array) return load_arrays(spec, wanted);
  return parse_csv(as_text(bytes), path, wanted, spec.label, spec.weight);
}

}  // namespace

Dataset load_dataset(const std::string& spec, const WantedColumns& wanted) {
  Dataset dataset = load(parse_data_spec(spec), wanted);
  place_missing(dataset, wanted.others);
  return dataset;
}

}  // namespace graphc
