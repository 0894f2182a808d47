// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows to train on, to validate and to test with.
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/driver/session.h"
#include "runtime/train/data_spec.h"
#include "runtime/train/error.h"

namespace graphc::driver {

static constexpr char metadata_key[] = "graphc.class_names";

std::string beside_model(const ModelFile& file, const std::string& spec) {
  std::filesystem::path folder = std::filesystem::path(file.path).parent_path();
  DataSpec parts = parse_data_spec(spec);
  if (parts.kind == "digits") return spec;
  for (std::string& path : parts.files) {
    std::error_code error;
    if (std::filesystem::path(path).is_relative() && !std::filesystem::exists(path, error) &&
        std::filesystem::exists(folder / path, error))
      path = (folder / path).string();
  }
  return parts.text();
}

void declare_stream(Options& options, std::string& stream) {
  options.text("--stream", stream, "on|off|auto", "leave rows in their file and read them while training: auto, for .npy, IDX and CIFAR above 256 MB");
}

WantedColumns wanted_with(const graphc_module& module, const std::string& entry, const std::string& stream,
                          const std::vector<std::string>& class_names) {
  WantedColumns wanted = wanted_columns(module, entry);
  wanted.class_names = class_names;
  if (stream == "on")
    wanted.stream_above = 0;
  else if (stream == "off")
    wanted.stream_above = std::numeric_limits<uint64_t>::max();
  else if (stream != "auto")
    throw Error("--stream: '" + stream + "' is neither on, off nor auto");
  return wanted;
}

// Takes `share` of `total` rows away from `data`.
static Dataset take_share(Dataset& data, double share, uint64_t total, uint32_t seed, const std::string& stratified_by) {
  // Rounds up to whole rows here, so that the division cannot add one.
  double wanted = std::ceil(share * double(total));
  double fraction = data.rows == total ? share : (wanted - 0.5) / double(data.rows);
  if (!(fraction > 0 && fraction < 1)) throw Error(data.source + ": the test and validation rows leave none to train on");
  DatasetSplit split = split_dataset(data, fraction, seed, stratified_by);
  data = std::move(split.train);
  return std::move(split.test);
}

Data load_data(const ModelFile& file, const DataOptions& options, const graphc_module& module, const std::string& entry,
               const std::vector<std::string>& class_names) {
  const TrainingSettings& settings = file.train;
  Data data;
  data.spec = !options.data.empty() ? options.data : settings.data ? beside_model(file, *settings.data) : "";
  if (data.spec.empty())
    throw Error(file.path +
                ": there is no data; give --data digits, --data FILE.csv or --data FEATURES,LABELS, or a train section");
  WantedColumns wanted = wanted_with(module, entry, options.stream, class_names);
  data.train = load_dataset(data.spec, wanted);
  if (wanted.class_names.empty()) wanted.class_names = data.train.class_names;

  uint64_t total = data.train.rows;
  bool is_stratified = settings.split && *settings.split == "stratified";
  if (is_stratified && !wanted.label) throw Error(file.path + ": split stratified: the model has no target to go by");
  std::string stratified_by = is_stratified ? wanted.label->name : "";
  auto seed = uint32_t(settings.split_seed ? *settings.split_seed : 0);
  if (!options.test.empty()) {
    data.test = load_dataset(options.test, wanted);
  } else if (settings.test) {
    data.test = load_dataset(beside_model(file, *settings.test), wanted);
  } else if (settings.test_share) {
    data.test = take_share(data.train, *settings.test_share, total, seed, stratified_by);
    data.is_course_split = data.spec == "digits" && seed == 37 && *settings.test_share == 0.15 && !is_stratified;
  }
  if (!options.validate.empty()) {
    data.validation = load_dataset(options.validate, wanted);
  } else if (settings.validation) {
    data.validation = load_dataset(beside_model(file, *settings.validation), wanted);
  } else if (settings.validation_share) {
    data.validation = take_share(data.train, *settings.validation_share, total, seed, stratified_by);
  }
  return data;
}

Dataset test_rows(const ModelFile& file, const std::string& data, const std::string& stream, const graphc_module& module,
                  const std::vector<std::string>& class_names) {
  if (!data.empty()) return load_dataset(data, wanted_with(module, "eval", stream, class_names));
  Data parts = load_data(file, {.stream = stream}, module, "eval", class_names);
  if (!parts.test) throw Error(file.path + ": the train section names no test rows; give --data");
  return std::move(*parts.test);
}

std::map<std::string, std::string> weights_metadata(const std::vector<std::string>& class_names) {
  if (class_names.empty()) return {};
  return {{metadata_key, nlohmann::json(class_names).dump()}};
}

std::vector<std::string> class_names_of(const std::map<std::string, std::string>& metadata) {
  auto found = metadata.find(metadata_key);
  if (found == metadata.end()) return {};
  auto names = nlohmann::json::parse(found->second, nullptr, false);
  std::vector<std::string> result;
  if (names.is_array())
    for (const auto& name : names)
      if (name.is_string()) result.push_back(name);
  return result;
}

}  // namespace graphc::driver
