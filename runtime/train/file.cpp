// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "runtime/train/error.h"

namespace graphc {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& action, int code) {
  std::string remedy;
  ErrorKind kind = ErrorKind::user;
  switch (code) {
    case ENOENT:
      remedy = "; check the path";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      remedy = "; check the permissions or choose another place";
      break;
    case ENOSPC:
    case EDQUOT:
      remedy = "; free some space or choose another place", kind = ErrorKind::out_of_resources;
      break;
    case EIO:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EPIPE:
      kind = ErrorKind::out_of_resources;
      break;
    default:
      break;
  }
  throw Error(path + ": error: cannot " + action + ": " + std::strerror(code) + remedy, kind);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int close() {
    int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  int fd;
  do fd = ::open(path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

// 0, or the errno.
int write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(fd, bytes.data(), std::min<size_t>(bytes.size(), size_t{1} << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return 0;
}

// Where a symbolic link points to, so that the link stays and its target is replaced.
std::string resolve(const std::string& path) {
  std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? real.get() : path;
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path, uint64_t limit) {
  Descriptor file(open_retrying(path.c_str(), O_RDONLY));
  if (file.get() < 0) fail(path, "open", errno);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) fail(path, "read", errno);
  if (S_ISDIR(info.st_mode)) fail(path, "read", EISDIR);
  if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) throw Error(path + ": error: cannot read: this is a device, not a file");
  std::vector<std::byte> bytes;
  if (S_ISREG(info.st_mode))
    bytes.reserve(std::min<uint64_t>(limit, static_cast<uint64_t>(info.st_size)) + 1);  // 1: to see the end
  for (size_t used = 0;;) {
    size_t block = std::max<size_t>(bytes.capacity() - used, size_t{1} << 16);
    bytes.resize(used + block);
    ssize_t count = ::read(file.get(), bytes.data() + used, block);
    if (count < 0 && errno != EINTR) fail(path, "read", errno);
    used += count > 0 ? static_cast<size_t>(count) : 0;
    if (used > limit)
      throw Error(path + ": error: the file is larger than " + std::to_string(limit) + " bytes, the most that is read at once");
    bytes.resize(used);
    if (count == 0) return bytes;
  }
}

FileReader::FileReader(const std::string& path) : path_(path), descriptor_(open_retrying(path.c_str(), O_RDONLY)) {
  if (descriptor_ < 0) fail(path, "open", errno);
  struct stat info;
  if (::fstat(descriptor_, &info) != 0) {
    int code = errno;
    ::close(descriptor_);
    fail(path, "read", code);
  }
  size_ = static_cast<uint64_t>(info.st_size);
}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileReader::read(uint64_t at, std::span<std::byte> to) const {
  while (!to.empty()) {
    ssize_t count = ::pread(descriptor_, to.data(), std::min<size_t>(to.size(), size_t{1} << 30), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path_, "read", errno);
    if (count == 0)
      throw Error(path_ + ": error: the file ends before byte " + std::to_string(at) + ", it had " + std::to_string(size_) +
                  " bytes when it was opened; do not change it while it is read");
    at += static_cast<uint64_t>(count);
    to = to.subspan(static_cast<size_t>(count));
  }
}

void FileReader::will_read(uint64_t at, uint64_t bytes) const {
  ::posix_fadvise(descriptor_, static_cast<off_t>(at), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::string target = resolve(path);
  struct stat info;
  if (::stat(target.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) fail(path, "write", EISDIR);
    Descriptor file(open_retrying(target.c_str(), O_WRONLY));
    if (file.get() < 0) fail(path, "open for writing", errno);
    if (int code = write_all(file.get(), bytes)) fail(path, "write", code);
    return;
  }
  static std::atomic<unsigned> counter{0};
  std::string temporary = target + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  Descriptor file(open_retrying(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
  if (file.get() < 0) fail(path, "write", errno);
  int code = write_all(file.get(), bytes);
  if (!code && ::fsync(file.get()) != 0) code = errno;
  if (file.close() != 0 && !code) code = errno;
  if (!code && ::rename(temporary.c_str(), target.c_str()) != 0) code = errno;
  if (code) {
    ::unlink(temporary.c_str());
    fail(path, "write", code);
  }
  size_t slash = target.rfind('/');
  std::string folder_path = slash == std::string::npos ? "." : target.substr(0, slash + 1);
  Descriptor folder(open_retrying(folder_path.c_str(), O_RDONLY | O_DIRECTORY));
  if (folder.get() >= 0) ::fsync(folder.get());  // some file systems refuse; the content itself is safe
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace graphc
