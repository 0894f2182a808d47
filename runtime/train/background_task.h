// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// BackgroundTask: one piece of work at a time in a thread of its own, begun with the first.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace graphc {

class BackgroundTask {
 public:
  BackgroundTask() = default;
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;
  ~BackgroundTask();  // waits; an exception that nobody asked for is dropped

  void start(std::function<void()> work);  // the one before must have been waited for
  void wait();                             // rethrows what the work threw; returns at once where there is none

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;  // empty: idle
  std::exception_ptr failure_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace graphc
