// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SPEC: which reader, and how its arrays become the columns that the model wants.
#include <cstring>

#include "runtime/train/csv.h"
#include "runtime/train/dataset.h"
#include "runtime/train/digits_data.h"
#include "runtime/train/error.h"
#include "runtime/train/gzip.h"
#include "runtime/train/idx.h"
#include "runtime/train/npy.h"
#include "runtime/train/tensor_info.h"

namespace graphc {
namespace {

std::string_view as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool starts_with_zip(const std::vector<std::byte>& bytes) { return as_text(bytes).substr(0, 4) == "PK\x03\x04"; }

StoredTensor parse_array(const std::vector<std::byte>& bytes, const std::string& path) {
  if (is_npy(bytes)) return parse_npy(bytes, path);
  if (is_idx(bytes)) return parse_idx(bytes, path);
  throw Error(path + ": error: this is neither an IDX nor an .npy file; give two of these, or one CSV file");
}

uint64_t rows_of(const StoredTensor& tensor, const std::string& path) {
  if (tensor.shape.empty()) throw Error(path + ": error: the array has no dimensions; the first one must be the rows");
  return static_cast<uint64_t>(tensor.shape[0]);
}

void add_features(Dataset& dataset, StoredTensor tensor, const WantedColumn& wanted, const std::string& path) {
  uint64_t rows = rows_of(tensor, path);
  if (rows == 0) throw Error(path + ": error: the file has no rows");
  uint64_t width = tensor.array().size() / rows;
  if (wanted.width && width != wanted.width)
    throw Error(path + ": error: the array is " + describe(tensor.dtype, tensor.shape) + ", so a row has " +
                std::to_string(width) + " elements; the model's input \"" + wanted.name + "\" takes " +
                std::to_string(wanted.width));
  dataset.rows = rows;
  tensor.name = wanted.name;
  dataset.columns.push_back(std::move(tensor));
}

void add_label(Dataset& dataset, StoredTensor tensor, const WantedColumn& wanted, const std::string& path) {
  uint64_t rows = rows_of(tensor, path);
  if (rows != dataset.rows)
    throw Error(path + ": error: there are " + std::to_string(rows) + " labels for " + std::to_string(dataset.rows) +
                " rows of features");
  if (wanted.width && tensor.array().size() != rows * wanted.width)
    throw Error(path + ": error: the array is " + describe(tensor.dtype, tensor.shape) + "; the model's target \"" + wanted.name +
                "\" takes " + std::to_string(wanted.width) + " a row");
  if (wanted.dtype == GRAPHC_I32 && tensor.dtype == GRAPHC_F32)
    throw Error(path + ": error: the labels are floats, the model wants classes; save them as integers (.astype('<i4'))");
  if (wanted.dtype == GRAPHC_I32 && tensor.dtype == GRAPHC_U8) {
    std::vector<std::byte> wide(tensor.data.size() * 4);
    for (size_t i = 0; i < tensor.data.size(); ++i) {
      auto value = static_cast<int32_t>(tensor.data[i]);
      std::memcpy(wide.data() + 4 * i, &value, 4);
    }
    tensor.data = std::move(wide);
    tensor.dtype = GRAPHC_I32;
  }
  tensor.name = wanted.name;
  dataset.columns.push_back(std::move(tensor));
}

Dataset load_pair(const std::string& first, const std::string& second, const WantedColumns& wanted) {
  Dataset dataset;
  dataset.source = first;
  add_features(dataset, parse_array(read_data_file(first), first), wanted.features, first);
  if (!wanted.label) return dataset;
  if (second.empty())
    throw Error(first + ": error: the model's target \"" + wanted.label->name +
                "\" needs labels; give two files, FEATURES,LABELS");
  add_label(dataset, parse_array(read_data_file(second), second), *wanted.label, second);
  return dataset;
}

}  // namespace

Dataset load_dataset(const std::string& spec, const WantedColumns& wanted) {
  if (spec == "digits") {
    std::vector<std::byte> text = inflate_gzip(embedded_digits(), "digits");
    return parse_csv(as_text(text), "digits", wanted);
  }
  for (std::string_view prefix : {"cifar:", "text:"})
    if (spec.starts_with(prefix))
      throw Error(spec + ": error: data of the form " + std::string(prefix) +
                  "FILE cannot be read yet; convert it to .npy or CSV");
  constexpr std::string_view label_key = ":label=";
  if (size_t at = spec.rfind(label_key); at != std::string::npos) {
    std::string path = spec.substr(0, at), label = spec.substr(at + label_key.size());
    if (label.empty()) throw Error(spec + ": error: label= needs a column's name");
    std::vector<std::byte> bytes = read_data_file(path);
    return parse_csv(as_text(bytes), path, wanted, label);
  }
  if (size_t comma = spec.find(','); comma != std::string::npos) {
    std::string first = spec.substr(0, comma), second = spec.substr(comma + 1);
    if (first.empty() || second.empty() || second.find(',') != std::string::npos)
      throw Error(spec + ": error: two files are wanted, FEATURES,LABELS, without blanks");
    return load_pair(first, second, wanted);
  }
  if (spec.empty()) throw Error("data: error: the name of the data is empty; give digits, FILE.csv, or FEATURES,LABELS");
  std::vector<std::byte> bytes = read_data_file(spec);
  if (starts_with_zip(bytes))
    throw Error(spec + ": error: .npz files cannot be read yet; save x.npy and y.npy, and give x.npy,y.npy");
  if (is_npy(bytes) || is_idx(bytes)) return load_pair(spec, "", wanted);
  return parse_csv(as_text(bytes), spec, wanted);
}

}  // namespace graphc
