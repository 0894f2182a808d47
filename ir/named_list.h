// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graphc {

// A vector of things that have a `name`, with an index by name, because a deep model has many of them.
template <class T>
class NamedList {
 public:
  NamedList() = default;
  NamedList(std::initializer_list<T> items) : items_(items) {}

  // The first of that name, or null.
  const T* find(const std::string& name) const {
    if (is_indexed()) {
      auto it = index_.find(name);
      return it == index_.end() ? nullptr : &items_[it->second];
    }
    for (const T& item : items_)
      if (item.name == name) return &item;
    return nullptr;
  }

  void push_back(T item) {
    if (!is_indexed()) {
      index_.clear();
      for (size_t i = 0; i < items_.size(); i++) index_.emplace(items_[i].name, i);
    }
    index_.emplace(item.name, items_.size());
    items_.push_back(std::move(item));
    indexed_ = items_.size();
  }
  // What changes may be a name: the index is dropped, and `find` searches, until the next push_back.
  std::vector<T>& edit() {
    indexed_ = not_indexed;
    return items_;
  }

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const T& operator[](size_t i) const { return items_[i]; }
  const T& back() const { return items_.back(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  bool is_indexed() const { return indexed_ == items_.size(); }
  static constexpr size_t not_indexed = ~size_t{0};

  std::vector<T> items_;
  std::unordered_map<std::string, size_t> index_;
  size_t indexed_ = 0;
};

}  // namespace graphc
