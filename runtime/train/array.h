// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Views of a caller's arrays, given to an entry by name: {{"x", pixels}, {"y", labels}}. Nothing is owned or copied; the
// memory must outlive the call. A std::vector, std::span, std::array or C array brings its size, which is then checked;
// a bare pointer does not.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include "runtime/abi/graphc_abi.h"

namespace graphc {

template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, int32_t> || std::same_as<T, uint8_t>;

template <Element T>
inline constexpr uint8_t dtype_of = std::same_as<T, float>     ? GRAPHC_F32
                                    : std::same_as<T, int32_t> ? GRAPHC_I32
                                                               : GRAPHC_U8;

inline constexpr uint64_t unknown_size = std::numeric_limits<uint64_t>::max();

template <class Void>  // const void: read by the callee; void: written by it
class BasicArray {
  template <class T>
  using Place = std::conditional_t<std::is_const_v<Void>, const T, T>;

 public:
  template <class Range>
  requires std::ranges::contiguous_range<Range> && Element<std::ranges::range_value_t<Range>> &&
      std::convertible_to < std::add_pointer_t<std::ranges::range_reference_t<Range>>,
      Place<std::ranges::range_value_t<Range>>
  * > BasicArray(Range&& values)  // NOLINT: an array is its view
      : data_(std::ranges::data(values)),
  size_(std::ranges::size(values)), dtype_(dtype_of<std::ranges::range_value_t<Range>>) {}

  template <class Pointer>
  requires std::is_pointer_v<Pointer> && Element<std::remove_cv_t<std::remove_pointer_t<Pointer>>> &&
      std::convertible_to < Pointer,
      Place<std::remove_cv_t<std::remove_pointer_t<Pointer>>>
  * > BasicArray(const Pointer& values)  // NOLINT: an array is its view; by reference, so that a C array is no pointer
      : data_(values),
  dtype_(dtype_of<std::remove_cv_t<std::remove_pointer_t<Pointer>>>) {}

  BasicArray(Void* data, uint8_t dtype, uint64_t size) : data_(data), size_(size), dtype_(dtype) {}

  Void* data() const { return data_; }
  uint64_t size() const { return size_; }  // elements, or unknown_size
  uint8_t dtype() const { return dtype_; }

 private:
  Void* data_;
  uint64_t size_ = unknown_size;
  uint8_t dtype_;
};

template <class Void>
struct BasicNamedArray {
  std::string_view name;
  BasicArray<Void> array;
};

template <class Void>
class BasicArrays {
 public:
  using Item = BasicNamedArray<Void>;
  BasicArrays() = default;
  BasicArrays(std::initializer_list<Item> items) : items_(items.begin(), items.size()) {}
  BasicArrays(std::span<const Item> items) : items_(items) {}  // NOLINT: a list is its view
  std::span<const Item> items() const { return items_; }

 private:
  std::span<const Item> items_;
};

using ArrayView = BasicArray<const void>;
using NamedArray = BasicNamedArray<const void>;
using Arrays = BasicArrays<const void>;
using OutputArray = BasicArray<void>;
using NamedOutput = BasicNamedArray<void>;
using OutputArrays = BasicArrays<void>;

}  // namespace graphc
