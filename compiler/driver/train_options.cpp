// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/train_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "runtime/train/error.h"
#include "runtime/train/progress.h"

namespace graphc::driver {

void TrainOptions::declare(Options& o) {
  constexpr uint64_t many = std::numeric_limits<int32_t>::max();
  model.declare(o, true);
  o.text("--data", data.data, "SPEC", "digits, FILE.csv[:label=NAME][:weight=NAME], FEATURES,LABELS[,WEIGHTS] (IDX or .npy), FILE.npz with the inputs' names as keys, cifar:FILE.bin, or text:FILE[:stride=N]");
  o.text("--validate", data.validate, "SPEC", "rows that are evaluated after every epoch");
  o.text("--test", data.test, "SPEC", "rows that are evaluated at the end; cancels the file's test share");
  declare_stream(o, data.stream);
  o.whole("--epochs", epochs, 1, many, "how often every row is visited");
  o.whole("--batch", batch, 1, 1u << 30, "rows of a minibatch (else the file's, else 32)");
  o.whole("--steps", steps, 1, uint64_t{1} << 53, "stop after so many steps");
  o.whole("--seed", seed, 0, uint64_t{1} << 53, "of initial values and shuffling (else the file's, else 1)");
  model.declare_tune(o);
  declare_threads(o, threads);
  o.on_off("--shuffle", shuffle, "another order of the rows in every epoch (on)");
  o.text("--sampling", sampling, "KIND", "epoch (each row once), independent or replacement (each step draws anew), full (all rows in a step), order");
  o.text("--init", init, "F.safetensors|F.npz", "weights to begin with");
  o.text("--save", save, "F.safetensors|F.npz", "where the weights go");
  o.text("--checkpoint", checkpoint, "DIR", "where checkpoints go: one after every epoch, and the best one");
  o.whole("--checkpoint-every", checkpoint_every, 1, uint64_t{1} << 53, "one after so many steps instead");
  o.whole("--keep", keep, 1, many, "how many checkpoints stay beside the best one (3)");
  o.text("--resume", resume, "DIR", "go on from the newest checkpoint there: the same bits as a run that was never stopped");
  o.text("--not-finite", not_finite, "stop|skip", "when a loss is not finite: stop, or go on with the next minibatch (stop)");
  o.many("--history", history, "F.csv|F.json|F.svg", "loss and metrics of each epoch; may be repeated");
  o.text("--confusion", confusion, "F.svg", "which class was taken for which");
  o.text("--log", log, "F.jsonl", "one JSON object for each epoch");
  o.text("--tensorboard", tensorboard, "DIR", "the same as event files of TensorBoard");
  o.whole("--log-steps", log_steps, 1, uint64_t{1} << 53, "every so many steps in the logs too");
  o.text("--progress", progress, "auto|bar|line|none|json", "auto: a bar on a terminal, else a line for each epoch");
  o.flag("--json", json, "the result as one JSON object, and nothing else, on standard output");
}

Sampling TrainOptions::sampling_with(const TrainingSettings& file) const {
  bool in_order = shuffle && !*shuffle;
  if (in_order && !sampling.empty() && sampling_of(sampling) != Sampling::epoch)
    throw Error("--sampling " + sampling + " has no use for --shuffle off; leave one of the two out");
  if (in_order || (file.shuffle && !*file.shuffle && !shuffle && sampling.empty())) return Sampling::order;
  Sampling kind = sampling_of(!sampling.empty() ? sampling : file.sampling ? *file.sampling : "epoch");
  if (kind == Sampling::full && batch) throw Error("--batch: sampling full takes all rows in one step; leave --batch out");
  return kind;
}

void TrainOptions::check() const {
  if (checkpoint.empty() && (checkpoint_every || keep))
    throw Error(std::string(checkpoint_every ? "--checkpoint-every" : "--keep") + " needs --checkpoint DIR");
  if (log_steps && log.empty() && tensorboard.empty()) throw Error("--log-steps needs --log F.jsonl or --tensorboard DIR");
  if (!resume.empty() && !init.empty())
    throw Error("--resume and --init: a checkpoint brings its own weights; leave one of the two out");
  if (!not_finite.empty() && not_finite != "stop" && not_finite != "skip")
    throw Error("--not-finite: '" + not_finite + "' is neither stop nor skip");
  for (const std::string& path : history)
    if (!path.ends_with(".csv") && !path.ends_with(".json") && !path.ends_with(".svg"))
      throw Error("--history " + path + ": a history is written as .csv, .json or .svg; choose one of these endings");
  if (!confusion.empty() && !confusion.ends_with(".svg"))
    throw Error("--confusion " + confusion + ": the picture is written as .svg; choose this ending");
  progress_mode(progress);
  // A run is not to be lost because its results have no place to go.
  std::vector<std::string> files = history;
  files.insert(files.end(), {save, confusion, log});
  for (const std::string& file : files) {
    std::filesystem::path folder = std::filesystem::path(file).parent_path();
    std::error_code error;
    if (!folder.empty() && !std::filesystem::is_directory(folder, error))
      throw Error(file + ": error: there is no folder " + folder.string() + "; make it first");
  }
}

static std::string duration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  return seconds < 100 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string summary_line(const TrainResult& result, const Data& data, double compile_seconds) {
  std::string text =
      fmt::format("{} steps in {}, compiled in {}", result.steps, duration(result.seconds), duration(compile_seconds));
  if (result.stop == Stop::early)
    text += fmt::format(", stopped early: {} was best in epoch {} ({:.4g}), {}", result.monitored, result.best_epoch, result.best,
                        result.restored ? "whose weights are restored" : "the weights are the last ones");
  else if (result.restored)
    text += fmt::format(", with the weights of epoch {}, where {} was best ({:.4g})", result.best_epoch, result.monitored, result.best);
  if (result.not_finite_steps)
    text += fmt::format(", {} skipped because their loss was not finite (the first: {})", result.not_finite_steps, result.not_finite_at);
  const Score* score = nullptr;
  std::string what = "training", rows = "of the last epoch";
  if (result.test) {
    score = &*result.test;
    what = "test";
    rows = fmt::format("on {} {}", data.is_course_split ? "the course's own" : "the", data.test->rows);
    rows += data.spec == "digits" && data.is_course_split ? " test images" : " test rows";
  } else if (!result.history.empty() && result.history.back().validation) {
    score = &*result.history.back().validation;
    what = "validation";
    rows = fmt::format("on the {} validation rows", data.validation->rows);
  } else if (!result.history.empty()) {
    score = &result.history.back().train;
  }
  if (!score) return text;
  if (!result.metric_names.empty() && !score->metrics.empty())
    return fmt::format("{}, {} {} {:.3f} {}", text, what, result.metric_names[0], score->metrics[0], rows);
  return fmt::format("{}, {} loss {:.4g} {}", text, what, score->loss, rows);
}

}  // namespace graphc::driver
