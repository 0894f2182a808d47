// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R10: the n-th allocation fails, once or from then on, while a run trains, writes checkpoints, is taken up again, saves and
// loads: a clean error, nothing leaked, no file that is half written. This program's operator new counts.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "runtime/train/checkpoint_folder.h"
#include "runtime/train/observer.h"
#include "runtime/train/safetensors.h"
#include "tests/train/linear_module.h"

namespace {

struct Failure {
  long countdown = -1;  // allocations until one fails; below 0: none does
  bool for_ever = false;
  long living = 0;  // allocations of this thread that were not freed
};
thread_local Failure failure;

void* allocate(size_t size, size_t alignment) {
  if (failure.countdown == 0) {
    if (!failure.for_ever) failure.countdown = -1;
    throw std::bad_alloc();
  }
  if (failure.countdown > 0) --failure.countdown;
  void* memory = alignment ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment) : std::malloc(size ? size : 1);
  if (!memory) throw std::bad_alloc();
  ++failure.living;
  return memory;
}
void* allocate_or_null(size_t size, size_t alignment) noexcept {
  try {
    return allocate(size, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void release(void* memory) {
  if (memory) --failure.living;
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return allocate(size, 0); }
void* operator new[](size_t size) { return allocate(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) { return allocate(size, static_cast<size_t>(alignment)); }
void* operator new[](size_t size, std::align_val_t alignment) { return allocate(size, static_cast<size_t>(alignment)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, 0); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, 0); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { release(memory); }

using namespace graphc;
using graphc_test::Folder;

namespace {

enum class Outcome { thrown, done, without_failure };  // done: although an allocation failed

template <class Action>
Outcome attempt(long countdown, bool for_ever, Action action) {
  long before = failure.living;
  Outcome outcome = Outcome::thrown;
  failure.countdown = countdown, failure.for_ever = for_ever;
  try {
    action();
    outcome = failure.countdown > 0 ? Outcome::without_failure : Outcome::done;
  } catch (const std::bad_alloc&) {
  } catch (const Error&) {
  }
  failure.countdown = -1;
  CHECK(failure.living == before);
  return outcome;
}

// Each allocation of `action` in turn; `prepare` stands before it, and `check` behind where it threw.
template <class Prepare, class Action, class Check>
void fail_each(Prepare prepare, Action action, Check check) {
  prepare();
  action();  // what stays for the program's life is made here
  for (bool for_ever : {false, true})
    for (long n = 1;; n += 1 + n / 40) {
      prepare();
      Outcome outcome = attempt(n, for_ever, action);
      if (outcome == Outcome::without_failure) break;
      if (outcome == Outcome::thrown) check();
    }
}

}  // namespace

TEST_CASE("failing allocations: a run with checkpoints, and one that goes on from them") {
  Folder folder;
  Dataset data = graphc_test::plane(8);
  std::string c = folder.file("c");
  TrainSettings settings;
  settings.epochs = 3, settings.batch = 4;
  settings.validation = settings.test = &data;
  settings.checkpoint = {c, 1, 2};
  settings.early_stopping = EarlyStopping();
  settings.schedule = Schedule("cosine");
  auto check = [&] {  // what is there is whole
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(c, error))
      CHECK_MESSAGE(read_checkpoint(entry.path().string()).state.result.steps <= 8, entry.path().string());
  };
  auto run = [&] {
    Instance net(&graphc_test::linear_module());
    train(net, data, settings);
  };
  fail_each([&] { std::filesystem::remove_all(c); }, run, check);
  settings.resume = c;
  settings.epochs = 4;
  fail_each(
      [&] {
        for (const char* name : {"7", "8"}) std::filesystem::remove(c + "/step-00000000" + name + ".safetensors");
      },
      run, check);
}

TEST_CASE("failing allocations: weights are saved whole or not, loaded whole or not") {
  Folder folder;
  Instance old(&graphc_test::linear_module(), nullptr, 5), net(&graphc_test::linear_module(), nullptr, 7);
  std::string path = folder.file("w.safetensors");
  old.save(path);
  std::string before = folder.read("w.safetensors"), after;
  net.save(path);
  after = folder.read("w.safetensors");
  fail_each([&] { old.save(path); }, [&] { net.save(path); }, [&] {
    std::string content = folder.read("w.safetensors");
    CHECK((content == before || content == after));
  });
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
  float weight = old.get("weight")[0];
  fail_each([&] { old.init(5); }, [&] { old.load(path); }, [&] { CHECK(old.get("weight")[0] == weight); });
  CHECK(old.get("weight") == net.get("weight"));
}
