// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/train/error.h"
#include "runtime/train/svg.h"

namespace graphc {
namespace {

// At most `bytes` of a text, not cut inside a UTF-8 character.
std::string shorten(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

Confusion::Confusion(uint32_t classes, std::vector<std::string> names) : classes_(classes), names_(std::move(names)) {
  if (classes == 0 || classes > 4096)
    throw Error("confusion matrix: " + std::to_string(classes) + " classes; 1..4096 can be shown");
  for (auto i = static_cast<uint32_t>(names_.size()); i < classes; ++i) names_.push_back(std::to_string(i));
  counts_.resize(size_t{classes} * classes);
}

void Confusion::add(int32_t label, int32_t predicted) {
  for (int32_t value : {label, predicted})
    if (value < 0 || static_cast<uint32_t>(value) >= classes_)
      throw Error("confusion matrix: class " + std::to_string(value) + " is outside 0.." + std::to_string(classes_ - 1));
  ++counts_[static_cast<size_t>(label) * classes_ + static_cast<size_t>(predicted)];
}

void Confusion::add(std::span<const float> scores, std::span<const int32_t> labels) {
  if (scores.size() != labels.size() * classes_)
    throw Error("confusion matrix: " + std::to_string(scores.size()) + " scores are not " + std::to_string(labels.size()) +
                " rows of " + std::to_string(classes_) + " classes");
  for (size_t row = 0; row < labels.size(); ++row) {
    const float* score = scores.data() + row * classes_;
    uint32_t best = 0;
    for (uint32_t i = 1; i < classes_; ++i)
      if (score[i] > score[best] || (std::isnan(score[best]) && !std::isnan(score[i]))) best = i;
    add(labels[row], static_cast<int32_t>(best));
  }
}

uint64_t Confusion::total() const {
  uint64_t sum = 0;
  for (uint64_t count : counts_) sum += count;
  return sum;
}

double Confusion::accuracy() const {
  uint64_t right = 0;
  for (uint32_t i = 0; i < classes_; ++i) right += count(i, i);
  return static_cast<double>(right) / static_cast<double>(total());
}

uint64_t Confusion::labelled(uint32_t label) const {
  uint64_t sum = 0;
  for (uint32_t j = 0; j < classes_; ++j) sum += count(label, j);
  return sum;
}

uint64_t Confusion::predicted(uint32_t label) const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < classes_; ++i) sum += count(i, label);
  return sum;
}

static double share_of(uint64_t part, uint64_t whole) { return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

double Confusion::precision(uint32_t label) const { return share_of(count(label, label), predicted(label)); }
double Confusion::recall(uint32_t label) const { return share_of(count(label, label), labelled(label)); }
double Confusion::f1(uint32_t label) const { return share_of(2 * count(label, label), predicted(label) + labelled(label)); }

std::string Confusion::text() const {
  size_t name_width = 5, cell = 4;
  for (uint32_t i = 0; i < classes_; ++i) name_width = std::max(name_width, std::min<size_t>(names_[i].size(), 20));
  for (uint64_t count : counts_) cell = std::max(cell, std::to_string(count).size() + 1);
  auto percent = [](uint64_t part, uint64_t whole) {
    return whole ? fmt::format("{:6.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole))
                 : std::string("       -");
  };
  std::string text = fmt::format("{:{}} ", "label", name_width);
  for (uint32_t i = 0; i < classes_; ++i) text += fmt::format("{:>{}}", shorten(names_[i], cell - 1), cell);
  text += "    recall\n";
  std::string precisions;
  for (uint32_t i = 0; i < classes_; ++i) {
    text += fmt::format("{:{}} ", shorten(names_[i], 20), name_width);
    for (uint32_t j = 0; j < classes_; ++j) {
      text += count(i, j) ? fmt::format("{:>{}}", count(i, j), cell) : fmt::format("{:>{}}", ".", cell);
    }
    text += "  " + percent(count(i, i), labelled(i)) + "\n";
    precisions += fmt::format("  precision of {:{}} {}\n", shorten(names_[i], 20), name_width, percent(count(i, i), predicted(i)));
  }
  return text + precisions +
         fmt::format("accuracy {:.4f} on {} rows; rows are labels, columns predictions\n", accuracy(), total());
}

std::string Confusion::svg(const std::string& title) const {
  double size = std::clamp(480.0 / classes_, 8.0, 64.0), left = 110, top = 96, side = size * classes_;
  bool labels = size >= 14;
  Svg svg(std::max(left + side + 40, 420.0), top + side + 60, title.empty() ? "Confusion matrix" : title);
  svg.text({24, 32}, title.empty() ? "Confusion matrix" : title, 17, "#1f2937", Anchor::start, true);
  svg.text({24, 52}, fmt::format("accuracy {:.4f} on {} rows", accuracy(), total()), 12, "#6b7280");
  double font = std::min(13.0, size * 0.38);
  for (uint32_t i = 0; i < classes_; ++i) {
    for (uint32_t j = 0; j < classes_; ++j) {
      double share = share_of(count(i, j), labelled(i));
      // Right ones in blue, mistakes in red; the square root lets a single mistake be seen.
      double depth = i == j ? share : std::sqrt(share);
      auto mix = [&](int to) { return static_cast<int>(std::lround(248 + (to - 248) * depth)); };
      std::string fill = i == j ? fmt::format("#{:02x}{:02x}{:02x}", mix(0x1d), mix(0x4e), mix(0xd8))
                                : fmt::format("#{:02x}{:02x}{:02x}", mix(0xdc), mix(0x26), mix(0x26));
      svg.rect({left + size * j, top + size * i}, size, size, fill, "stroke=\"#ffffff\" stroke-width=\"1\"");
      if (labels && count(i, j))
        svg.text({left + size * (j + 0.5), top + size * (i + 0.5) + font * 0.36}, std::to_string(count(i, j)), font,
                 depth > 0.55 ? "#ffffff" : "#1f2937", Anchor::middle);
    }
    if (!labels) continue;
    svg.text({left - 8, top + size * (i + 0.5) + 4}, shorten(names_[i], 12), 11, "#6b7280", Anchor::end);
    svg.text({left + size * (i + 0.5), top - 8}, shorten(names_[i], static_cast<size_t>(size / 6)), 11, "#6b7280",
             Anchor::middle);
  }
  svg.text({left + side / 2, top + side + 28}, "predicted", 12, "#6b7280", Anchor::middle);
  svg.text_upright({28, top + side / 2}, "label", 12, "#6b7280");
  return svg.finish();
}

}  // namespace graphc
