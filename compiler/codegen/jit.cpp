// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "compiler/codegen/codegen.h"
#include "compiler/codegen/machine.h"
#include "compiler/codegen/object_cache.h"
#include "compiler/codegen/parts.h"

namespace graphc {

namespace {

template <class T> T expect(llvm::Expected<T> value) {
  if (!value) throw InternalError("jit: " + llvm::toString(value.takeError()));
  return std::move(*value);
}
void expect(llvm::Error error) {
  if (error) throw InternalError("jit: " + llvm::toString(std::move(error)));
}

constexpr unsigned most_threads = 4;

// work(i, thread) for each i in [0, count) on as many threads as there are, at most most_threads; small numbers are begun first.
void in_parallel(size_t count, const std::function<void(size_t, size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  auto take = [&](size_t thread) {
    try {
      for (size_t i; (i = next++) < count;) work(i, thread);
    } catch (...) {
      std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  size_t threads = std::min<size_t>({count, std::thread::hardware_concurrency(), most_threads});
  std::vector<std::thread> others;
  try {
    while (others.size() + 1 < threads) others.emplace_back(take, others.size() + 1);
  } catch (const std::system_error&) {  // no thread to be had: the others do it all
  }
  take(0);
  for (std::thread& t : others) t.join();
  if (failure) std::rethrow_exception(failure);
}

class LlvmJit : public Jit {
 public:
  LlvmJit(const PlanModule& plan, bool hook_every_kernel, bool use_cache)
      : plan_(plan), hook_every_kernel_(hook_every_kernel), cache_(use_cache ? open_object_cache() : nullptr) {
    llvm::orc::JITTargetMachineBuilder builder{llvm::Triple(plan.target.triple)};
    jit_ = expect(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create());
  }

  graphc_entry entry(const std::string& name) override {
    std::lock_guard lock(mutex_);
    const Plan* plan = plan_.plan(name);
    if (!plan) return nullptr;
    auto it = entries_.find(name);
    if (it == entries_.end()) it = entries_.emplace(name, compile(*plan)).first;
    return it->second;
  }

  double compile_seconds() const override { return seconds_; }
  uint64_t text_bytes() const override { return text_bytes_; }

 private:
  graphc_entry compile(const Plan& plan) {
    auto start = std::chrono::steady_clock::now();
    EntryParts parts(plan_, plan, hook_every_kernel_);
    std::string symbol = parts.all().back().symbol();
    std::vector<Part> missing;
    for (const Part& part : parts.all()) {
      if (linked_.count(part.key)) continue;
      std::string object = cache_ ? cache_->load(part.key) : "";
      if (EntryParts::defines(object, part.symbol())) link(part, object);
      else missing.push_back(part);
    }
    std::sort(missing.begin(), missing.end(), [](const Part& a, const Part& b) { return a.cost > b.cost; });
    std::vector<std::string> objects(missing.size());
    in_parallel(missing.size(), [&](size_t i, size_t thread) {
      auto& machine = machines_[thread];
      if (!machine) machine = target_machine(plan_.target);
      objects[i] = parts.compile(missing[i], *machine);
      if (cache_) cache_->store(missing[i].key, objects[i]);
    });
    for (size_t i = 0; i < missing.size(); i++) link(missing[i], objects[i]);
    auto address = expect(jit_->lookup(symbol));
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return address.toPtr<graphc_entry>();
  }

  void link(const Part& part, const std::string& object) {
    if (!linked_.insert(part.key).second) return;
    text_bytes_ += EntryParts::text_bytes(object);
    expect(jit_->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object, part.symbol())));
  }

  const PlanModule& plan_;
  bool hook_every_kernel_;
  std::unique_ptr<ObjectCache> cache_;
  std::shared_ptr<llvm::TargetMachine> machines_[most_threads];
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  std::map<std::string, graphc_entry> entries_;
  std::set<std::string> linked_;
  std::mutex mutex_;
  double seconds_ = 0;
  uint64_t text_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Jit> Jit::create(const PlanModule& plan, bool hook_every_kernel, bool use_cache) {
  return std::make_unique<LlvmJit>(plan, hook_every_kernel, use_cache);
}

}  // namespace graphc
