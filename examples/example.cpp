// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/example.h"

#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <numeric>
#include <string_view>

#include "runtime/train/entry.h"
#include "runtime/train/feeder.h"
#include "runtime/train/file.h"

namespace examples {

int run(int count, char** arguments, const std::function<void(const Arguments&)>& run) {
  Arguments parsed;
  for (int i = 1; i < count; ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--short") {
      parsed.is_short = true;
    } else if (argument == "--data" && i + 1 < count) {
      parsed.data = arguments[++i];
    } else if (argument.ends_with(".svg") && parsed.picture.empty()) {
      parsed.picture = argument;
    } else {
      std::fprintf(stderr, "usage: %s [PICTURE.svg] [--data SPEC] [--short]\n", arguments[0]);
      return 2;
    }
  }
  try {
    run(parsed);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

void save(const graphc::Chart& chart, const Arguments& arguments) {
  if (!arguments.picture.empty()) graphc::write_file(arguments.picture, graphc::chart_svg(chart));
}

Images load_images(const std::string& spec) {
  Images images{graphc::load_dataset(spec.empty() ? "digits" : spec)};
  const std::vector<int64_t>& shape = images.rows.find("x")->shape;
  images.pixels = std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies());
  images.white = spec.empty() || spec == "digits" ? 16 : 255;
  return images;
}

void print_class_of_numbers(const graphc::Program& program) {
  std::printf("Numbers of targets %s FMA\n\n", program.plan().target.fma ? "with" : "without");
}

Values gradients(graphc::Instance& net, const graphc::Dataset& data, std::span<const uint32_t> rows) {
  constexpr std::string_view prefix = "grad.";
  graphc::Instance::Entry& entry = net.entry("grad");
  graphc::Feeder feeder(data, entry.info(), net.module().max_rows);
  Values result;
  std::vector<graphc::NamedOutput> outputs;
  for (uint32_t i = 0; i < entry.info().outputs; ++i) {
    std::string_view name = entry.info().output[i].name;
    if (!name.starts_with(prefix)) continue;
    std::string parameter(name.substr(prefix.size()));
    std::vector<float>& values = result[parameter];
    values.resize(net.get(parameter).size());
    outputs.push_back({name, values});
  }
  std::vector<void*> places = entry.bind_outputs(std::span<const graphc::NamedOutput>(outputs), rows.size());
  for (uint32_t i = 0; i < places.size(); ++i)
    if (!places[i]) places[i] = entry.scratch(i);
  net.call(entry, feeder.gather(rows), places.data(), static_cast<uint32_t>(rows.size()));
  return result;
}

Values gradients(graphc::Instance& net, const graphc::Dataset& data) {
  std::vector<uint32_t> rows(data.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  return gradients(net, data, rows);
}

double norm(std::span<const float> values) {
  double sum = 0;
  for (float value : values) sum += double(value) * value;
  return std::sqrt(sum);
}

}  // namespace examples
