// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/object_cache.h"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <vector>

namespace graphc {

namespace fs = std::filesystem;
using std::chrono::hours;

namespace {

constexpr size_t key_length = 32;
constexpr char magic[9] = "graphc.o";
constexpr std::string_view temporary = ".tmp";

// In front of the object. A file is trusted where every field is as expected.
struct Header {
  char magic[8];
  char key[key_length];
  uint64_t size, hash;
};

Header header_of(const std::string& key, std::string_view object) {
  Header header;
  std::memcpy(header.magic, magic, sizeof header.magic);
  std::memcpy(header.key, key.data(), key_length);
  header.size = object.size();
  header.hash = XXH3_64bits(object.data(), object.size());
  return header;
}

// Ours: KEY, or KEY and more of a file that is being written. Nothing else in the folder is touched.
bool is_ours(const std::string& name) {
  size_t digits = name.find_first_not_of("0123456789abcdef");
  return digits == std::string::npos ? name.size() == key_length : digits == key_length && name.ends_with(temporary);
}

std::string unique_suffix() {
  static const uint64_t process = [] {
    std::random_device random;
    return (uint64_t{random()} << 32) | random();
  }();
  static std::atomic<uint64_t> count = 0;
  return "." + std::to_string(process) + "." + std::to_string(count++) + std::string(temporary);
}

}  // namespace

ObjectCache::ObjectCache(fs::path folder, uint64_t max_bytes) : folder_(std::move(folder)), max_bytes_(max_bytes) {}

std::string ObjectCache::key_of(std::string_view text) {
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  std::string key;
  for (uint64_t half : {uint64_t{hash.high64}, uint64_t{hash.low64}})
    for (int shift = 60; shift >= 0; shift -= 4) key += "0123456789abcdef"[half >> shift & 15];
  return key;
}

std::string ObjectCache::load(const std::string& key) {
  std::error_code error;
  fs::path path = folder_ / key;
  uint64_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  if (error || size <= sizeof(Header) || size > max_bytes_ + sizeof(Header)) return "";
  std::string bytes(size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(bytes.data(), std::streamsize(size))) return "";
  std::string_view object = std::string_view(bytes).substr(sizeof(Header));
  Header expected = header_of(key, object);
  if (std::memcmp(bytes.data(), &expected, sizeof expected) != 0) return "";
  // The time of writing stands for that of the last use; an hour is near enough.
  auto now = fs::file_time_type::clock::now();
  if (now - fs::last_write_time(path, error) > hours(1)) fs::last_write_time(path, now, error);
  return bytes.substr(sizeof(Header));
}

void ObjectCache::store(const std::string& key, std::string_view object) {
  std::error_code error;
  if (object.size() > max_bytes_) return;
  if (!fs::is_directory(folder_, error)) {
    fs::create_directories(folder_.parent_path(), error);
    // Who can write here decides what the user runs.
    if (fs::create_directory(folder_, error)) fs::permissions(folder_, fs::perms::owner_all, error);
  }
  // Other processes see all of it or nothing.
  fs::path path = folder_ / key, unfinished = path;
  unfinished += unique_suffix();
  Header header = header_of(key, object);
  std::ofstream out(unfinished, std::ios::binary);
  if (!out) return;
  out.write(reinterpret_cast<const char*>(&header), sizeof header).write(object.data(), std::streamsize(object.size()));
  out.close();
  if (out) fs::rename(unfinished, path, error);
  if (!out || error) {
    fs::remove(unfinished, error);
    return;
  }
  std::lock_guard lock(mutex_);
  written_ += sizeof header + object.size();
  // What other processes write meanwhile is seen by the next one that measures.
  if (!measured_ || written_ > max_bytes_ / 16) remove_oldest();
}

void ObjectCache::remove_oldest() {
  struct File {
    fs::path path;
    uint64_t bytes;
    fs::file_time_type used;
  };
  measured_ = true;
  written_ = 0;
  std::vector<File> files;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    if (!is_ours(it->path().filename().string())) continue;
    std::error_code gone;  // by another process
    File file{it->path(), it->file_size(gone), it->last_write_time(gone)};
    if (gone) continue;
    total += file.bytes;
    files.push_back(std::move(file));
  }
  if (total <= max_bytes_) return;
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.used < b.used; });
  // Further than need be, so that the next objects find room.
  for (const File& file : files) {
    if (total <= max_bytes_ - max_bytes_ / 4) break;
    fs::remove(file.path, error);
    total -= file.bytes;
  }
}

std::unique_ptr<ObjectCache> open_object_cache() {
  auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (variable("GRAPHC_CACHE") == "off") return nullptr;
  fs::path base = variable("XDG_CACHE_HOME");
  if (!base.is_absolute()) {  // the XDG rules: a relative one counts as none
    base = variable("HOME");
    if (!base.is_absolute()) return nullptr;
    base /= ".cache";
  }
  return std::make_unique<ObjectCache>(base / "graphc");
}

}  // namespace graphc
