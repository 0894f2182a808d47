// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/quality.h"

#include <cmath>

#include "runtime/train/entry.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

Quality quality_of_classes(std::span<const float> scores, std::span<const int32_t> labels, uint32_t classes, std::vector<std::string> names) {
  Quality result;
  result.confusion.emplace(classes, std::move(names));
  result.confusion->add(scores, labels);
  const Confusion& c = *result.confusion;
  double precision = 0, recall = 0, f1 = 0, met = 0;
  for (uint32_t i = 0; i < classes; ++i) {
    if (c.labelled(i) + c.predicted(i) == 0) continue;
    ++met;
    precision += c.precision(i), recall += c.recall(i), f1 += c.f1(i);
  }
  result.values = {{"precision", precision / met}, {"recall", recall / met}, {"f1", f1 / met}};
  return result;
}

Quality quality_of_numbers(std::span<const float> predictions, std::span<const float> targets) {
  double count = static_cast<double>(targets.size()), mean = 0, squares = 0, absolute = 0, spread = 0;
  for (float y : targets) mean += y / count;
  for (size_t i = 0; i < targets.size(); ++i) {
    double error = static_cast<double>(predictions[i]) - targets[i];
    squares += error * error, absolute += std::fabs(error);
    spread += (targets[i] - mean) * (targets[i] - mean);
  }
  Quality result;
  result.values = {{"mse", squares / count}, {"mae", absolute / count}, {"r2", spread > 0 ? 1 - squares / spread : 0}};
  return result;
}

Quality quality(Instance& net, const Dataset& rows, std::string_view entry) {
  const graphc_entry_info& with_target = net.entry(entry).info();
  if (!net.has_entry("predict")) throw Error("the model has no output, which the report needs; add: output NAME = VALUE");
  const graphc_entry_info& predicting = net.entry("predict").info();
  const graphc_tensor* target = nullptr;
  for (uint32_t i = 0; i < with_target.inputs; ++i) {
    bool is_feature = false;
    for (uint32_t k = 0; k < predicting.inputs; ++k) is_feature |= std::string_view(predicting.input[k].name) == with_target.input[i].name;
    if (!is_feature && std::string_view(with_target.input[i].name) != "weight") target = target ? target : &with_target.input[i];
  }
  if (!target) throw Error("the model has no target, which the report needs");
  StoredTensor output = predict(net, rows);
  std::string found = "the first output is " + describe(output.dtype, output.shape) + ", the target \"" + target->name + "\" is " + describe(*target);
  uint64_t outputs = output.array().size();
  if (target->limit > 0 && target->dtype == GRAPHC_I32) {
    if (output.dtype != GRAPHC_F32 || outputs != rows.rows * static_cast<uint64_t>(target->limit))
      throw Error(found + ": the report wants a score for each class");
    return quality_of_classes(output.as<float>(), labels_of(rows, target->name, "the report"), static_cast<uint32_t>(target->limit), rows.class_names);
  }
  StoredTensor wanted = load(*rows.find(target->name));
  if (output.dtype != GRAPHC_F32 || wanted.dtype != GRAPHC_F32 || outputs != wanted.array().size()) throw Error(found + ": the report wants numbers of one shape");
  return quality_of_numbers(output.as<float>(), wanted.as<float>());
}

}  // namespace graphc
