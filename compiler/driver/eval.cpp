// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc eval
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "compiler/driver/commands.h"
#include "compiler/driver/session.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/quality.h"

namespace graphc::driver {

namespace {

struct EvalOptions {
  ModelOptions model;
  std::string weights, data, stream = "auto";
  std::optional<uint64_t> batch, threads;
  bool report = false, json = false;
};

int run(const EvalOptions& o) {
  ModelFile file = o.model.read();
  only_loss(file);
  // The blocks of rows that train takes, so that the same weights give the same bits.
  Compiled compiled = compile_model(file, o.model.compile_options(batch_of(file, o.batch)));
  Instance net = compiled.program.instance();
  set_threads(net, o.threads);
  Dataset rows = test_rows(file, o.data, o.stream, net.module(), class_names_of(net.load(o.weights)));
  compile_entry(compiled.program, "eval");
  auto start = std::chrono::steady_clock::now();
  Score score = evaluate(net, rows);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::vector<std::string>& names = net.metric_names("eval");
  Quality quality;
  if (o.report) quality = graphc::quality(net, rows);
  if (o.json) {
    nlohmann::ordered_json line = {{"test_loss", score.loss}};
    for (size_t i = 0; i < names.size(); i++) line["test_" + names[i]] = score.metrics[i];
    for (const auto& [name, value] : quality.values) line["test_" + name] = value;
    line["seconds"] = seconds;
    std::cout << line.dump() << std::endl;
    return 0;
  }
  std::string text = fmt::format("{} rows of {}: loss {:.6g}", rows.rows, rows.source.empty() ? "data" : rows.source, score.loss);
  for (size_t i = 0; i < names.size(); i++) text += fmt::format(", {} {:.4f}", names[i], score.metrics[i]);
  for (const auto& [name, value] : quality.values) text += fmt::format(", {} {:.4f}", name, value);
  std::cout << text << std::endl;
  if (quality.confusion) std::cout << '\n' << quality.confusion->text() << std::flush;
  return 0;
}

}  // namespace

Action declare_eval(Options& options) {
  auto o = std::make_shared<EvalOptions>();
  o->model.declare(options);
  options.text("--weights", o->weights, "F.safetensors|F.npz", "what train --save wrote", true);
  options.text("--data", o->data, "SPEC", "the rows; else the file's test rows");
  declare_stream(options, o->stream);
  options.whole("--batch", o->batch, 1, 1u << 30, "rows of a block (else the file's, or 32)");
  o->model.declare_tune(options);
  declare_threads(options, o->threads);
  options.flag("--report", o->report, "of classes also precision, recall, F1 and the confusion matrix, of numbers MSE, MAE and R2");
  options.flag("--json", o->json, "one JSON object");
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
