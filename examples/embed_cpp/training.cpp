// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/embed_cpp/training.h"

#include <numeric>

Training::Training(const std::string& csv) {
  if (digits_read(csv.c_str(), &data_)) throw std::runtime_error(csv + ": cannot be read, or is not the digits' CSV");
}

void Training::fit(digits_state& state) const { digits_statistics(&data_, state.scaled_mean, state.scaled_scale); }

std::vector<uint16_t> Training::order(uint32_t epoch) const {
  std::vector<uint16_t> rows(digits_train_rows);
  digits_order(epoch, rows.data());
  return rows;
}

double Training::epoch(digits::Network& net, uint32_t number) {
  double sum = 0;
  each(order(number), [&](std::span<const float> x, std::span<const int32_t> y) {
    auto result = net.step(x, y);
    if (result.status == GRAPHC_NOT_FINITE) throw std::runtime_error("the loss is not finite");
    sum += double(result.report.loss) * double(y.size());
  });
  return sum / double(digits_train_rows);
}

double Training::accuracy(const digits::Network& net) {
  std::vector<uint16_t> rows(digits_test_rows);
  std::iota(rows.begin(), rows.end(), uint16_t(digits_train_rows));
  double right = 0;
  each(rows, [&](std::span<const float> x, std::span<const int32_t> y) {
    right += double(net.eval(x, y).report.accuracy) * double(y.size());
  });
  return right / double(digits_test_rows);
}
