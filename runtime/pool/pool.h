// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pool: threads for the tasks of a compiled step (graphc_hooks). Tasks go to whichever thread is free, so a busy core slows a
// step down by its share and no more; no result depends on it. A pool serves one caller at a time: a nested or a second
// call runs its tasks by itself. The threads do not survive fork(): a child makes a pool of its own. They keep the
// floating-point environment (rounding, subnormals) of the thread that made the pool.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "runtime/abi/graphc_abi.h"

namespace graphc {

class Pool {
 public:
  using Body = void (*)(void* arg, uint32_t task, uint32_t worker);

  // `threads` counts the caller: 1 starts none. Throws std::system_error where the system gives no further thread.
  explicit Pool(uint32_t threads);
  ~Pool();  // not while a call runs
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint32_t threads() const { return uint32_t(workers_.size()) + 1; }
  const graphc_hooks* hooks() const { return workers_.empty() ? nullptr : &hooks_; }  // lives as long as the pool

  // body(arg, task, worker) once for each task < tasks, worker < threads(); returns when all are done. Allocates nothing.
  // Tasks must not throw.
  void parallel_for(uint32_t tasks, Body body, void* arg) noexcept;

 private:
  struct Job {
    Body body;
    void* arg;
    uint32_t tasks;
  };

  uint32_t run_tasks(uint32_t worker) noexcept;
  void join(uint32_t own) noexcept;
  void wake(uint32_t wanted) noexcept;
  void serve(uint32_t worker) noexcept;
  void wait_for_tasks() noexcept;
  void stop() noexcept;

  // A cache line each, by who writes them. Low half: how many tasks nobody has claimed; the next one is `job_.tasks` less that.
  // High half: how many make a claim.
  alignas(64) std::atomic<uint64_t> unclaimed_{0};
  Job job_{};
  alignas(64) std::atomic<uint32_t> unfinished_{0};  // tasks that no worker has reported; the caller's own stay in it
  alignas(64) std::atomic<uint32_t> sleepers_{0};
  std::atomic<uint32_t> wakes_{0};  // what sleepers wait on
  std::atomic<bool> stop_{false};
  alignas(64) std::atomic<bool> busy_{false};
  graphc_hooks hooks_{};
  std::vector<std::thread> workers_;
};

}  // namespace graphc
