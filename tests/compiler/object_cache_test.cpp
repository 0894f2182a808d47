// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cache of compiled objects: a file is either what was stored or none, and the bits of training do not depend on it (R13).
#include "compiler/codegen/object_cache.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "compiler/graphc.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/models.h"
#include "tests/compiler/own_cache.h"

using namespace graphc;
using namespace graphc_test;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// Some steps, evaluations and predictions: their results, parameters and state.
std::string trained(const Program& program) {
  AbiRun run(program.module());
  Random random(7);
  std::string bytes;
  for (uint32_t rows : {8u, 3u, 8u, 1u})
    for (const char* entry : {"step", "eval", "predict"}) {
      auto arrays = run.arrays(entry, rows, random);
      if (run.call(entry, arrays, rows) != GRAPHC_OK) return "refused";
      bytes += output_bytes(arrays, arrays.inputs.size());
    }
  return bytes + run.bytes();
}
std::string trained(const CompileOptions& options = {}) {
  CompileOptions o = options;
  o.max_rows = 8;
  return trained(compile(small_classifier(sgd({.learning_rate = 0.1})), o));
}

int status_of(const std::function<bool()>& work) {
  pid_t child = fork();
  if (!child) _exit(work() ? 0 : 1);
  return child;
}

const std::string key = ObjectCache::key_of("a kernel"), object = "what was compiled";

}  // namespace

TEST_CASE("what is stored is loaded, under its key alone") {
  TemporaryFolder folder;
  ObjectCache cache(folder.path / "graphc");
  CHECK(cache.load(key) == "");
  cache.store(key, object);
  CHECK(cache.load(key) == object);
  CHECK(ObjectCache(folder.path / "graphc").load(key) == object);
  std::string other = ObjectCache::key_of("another kernel");
  CHECK(other != key);
  CHECK(cache.load(other) == "");
  fs::copy(folder.path / "graphc" / key, folder.path / "graphc" / other);
  CHECK(cache.load(other) == "");
  cache.store(other, "replaced");
  CHECK(cache.load(other) == "replaced");
}

TEST_CASE("a file that was cut, grew or changed in one bit counts as none") {
  TemporaryFolder folder;
  ObjectCache cache(folder.path);
  cache.store(key, object);
  std::string whole = contents(folder.path / key);
  for (size_t length = 0; length < whole.size(); length++) {
    write(folder.path / key, whole.substr(0, length));
    CHECK(cache.load(key) == "");
  }
  for (size_t i = 0; i < whole.size(); i++)
    for (int bit = 0; bit < 8; bit++) {
      std::string changed = whole;
      changed[i] = char(changed[i] ^ (1 << bit));
      write(folder.path / key, changed);
      CHECK(cache.load(key) == "");
    }
  write(folder.path / key, whole + "x");
  CHECK(cache.load(key) == "");
  cache.store(key, object);
  CHECK(contents(folder.path / key) == whole);
  fs::remove(folder.path / key);
  fs::create_directory(folder.path / key);
  CHECK(cache.load(key) == "");
  cache.store(key, object);
  CHECK(cache.load(key) == "");
}

TEST_CASE("the objects used last stay, files of others too") {
  TemporaryFolder folder;
  std::string large(1000, 'x');
  auto now = fs::file_time_type::clock::now();
  auto age = [&](const std::string& text, int hours) { fs::last_write_time(folder.path / ObjectCache::key_of(text), now - std::chrono::hours(hours)); };
  ObjectCache cache(folder.path, 1 << 20);
  write(folder.path / "notes.txt", large);
  for (const char* text : {"a", "b", "c", "d"}) cache.store(ObjectCache::key_of(text), large);
  age("a", 30), age("b", 40), age("c", 20), age("d", 10);
  CHECK(cache.load(ObjectCache::key_of("b")) == large);  // used now
  ObjectCache small(folder.path, 4500);
  small.store(ObjectCache::key_of("e"), large);
  CHECK(small.load(ObjectCache::key_of("a")) == "");
  CHECK(small.load(ObjectCache::key_of("c")) == "");
  for (const char* text : {"b", "d", "e"}) CHECK(small.load(ObjectCache::key_of(text)) == large);
  CHECK(contents(folder.path / "notes.txt") == large);
  for (int i = 0; i < 100; i++) small.store(ObjectCache::key_of(std::to_string(i)), large);
  uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(folder.path)) bytes += file.file_size();
  CHECK(bytes <= 4500 + 2 * 1100 + 1000);
  small.store(key, std::string(5000, 'y'));  // larger than all that is allowed
  CHECK(small.load(key) == "");
}

TEST_CASE("where nothing can be written, nothing is kept and nothing fails") {
  TemporaryFolder folder;
  write(folder.path / "file", "x");
  ObjectCache cache(folder.path / "file" / "graphc");
  cache.store(key, object);
  CHECK(cache.load(key) == "");
  OwnCache own;
  setenv("XDG_CACHE_HOME", (folder.path / "file").c_str(), 1);
  CHECK((trained() == trained({.cache = false})));
}

TEST_CASE("several processes write and read the same objects") {
  TemporaryFolder folder;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; process++)
    children.push_back(status_of([&] {
      ObjectCache cache(folder.path / "graphc", 100000);
      for (int i = 0; i < 2000; i++) {
        std::string text = std::to_string(i * 7 % 10), expected(size_t(20000 + i * 7 % 10), 'x');
        cache.store(ObjectCache::key_of(text), expected);
        std::string found = cache.load(ObjectCache::key_of(text));
        if (!found.empty() && found != expected) return false;
      }
      return true;
    }));
  for (pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  for (const auto& file : fs::directory_iterator(folder.path / "graphc")) CHECK(file.path().extension() != ".tmp");
}

TEST_CASE("bits are the same without a cache, with a cold one and with a warm one") {
  OwnCache own;
  std::string expected = trained({.cache = false});
  CHECK(own.files().empty());
  CHECK((trained() == expected));
  size_t kept = own.files().size();
  CHECK(kept > 5);
  CHECK((trained() == expected));
  CHECK((trained({.fused = false}) == expected));
  CHECK(own.files().size() > kept);
  CHECK((trained({.hook_every_kernel = true}) == expected));
}

TEST_CASE("a warm cache is used: nothing is written again") {
  OwnCache own;
  trained();
  auto long_ago = fs::file_time_type::clock::now() - std::chrono::minutes(30);
  for (const fs::path& file : own.files()) fs::last_write_time(file, long_ago);
  trained();
  for (const fs::path& file : own.files()) CHECK((fs::last_write_time(file) == long_ago));
}

TEST_CASE("entries and models share the objects of equal kernels") {
  OwnCache own;
  Model model = small_classifier(sgd({.learning_rate = 0.1}));
  trained(compile(model, {.max_rows = 8}));
  size_t kept = own.files().size();
  trained(compile(small_classifier(sgd({.learning_rate = 0.1}), "renamed"), {.max_rows = 8}));
  size_t entries = own.files().size() - kept;
  CHECK(entries == 3);  // step, eval and predict check the model's fingerprint
}

TEST_CASE("damaged objects are compiled again and replaced") {
  OwnCache own;
  std::string expected = trained();
  std::map<fs::path, std::string> stored;
  for (const fs::path& file : own.files()) stored[file] = contents(file);
  auto heal = [&] {
    CHECK((trained() == expected));
    for (const auto& [file, bytes] : stored) CHECK((contents(file) == bytes));
  };
  for (const auto& [file, bytes] : stored) fs::resize_file(file, bytes.size() / 2);
  heal();
  for (const auto& [file, bytes] : stored) {
    std::string changed = bytes;
    changed[changed.size() * 2 / 3] ^= 4;
    write(file, changed);
  }
  heal();
  for (const auto& [file, bytes] : stored) write(file, "");
  heal();
  // Whole files, of the right key, that hold something else.
  ObjectCache cache(own.path / "graphc");
  const auto& [other, other_bytes] = *stored.begin();
  for (const auto& [file, bytes] : stored) cache.store(file.filename().string(), file == other ? "no object" : cache.load(other.filename().string()));
  heal();
}

TEST_CASE("two processes compile the same model at once") {
  OwnCache own;
  std::string expected = trained({.cache = false});
  for (int round = 0; round < 3; round++) {
    std::vector<pid_t> children;
    for (int process = 0; process < 3; process++) children.push_back(status_of([&] { return trained() == expected; }));
    for (pid_t child : children) {
      int status = 1;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
  }
}

TEST_CASE("GRAPHC_CACHE=off, and no home: no cache") {
  OwnCache own;
  setenv("GRAPHC_CACHE", "off", 1);
  CHECK(!open_object_cache());
  trained();
  CHECK(own.files().empty());
  setenv("GRAPHC_CACHE", "on", 1);
  CHECK(open_object_cache());
  std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  setenv("XDG_CACHE_HOME", "relative", 1);
  unsetenv("HOME");
  CHECK(!open_object_cache());
  setenv("HOME", own.path.c_str(), 1);
  trained();
  CHECK(fs::exists(own.path / ".cache" / "graphc"));
  CHECK((fs::status(own.path / ".cache" / "graphc").permissions() == fs::perms::owner_all));
  setenv("HOME", home.c_str(), 1);
}
