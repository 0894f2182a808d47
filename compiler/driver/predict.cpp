// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc predict
#include <fmt/format.h>

#include <iostream>

#include "compiler/driver/commands.h"
#include "compiler/driver/session.h"
#include "runtime/train/error.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/npy.h"
#include "runtime/train/tensor_info.h"

namespace graphc::driver {

namespace {

struct PredictOptions {
  ModelOptions model;
  std::string weights, data, to, output, stream = "auto";
  std::optional<uint64_t> batch, threads;
};

int run(const PredictOptions& o) {
  if (!o.to.ends_with(".npy")) throw Error("-o " + o.to + ": predictions are written as .npy; choose this ending");
  ModelFile file = o.model.read();
  if (file.model.forward.outputs.empty()) throw Error(file.path + ": the model has no output; add: output NAME = VALUE");
  Compiled compiled = compile_model(file, o.model.compile_options(batch_of(file, o.batch)));
  Instance net = compiled.program.instance();
  set_threads(net, o.threads);
  std::vector<std::string> class_names = class_names_of(net.load(o.weights));
  // Inputs alone: a file's label column is left out.
  WantedColumns wanted = wanted_with(net.module(), "predict", o.stream, class_names);
  wanted.label.reset();
  Dataset rows = load_dataset(o.data, wanted);
  StoredTensor result = predict(net, rows, o.output);
  write_npy(o.to, result);
  std::cout << fmt::format("{}: {} {}", o.to, result.name, describe(result.dtype, result.shape)) << std::endl;
  return 0;
}

}  // namespace

Action declare_predict(Options& options) {
  auto o = std::make_shared<PredictOptions>();
  o->model.declare(options);
  options.text("--weights", o->weights, "F.safetensors|F.npz", "what train --save wrote", true);
  options.text("--data", o->data, "SPEC", "the rows: x.npy, or any SPEC of train, whose label is left out", true);
  declare_stream(options, o->stream);
  options.text("-o", o->to, "OUT.npy", "where the output goes", true);
  options.text("--output", o->output, "NAME", "which output (the first)");
  options.whole("--batch", o->batch, 1, 1u << 30, "rows of a block (else the file's, or 32)");
  o->model.declare_tune(options);
  declare_threads(options, o->threads);
  return [o] { return run(*o); };
}

}  // namespace graphc::driver
