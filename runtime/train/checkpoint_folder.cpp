// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/checkpoint_folder.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "runtime/train/error.h"
#include "runtime/train/file.h"

namespace graphc {
namespace {

constexpr std::string_view prefix = "step-", suffix = ".safetensors";
constexpr const char* best_name = "best.safetensors";

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// The names in a folder. std::filesystem's iterator ends a program that has no memory left.
std::vector<std::string> names_in(const std::string& path) {
  std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder)
    throw Error(path + ": error: the folder of checkpoints cannot be read: " + std::strerror(errno) + "; check the path");
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) names.emplace_back(entry->d_name);
  return names;
}

// By the number of steps.
std::map<uint64_t, std::string> step_files(const std::string& folder) {
  std::map<uint64_t, std::string> files;
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    uint64_t step = 0;
    const char *begin = name.data() + prefix.size(), *end = name.data() + name.size() - suffix.size();
    auto [rest, code] = std::from_chars(begin, end, step);
    if (code == std::errc() && rest == end) files[step] = folder + "/" + name;
  }
  return files;
}

// What a write_file leaves that was killed.
void remove_unfinished(const std::string& folder) {
  for (const std::string& name : names_in(folder)) {
    bool is_ours = name.starts_with(prefix) || name.starts_with(best_name);
    if (is_ours && name.find(std::string(suffix) + ".tmp-") != std::string::npos) ::unlink((folder + "/" + name).c_str());
  }
}

}  // namespace

CheckpointFolder::CheckpointFolder(const CheckpointSettings& settings, bool resumes_here, uint64_t resumed_at)
    : path_(settings.folder), keep_(std::max<uint64_t>(1, settings.keep)) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error || !std::filesystem::is_directory(path_))
    throw Error(path_ + ": error: the folder of checkpoints cannot be made: " +
                (error ? error : std::make_error_code(std::errc::not_a_directory)).message() + "; choose another place");
  std::map<uint64_t, std::string> files = step_files(path_);
  bool has_best = ::access((path_ + "/" + best_name).c_str(), F_OK) == 0;
  if (!resumes_here && (has_best || !files.empty()))
    throw Error(path_ + ": error: the folder has checkpoints of another run, " +
                (files.empty() ? std::string("the best one") : "the newest of step " + std::to_string(files.rbegin()->first)) +
                "; go on from them with --resume, or choose an empty folder");
  remove_unfinished(path_);
  // Later ones are damaged; they are left alone until the run gets there again, and do not count.
  for (const auto& [step, file] : files)
    if (step <= resumed_at) files_.push_back(file);
}

void CheckpointFolder::write(uint64_t step, std::span<const std::byte> bytes) {
  std::string path = fmt::format("{}/{}{:09}{}", path_, prefix, step, suffix);
  write_file(path, bytes);
  if (files_.empty() || files_.back() != path) files_.push_back(path);
  for (; files_.size() > keep_; files_.pop_front()) ::unlink(files_.front().c_str());
}

void CheckpointFolder::write_best(std::span<const std::byte> bytes) {
  write_file(path_ + "/" + best_name, bytes);
}

bool same_folder(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::weakly_canonical(a, error) == std::filesystem::weakly_canonical(b, error);
}

Found newest_checkpoint(const std::string& folder, const std::function<void(const std::string&)>& report) {
  std::vector<std::string> candidates;
  std::string best = folder + "/" + best_name;
  if (::access(best.c_str(), F_OK) == 0) candidates.push_back(best);
  for (const auto& [step, file] : step_files(folder)) candidates.push_back(file);
  for (; !candidates.empty(); candidates.pop_back()) {
    try {
      return {read_checkpoint(candidates.back()), candidates.back()};
    } catch (const Error& damage) {
      if (damage.kind() == ErrorKind::out_of_resources) throw;
      report(std::string(damage.what()) + (candidates.size() > 1 ? "; the one before is taken" : ""));
    }
  }
  throw Error(folder + ": error: the folder has no whole checkpoint; begin anew without --resume");
}

}  // namespace graphc
