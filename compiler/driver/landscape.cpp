// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc landscape
#include "runtime/train/landscape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "compiler/driver/commands.h"
#include "compiler/driver/session.h"
#include "runtime/train/error.h"

namespace graphc::driver {

namespace {

struct LandscapeOptions {
  ModelOptions model;
  std::string weights, data, range = "1";
  std::vector<std::string> outputs;
  std::optional<uint64_t> batch, threads, points, rows, seed;
  bool one = false, training = false;
};

double number_of(const std::string& text) {
  size_t end = 0;
  double value = 0;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {
  }
  if (end != text.size() || !(value > 0) || !std::isfinite(value)) throw Error("--range " + text + ": a positive number is wanted");
  return value;
}

Dataset rows_of(const ModelFile& file, const LandscapeOptions& o, const graphc_module& module,
                const std::vector<std::string>& class_names) {
  if (!o.training) return test_rows(file, o.data, "off", module, class_names);
  return load_data(file, {.data = o.data, .stream = "off"}, module, "eval", class_names).train;
}

int run(const LandscapeOptions& o) {
  LandscapeSettings settings{uint32_t(o.points.value_or(25)), number_of(o.range), o.seed.value_or(1), o.one};
  if (settings.points % 2 == 0) throw Error(fmt::format("--points {}: an odd number is wanted, so that one point is the weights themselves", settings.points));
  for (const std::string& path : o.outputs)
    if (!path.ends_with(".csv") && !path.ends_with(".svg")) throw Error("-o " + path + ": a landscape is written as .csv or .svg; choose one of these endings");
  ModelFile file = o.model.read();
  only_loss(file);
  Compiled compiled = compile_model(file, o.model.compile_options(batch_of(file, o.batch)));
  Instance net = compiled.program.instance();
  set_threads(net, o.threads);
  Dataset rows = rows_of(file, o, net.module(), class_names_of(net.load(o.weights)));
  if (o.rows && *o.rows < rows.rows) rows = first_rows(rows, uint32_t(*o.rows));
  Landscape l = landscape(net, rows, settings);
  for (const std::string& path : o.outputs) write_landscape(path, l, file.model.tables.name);
  std::cout << fmt::format("{} rows: loss {:.6g} at the weights, {:.6g} to {:.6g} within {} of them", l.rows, l.centre(),
                           *std::min_element(l.loss.begin(), l.loss.end()), *std::max_element(l.loss.begin(), l.loss.end()), settings.range)
            << std::endl;
  return 0;
}

}  // namespace

Action declare_landscape(Options& options) {
  auto o = std::make_shared<LandscapeOptions>();
  o->model.declare(options);
  options.text("--weights", o->weights, "F.safetensors|F.npz", "what train --save wrote", true);
  options.many("-o", o->outputs, "F.svg|F.csv", "the picture, or the numbers; may be repeated");
  options.text("--data", o->data, "SPEC", "the rows; else the file's test rows");
  options.flag("--training-rows", o->training, "the rows that the file trains with: the loss that was minimised");
  options.whole("--rows", o->rows, 1, 1u << 30, "the first so many of them");
  options.whole("--points", o->points, 3, 1001, "along a direction, an odd number (25)");
  options.text("--range", o->range, "X", "how far to go, in units of the weights' own length (1)");
  options.flag("--one", o->one, "along one direction, a curve");
  options.whole("--seed", o->seed, 0, uint64_t{1} << 53, "of the directions (1)");
  options.whole("--batch", o->batch, 1, 1u << 30, "rows of a block (else the file's, or 32)");
  declare_threads(options, o->threads);
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
