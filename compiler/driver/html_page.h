// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of the page that `graphc explain --html` writes, and what they share. Everything of kernel k carries data-k="k" (or
// is named in data-n, where several kernels are meant): a click on one shows it in every picture. Names come from the user:
// they are escaped wherever they are written, and the page's script reads them from the page alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/kernel_times.h"
#include "compiler/driver/roofline.h"

namespace graphc::driver {

enum class Phase : uint8_t { forward, backward, update };
inline constexpr size_t no_kernel = ~size_t{0};

struct PageBuffer {
  ValueId value = no_value;     // of a workspace buffer: what it holds, where that is known
  bool cached = false;          // for the backward
  size_t writer = no_kernel;    // the first
  std::vector<size_t> readers;  // in order, each once
};

struct PageData {
  // `roofline` is there where the kernels were measured. `view` and `kernels` must outlive it.
  PageData(const EntryView& view, const std::vector<KernelTime>& kernels, const std::optional<Roofline>& roofline);

  const EntryView& view;
  const std::vector<KernelTime>& kernels;
  const std::optional<Roofline>& roofline;
  std::vector<PageBuffer> buffers;  // of each buffer of the plan
  std::vector<Phase> phase;         // of each kernel

  const PlanBuffer& buffer(uint32_t b) const { return view.plan.buffers[b]; }
  std::vector<uint32_t> read_by(size_t kernel) const;  // buffers, each once
  std::vector<uint32_t> written_by(size_t kernel) const;
  // The buffer through which `kernel` reads a value that it does not compute; none for learning rates and plain numbers.
  std::optional<uint32_t> buffer_of(size_t kernel, ValueId v) const;

 private:
  std::vector<Phase> find_phases() const;
};

std::string graph_figure(const PageData& page);
// Empty where nothing is differentiated.
std::string wanted_table_html(const PageData& page);
std::string kernel_table_html(const PageData& page);
std::string arena_figure(const PageData& page);
std::string roofline_figure(const PageData& page);

// For text and for values of attributes. Control characters become blanks.
std::string escaped(std::string_view text);
// At most so many characters, the last of them "…" where some are missing.
std::string shortened(const std::string& text, size_t most);
double text_width(const std::string& text, double size);  // about, in any sans-serif
std::string px(double number);                            // "12.3", "12"
std::string bytes_text(uint64_t bytes);                   // "12,800 B", "1.2 MB"
std::string kernel_label(const PageData& page, size_t kernel);

}  // namespace graphc::driver
