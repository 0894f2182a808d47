// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "compiler/codegen/codegen_id.h"
#include "compiler/codegen/object_cache.h"
#include "compiler/measure.h"
#include "compiler/pipeline.h"
#include "runtime/train/error.h"

namespace graphc {

namespace {

constexpr int rounds = 2;              // the second varies what the first one found
constexpr double trial_seconds = 0.1;  // of whole steps, for one variant of each product
constexpr double gain = 0.97;          // less is noise

std::string text_of(const ContractionShape& s) {
  return fmt::format("m {} n {} k {} divide {:d} known {:d} {:d} alone {:d} a {} {} b {} {} body {} {:d}", s.m, s.n, s.k, s.divide, s.rows_known, s.columns_known,
                     s.alone, s.a_row, s.a_step, s.b_step, s.b_column, s.body_bytes, s.body_divides);
}

std::string text_of(const ContractionSchedule& s) {
  return fmt::format("{} {} {} {} {:d} {:d} {:d} {} {:d} {}", s.tile.m, s.tile.n, s.panel, s.row_block, s.sums, s.turned, s.interleave, s.fetch, s.tasks_over_columns,
                     s.task_chunk);
}

// The cache has checked that the text is what was stored.
std::optional<ContractionSchedule> parse_schedule(const std::string& text) {
  std::istringstream in(text);
  ContractionSchedule s{};
  int fetch = 0;
  in >> s.tile.m >> s.tile.n >> s.panel >> s.row_block >> s.sums >> s.turned >> s.interleave >> fetch >> s.tasks_over_columns >> s.task_chunk;
  s.fetch = uint8_t(fetch);
  if (!in || text_of(s) != text) return std::nullopt;
  return s;
}

struct Product {
  ContractionShape shape;
  ContractionSchedule usual, chosen, tried;
  std::vector<ContractionSchedule> left;  // to be tried in this round
  double least = 1e300;                   // seconds, of `chosen`
  bool remembered = false;
};

class Tuner {
 public:
  Tuner(const Model& model, const CompileOptions& options) : model_(model), options_(options), cache_(options.cache ? open_object_cache() : nullptr) {
    options_.tune = false, options_.cache = false, options_.hook_every_kernel = true;
    for (const Minimize& loss : model.losses) timed_.push_back(loss.step);
    if (timed_.empty()) timed_.push_back("predict");
  }

  AdjustSchedule run() {
    find_products();
    recall();
    if (std::any_of(products_.begin(), products_.end(), [](const auto& p) { return !p.second.remembered; })) search();
    std::map<std::string, ContractionSchedule> found;
    for (const auto& [text, product] : products_) found[text] = product.chosen;
    return [found](const ContractionShape& shape, ContractionSchedule& schedule) {
      if (auto it = found.find(text_of(shape)); it != found.end()) schedule = it->second;
    };
  }

 private:
  void find_products() {
    build_plan(model_, options_.target, {.max_rows = options_.max_rows, .fused = options_.fused, .memory_budget = options_.memory_budget,
                                         .adjust = [&](const ContractionShape& shape, ContractionSchedule& schedule) {
                                           Product& p = products_[text_of(shape)];
                                           p.shape = shape, p.usual = p.chosen = schedule;
                                         }});
  }

  std::string key(const std::string& shape) const { return ObjectCache::key_of(fmt::format("schedule 1\n{}\n{}\n{}\n", codegen_id, to_string(options_.target), shape)); }

  void recall() {
    if (!cache_) return;
    for (auto& [text, p] : products_)
      if (auto schedule = parse_schedule(cache_->load(key(text)))) p.chosen = *schedule, p.remembered = true;
  }

  void search() try {
    measure();
    for (int round = 0; round < rounds; round++) {
      for (auto& [text, p] : products_)
        if (!p.remembered) p.left = alternatives(options_.target, p.shape, p.chosen);
      while (std::any_of(products_.begin(), products_.end(), [](const auto& p) { return !p.second.left.empty(); })) measure();
    }
    if (!is_faster())
      for (auto& [text, p] : products_)
        if (!p.remembered) p.chosen = p.usual;
    for (auto& [text, p] : products_)
      if (cache_ && !p.remembered) cache_->store(key(text), text_of(p.chosen));
  } catch (const Error& error) {  // the loss of random inputs is not finite: nothing can be measured
    if (error.kind() != ErrorKind::training_failed) throw;
    for (auto& [text, p] : products_)
      if (!p.remembered) p.chosen = p.usual;
  }

  // One variant of each product that has some left, the chosen one of the others.
  void measure() {
    for (auto& [text, p] : products_) {
      p.tried = p.left.empty() ? p.chosen : p.left.back();
      if (!p.left.empty()) p.left.pop_back();
    }
    std::map<std::string, double> seconds;
    for (const auto& [launch, time] : times([](const Product& p) { return p.tried; }, trial_seconds))
      if (!launch.empty()) seconds[launch] += time;
    for (auto& [text, p] : products_) {
      auto it = seconds.find(text);
      if (it == seconds.end()) continue;
      if (p.tried == p.chosen) p.least = std::min(p.least, it->second);
      else if (it->second < gain * p.least) p.chosen = p.tried, p.least = it->second;
    }
  }

  // Both, whole, in turns: what is best for a product alone may harm those behind it.
  bool is_faster() {
    auto total = [&](auto choose) {
      double sum = 0;
      for (const auto& [launch, time] : times(choose, 2 * trial_seconds)) sum += time;
      return sum;
    };
    double usual = 1e300, chosen = 1e300;
    for (int i = 0; i < 2; i++) {
      usual = std::min(usual, total([](const Product& p) { return p.usual; }));
      chosen = std::min(chosen, total([](const Product& p) { return p.chosen; }));
    }
    return chosen < usual;
  }

  // Of each launch of the timed entries: the text of its product, empty where it is none, and its seconds.
  template <class Choose> std::vector<std::pair<std::string, double>> times(Choose choose, double seconds) {
    std::map<std::pair<std::string, ValueId>, std::string> of_value;
    Program program = compile(model_, options_, [&](const ContractionShape& shape, ContractionSchedule& schedule) {
      std::string text = text_of(shape);
      of_value[{std::string(shape.entry), shape.value}] = text;
      if (auto it = products_.find(text); it != products_.end()) schedule = choose(it->second);
    });
    Instance net = program.instance(1);
    std::vector<std::pair<std::string, double>> all;
    for (const std::string& name : timed_) {
      if (!net.has_entry(name)) continue;
      Instance::Entry& entry = net.entry(name);
      std::vector<const Launch*> launches;
      for (const Stage& stage : program.plan().plan(name)->stages)
        for (const Launch& l : stage.launches) launches.push_back(&l);
      std::vector<StoredTensor> inputs;
      std::vector<const void*> pointers;
      for (uint32_t i = 0; i < entry.info().inputs; i++) inputs.push_back(random_input(entry.info().input[i], options_.max_rows, i + 1));
      for (const StoredTensor& tensor : inputs) pointers.push_back(tensor.data.data());
      auto taken = launch_seconds(net, entry, launches.size(), options_.max_rows, [&](uint64_t) { return pointers.data(); }, seconds);
      for (size_t l = 0; l < launches.size(); l++) {
        std::string product;
        for (ValueId v : launches[l]->values)
          if (auto it = of_value.find({name, v}); it != of_value.end()) product = it->second;
        all.push_back({product, taken[l]});
      }
    }
    return all;
  }

  const Model& model_;
  CompileOptions options_;
  std::unique_ptr<ObjectCache> cache_;
  std::vector<std::string> timed_;
  std::map<std::string, Product> products_;  // by the text of their shapes
};

}  // namespace

AdjustSchedule tune(const Model& model, const CompileOptions& options) { return Tuner(model, options).run(); }

}  // namespace graphc
