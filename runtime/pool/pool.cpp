// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a late worker cannot touch a job that is over: it claims a task (takes it off `unclaimed_`, never below zero) before it
// reads anything of the job, and a job with a claimed task is not over before that task is reported in `unfinished_`.
//
// Workers are help, not a condition: the caller takes tasks too, and waits only for those that a worker has claimed. So a
// worker that sleeps, or that the system does not run, costs its share of the speed and nothing else.
#include "runtime/pool/pool.h"

#include <signal.h>

#include <algorithm>
#include <chrono>

namespace graphc {
namespace {

constexpr int spins = 128;                              // some 2 to 6 microseconds of `pause`
constexpr auto awake = std::chrono::microseconds(200);  // longer than the pauses inside a step and between steps

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // `yield` takes no time on most cores
#endif
}

}  // namespace

Pool::Pool(uint32_t threads) {
  hooks_ = {sizeof(graphc_hooks), this, threads,
            [](void* user, uint32_t tasks, Body body, void* arg) { static_cast<Pool*>(user)->parallel_for(tasks, body, arg); },
            0};
  // Signals belong to the program's own threads, but for those that a thread raises itself, and the profiler's.
  sigset_t others, before;
  sigfillset(&others);
  for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF}) sigdelset(&others, own);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  try {
    for (uint32_t worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { serve(worker); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    stop();
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Pool::~Pool() { stop(); }

void Pool::stop() noexcept {
  stop_.store(true);
  wakes_.fetch_add(1);
  wakes_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::parallel_for(uint32_t tasks, Body body, void* arg) noexcept {
  if (tasks < 2 || workers_.empty() || busy_.exchange(true, std::memory_order_acquire)) {
    for (uint32_t task = 0; task < tasks; ++task) body(arg, task, 0);
    return;
  }
  // Few tasks are mostly short ones, of which each claim would be a good part: an equal share at a time.
  uint32_t share = tasks <= 4 * threads() ? std::max(1u, tasks / threads()) : 1;
  job_ = {body, arg, tasks};
  unfinished_.store(tasks, std::memory_order_relaxed);
  unclaimed_.store(uint64_t(share) << 32 | (tasks - share));  // publishes the job; its first share is the caller's
  wake(tasks - share);
  for (uint32_t task = 0; task < share; ++task) body(arg, task, 0);
  join(share + run_tasks(0));
  busy_.store(false, std::memory_order_release);
}

// Runs tasks until none is unclaimed; how many.
uint32_t Pool::run_tasks(uint32_t worker) noexcept {
  uint32_t done = 0;
  for (uint64_t seen = unclaimed_.load(std::memory_order_relaxed); uint32_t(seen);) {
    uint32_t left = uint32_t(seen), share = std::min(left, uint32_t(seen >> 32));
    if (!unclaimed_.compare_exchange_weak(seen, seen - share, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    for (uint32_t task = job_.tasks - left, end = task + share; task < end; ++task) job_.body(job_.arg, task, worker);
    done += share;
    seen = unclaimed_.load(std::memory_order_relaxed);
  }
  return done;
}

// Waits until the workers have reported all but the caller's own tasks. Yields after a while: the worker that is waited for
// may need this core.
void Pool::join(uint32_t own) noexcept {
  for (int spin = 0; unfinished_.load(std::memory_order_acquire) != own; ++spin)
    if (spin < spins)
      pause();
    else
      std::this_thread::yield();
}

// Wakes as many sleepers as `wanted` tasks need beside the workers that are awake.
void Pool::wake(uint32_t wanted) noexcept {
  uint32_t asleep = sleepers_.load();
  if (!asleep) return;
  uint32_t up = uint32_t(workers_.size()) - asleep;
  if (wanted <= up) return;
  wakes_.fetch_add(1);
  for (uint32_t count = std::min(wanted - up, asleep); count; --count) wakes_.notify_one();
}

void Pool::serve(uint32_t worker) noexcept {
  while (!stop_.load(std::memory_order_relaxed)) {
    if (uint32_t done = run_tasks(worker)) unfinished_.fetch_sub(done, std::memory_order_release);
    wait_for_tasks();
  }
}

// Spins, yields, sleeps. Each may end without a task.
void Pool::wait_for_tasks() noexcept {
  for (int spin = 0; spin < spins; ++spin) {
    if (uint32_t(unclaimed_.load(std::memory_order_relaxed))) return;
    pause();
  }
  for (auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < awake;) {
    if (uint32_t(unclaimed_.load(std::memory_order_relaxed))) return;
    std::this_thread::yield();
  }
  // All of this is sequentially consistent, as is the other side: either the caller sees a sleeper, or the sleeper its job.
  sleepers_.fetch_add(1);
  uint32_t wakes = wakes_.load();
  if (!uint32_t(unclaimed_.load()) && !stop_.load()) wakes_.wait(wakes);
  sleepers_.fetch_sub(1);
}

}  // namespace graphc
