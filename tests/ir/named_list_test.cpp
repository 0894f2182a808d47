// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/named_list.h"

#include <doctest/doctest.h>

using namespace graphc;

namespace {

struct Thing {
  std::string name;
  int number;
};

}  // namespace

TEST_CASE("things are found by name, the first of two that share one") {
  NamedList<Thing> list{{"a", 1}, {"b", 2}};
  list.push_back({"a", 3});
  list.push_back({"c", 4});
  REQUIRE(list.find("a"));
  CHECK(list.find("a")->number == 1);
  CHECK(list.find("c") == &list.back());
  CHECK(list.find("d") == nullptr);
  CHECK(NamedList<Thing>().find("a") == nullptr);
}

TEST_CASE("what is found follows what was edited") {
  NamedList<Thing> list{{"a", 1}};
  list.push_back({"b", 2});
  list.edit()[0].name = "renamed";
  CHECK(list.find("a") == nullptr);
  CHECK(list.find("renamed")->number == 1);
  list.push_back({"c", 3});
  CHECK(list.find("a") == nullptr);
  CHECK(list.find("renamed")->number == 1);
  std::erase_if(list.edit(), [](const Thing& t) { return t.name == "renamed"; });
  CHECK(list.size() == 2);
  CHECK(list.find("renamed") == nullptr);
  CHECK(list.find("c") == &list.back());
  // As many as were indexed, and others.
  list.push_back({"d", 4});
  list.edit().back() = {"e", 5};
  CHECK(list.find("d") == nullptr);
  CHECK(list.find("e")->number == 5);
}
