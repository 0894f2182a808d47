// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instance: variables by name, standardize's fit, and the weights file.
#include <algorithm>
#include <cstring>

#include "runtime/train/entry.h"
#include "runtime/train/instance.h"
#include "runtime/train/standardize.h"
#include "runtime/train/tensor_info.h"
#include "runtime/train/weights_file.h"

namespace graphc {
namespace {

bool is_weight(const graphc_tensor& variable) {
  return variable.role == GRAPHC_ROLE_PARAMETER || variable.role == GRAPHC_ROLE_RUNNING || variable.role == GRAPHC_ROLE_FITTED;
}

}  // namespace

const graphc_tensor& Instance::variable(std::string_view name) const {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < module_->variables; ++i) {
    if (name == module_->variable[i].name) return module_->variable[i];
    names.push_back(module_->variable[i].name);
  }
  throw Error("variable \"" + std::string(name) + "\" does not exist" + suggest(std::string(name), names));
}

std::byte* Instance::place(const graphc_tensor& variable) const {
  return (variable.role == GRAPHC_ROLE_PARAMETER ? params_ : state_).data() + variable.offset;
}

uint64_t Instance::checked(std::string_view name, uint8_t dtype) const {
  const graphc_tensor& tensor = variable(name);
  if (tensor.dtype != dtype)
    throw Error("variable \"" + std::string(name) + "\" is " + describe(tensor) + ", it was asked for as " +
                std::string(dtype_name(dtype)));
  return elements_at(tensor, 0);
}

void Instance::read(std::string_view name, const OutputArray& values) const {
  const graphc_tensor& tensor = variable(name);
  copy_from_strided(tensor, place(tensor), static_cast<std::byte*>(values.data()));
}

void Instance::set(std::string_view name, const ArrayView& values) {
  uint64_t count = checked(name, values.dtype());
  const graphc_tensor& tensor = variable(name);
  if (values.size() != unknown_size && values.size() != count)
    throw Error("variable \"" + std::string(name) + "\" is " + describe(tensor) + " (" + std::to_string(count) + " elements), " +
                std::to_string(values.size()) + " were given");
  copy_to_strided(tensor, static_cast<const std::byte*>(values.data()), place(tensor));
  if (tensor.role == GRAPHC_ROLE_FITTED) fitted_ = true;
}

bool Instance::needs_fit() const {
  if (fitted_) return false;
  return std::any_of(module_->variable, module_->variable + module_->variables,
                     [](const graphc_tensor& variable) { return variable.role == GRAPHC_ROLE_FITTED; });
}

void Instance::fit(const Arrays& inputs, uint64_t rows) {
  auto rows_of = [&](const graphc_tensor& input) -> Rows {
    auto item = std::find_if(inputs.items().begin(), inputs.items().end(), [&](const NamedArray& given) { return given.name == input.name; });
    if (item == inputs.items().end()) return {};
    const ArrayView& array = item->array;
    uint64_t width = elements_per_row(input);
    if (array.size() != unknown_size && width && array.size() / width < rows)
      throw Error(std::string("fit: input \"") + input.name + "\" is " + describe(input) + ": " + std::to_string(rows) + " rows need " +
                  std::to_string(rows * width) + " elements, the array given has " + std::to_string(array.size()));
    return [array, values = std::vector<double>(width)](uint64_t row) mutable -> std::span<const double> {
      to_doubles(array.data(), array.dtype(), row * values.size(), values);
      return values;
    };
  };
  fit(rows_of, rows);
}

void Instance::fit(const std::function<Rows(const graphc_tensor& input)>& rows_of, uint64_t rows) {
  std::vector<std::pair<const graphc_tensor*, std::vector<float>>> results;
  std::vector<std::pair<std::string, Statistics>> known;  // mean and scale of one input are computed once
  for (uint32_t i = 0; i < module_->variables; ++i) {
    const graphc_tensor& target = module_->variable[i];
    if (target.role != GRAPHC_ROLE_FITTED) continue;
    std::string_view of = target.of ? target.of : "";
    size_t colon = std::min(of.rfind(':'), of.size());
    std::string input(of.substr(0, colon));
    std::string_view statistic = colon < of.size() ? of.substr(colon + 1) : "";
    if (statistic != "mean" && statistic != "scale")
      throw Error(std::string("fit: variable \"") + target.name + "\" wants the statistic \"" + std::string(of) +
                  "\", which is unknown");
    const graphc_tensor* tensor = nullptr;
    for (uint32_t e = 0; e < module_->entries && !tensor; ++e)
      for (uint32_t k = 0; k < module_->entry[e].inputs; ++k)
        if (input == module_->entry[e].input[k].name) tensor = &module_->entry[e].input[k];
    Rows row = tensor ? rows_of(*tensor) : Rows();
    if (!row)
      throw Error(std::string("fit: variable \"") + target.name + "\" is fitted on input \"" + input +
                  "\", which is not among the arrays given");
    uint64_t width = elements_per_row(*tensor), features = elements_at(target, 0);
    if (rows == 0 || width == 0 || features == 0 || width % features)
      throw Error("fit: " + std::to_string(rows) + " rows of input \"" + input + "\" (" + describe(*tensor) + ") cannot give \"" +
                  target.name + "\" (" + describe(target) + ")");
    auto same = [&](const auto& entry) { return entry.first == input && entry.second.mean.size() == features; };
    auto found = std::find_if(known.begin(), known.end(), same);
    if (found == known.end())
      found = known.insert(known.end(), {input, column_statistics(rows, width, features, "fit: input \"" + input + "\"", row)});
    const std::vector<double>& values = statistic == "mean" ? found->second.mean : found->second.scale;
    results.emplace_back(&target, std::vector<float>(values.begin(), values.end()));
  }
  for (const auto& [target, values] : results) set(target->name, values);
  fitted_ = true;
}

std::vector<StoredTensor> Instance::copies(bool weights_only) const {
  std::vector<StoredTensor> tensors;
  for (uint32_t i = 0; i < module_->variables; ++i) {
    const graphc_tensor& variable = module_->variable[i];
    if (weights_only && !is_weight(variable)) continue;
    StoredTensor stored{variable.name, variable.dtype, shape_at(variable, 0), {}};
    stored.data.resize(elements_at(variable, 0) * element_bytes(variable.dtype));
    copy_from_strided(variable, place(variable), stored.data.data());
    tensors.push_back(std::move(stored));
  }
  return tensors;
}

void Instance::replace(std::span<const StoredTensor> tensors, bool weights_only, const std::string& source) {
  ErrorList errors;
  std::vector<std::pair<const graphc_tensor*, const StoredTensor*>> pairs;
  std::vector<std::string> wanted;
  for (uint32_t i = 0; i < module_->variables; ++i) {
    const graphc_tensor& variable = module_->variable[i];
    if (weights_only && !is_weight(variable)) continue;
    wanted.push_back(variable.name);
    auto stored = std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == wanted.back(); });
    if (stored == tensors.end()) {
      errors.add(source, "tensor \"" + wanted.back() + "\" (" + describe(variable) + ") is missing");
    } else if (stored->dtype != variable.dtype || stored->shape != shape_at(variable, 0)) {
      errors.add(source, "tensor \"" + wanted.back() + "\" is " + describe(stored->dtype, stored->shape) + ", the model wants " +
                             describe(variable));
    } else {
      pairs.emplace_back(&variable, &*stored);
    }
  }
  for (const StoredTensor& stored : tensors)
    if (!errors.full() && std::find(wanted.begin(), wanted.end(), stored.name) == wanted.end())
      errors.add(source, "tensor \"" + stored.name + "\" is not in the model" + suggest(stored.name, wanted));
  errors.throw_if_any();
  for (const auto& [variable, stored] : pairs) copy_to_strided(*variable, stored->data.data(), place(*variable));
  fitted_ = true;
}

// action(parameter, average)
template <class Action>
void Instance::for_each_average(Action action) const {
  constexpr std::string_view suffix = ".average";
  for (uint32_t i = 0; i < module_->variables; ++i) {
    const graphc_tensor& average = module_->variable[i];
    std::string_view name = average.name;
    if (average.role != GRAPHC_ROLE_OPTIMIZER || !name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    for (uint32_t p = 0; p < module_->variables; ++p)
      if (module_->variable[p].role == GRAPHC_ROLE_PARAMETER && name == module_->variable[p].name) action(module_->variable[p], average);
  }
}

bool Instance::has_averages() const {
  bool any = false;
  for_each_average([&](const graphc_tensor&, const graphc_tensor&) { any = true; });
  return any && get<int32_t>("average.begun")[0] != 0;
}

Instance Instance::averaged() const {
  Instance copy = clone();
  if (has_averages())
    for_each_average([&](const graphc_tensor& parameter, const graphc_tensor& average) {
      std::memcpy(copy.place(parameter), place(average), parameter.bytes);
    });
  return copy;
}

void Instance::keep_as_average() {
  for_each_average([&](const graphc_tensor& parameter, const graphc_tensor& average) { std::memcpy(place(average), place(parameter), parameter.bytes); });
}

std::vector<StoredTensor> Instance::variables() const { return copies(false); }
std::vector<StoredTensor> Instance::weights() const { return copies(true); }
void Instance::set_variables(std::span<const StoredTensor> variables, const std::string& source) {
  replace(variables, false, source);
}
void Instance::set_weights(std::span<const StoredTensor> weights, const std::string& source) { replace(weights, true, source); }

void Instance::save(const std::string& path, const std::map<std::string, std::string>& metadata) const {
  write_weights(path, {weights(), metadata});
}

std::map<std::string, std::string> Instance::load(const std::string& path) {
  Safetensors file = read_weights(path);
  set_weights(file.tensors, path);
  return std::move(file.metadata);
}

}  // namespace graphc
