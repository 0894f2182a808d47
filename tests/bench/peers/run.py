#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Time one training step of one workload with one peer; print one JSON line.

    python run.py --peer jax --workload mlp --threads 1 [--variant nhwc+rbg] [--lock FILE]

The process is pinned to its first THREADS allowed CPUs before a framework is imported.
Where --lock names a file, the timed part (first call, warm-up, steady state) runs under
flock(2) on it, so it excludes `flock FILE command` and every other run.py.

Fields of the line
  first_call_s   trace + compile + first step, imports and parameter set-up not counted
  median_ms      median step time, waiting for the loss of every step; p10/p90/min alike
  pipelined_ms   mean step time when only the last loss is waited for
  flops, gflops  matmul/conv FLOPs of a step and the rate at the median
  rss_mb         peak resident memory of the process; rss_setup_mb: before the first step
  losses         losses of steps 1, 2, 3 and 20 (same inputs and parameters for every peer)
  other_cpu      CPUs' worth of work by other processes during the steady state (0 = quiet)
"""
import argparse
import fcntl
import importlib
import json
import os
import resource
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
PEERS = ["jax", "torch", "torchc", "tinygrad", "keras"]
WARMUP, MIN_STEPS, MAX_SECONDS = 20, 30, 10.0   # the last caps the warm-up and the steady state


def peak_rss_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def busy_seconds():
    """CPU seconds spent so far by everything on this machine."""
    f = [int(v) for v in open("/proc/stat").readline().split()[1:9]]
    return (sum(f) - f[3] - f[4]) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(limit_s):
    """Wait until the rest of the machine uses under a tenth of a CPU, or limit_s passed."""
    end = time.time() + limit_s
    while True:
        b, t = busy_seconds(), time.time()
        time.sleep(0.4)
        if (busy_seconds() - b) / (time.time() - t) < 0.1 or time.time() > end:
            return


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--peer", required=True, choices=PEERS)
    ap.add_argument("--workload", required=True)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--variant", default="", help="options joined with '+', see the peer's file")
    ap.add_argument("--seconds", type=float, default=2.0, help="length of the steady state")
    ap.add_argument("--lock", default=os.environ.get("BENCH_LOCK"), help="lock file for the timed part")
    ap.add_argument("--quiet-wait", type=float, default=20.0, help="seconds to wait for an idle machine")
    a = ap.parse_args()

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:a.threads])
    for v in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[v] = str(a.threads)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

    from suite import WORKLOADS
    workload = WORKLOADS[a.workload]
    options = [o for o in a.variant.split("+") if o]
    peer = importlib.import_module("peer_" + ("torch" if a.peer == "torchc" else a.peer))
    if a.peer == "torchc":
        options.append("compile")
    peer.setup(a.threads, options)
    run, block, version = peer.build(a.workload, a.threads, options)
    rss_setup = peak_rss_mb()
    per_call = getattr(run, "steps_per_call", 1)     # keras: one call is one epoch
    warmup, min_steps = (WARMUP, MIN_STEPS) if per_call == 1 else (3, 5)

    if a.lock:
        lock = open(a.lock, "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    wait_until_quiet(a.quiet_wait)

    clock = time.perf_counter
    losses = []
    t0 = clock()
    h = run(0)
    block(h)
    first = clock() - t0
    losses.append(float(h))
    n, t0 = 1, clock()
    while n < warmup:
        h = run(n)
        block(h)
        n += 1
        if n <= 3 or n == warmup:
            losses.append(float(h))
        if clock() - t0 > MAX_SECONDS:
            break

    if first > 5:                            # compilers of others may have started meanwhile
        wait_until_quiet(a.quiet_wait)
    times = []
    busy0, cpu0, start = busy_seconds(), sum(os.times()[:4]), clock()
    while True:
        t = clock()
        block(run(n))
        e = clock()
        times.append(e - t)
        n += 1
        if (e - start >= a.seconds and len(times) >= min_steps) or e - start > MAX_SECONDS:
            break
    wall = clock() - start
    other = (busy_seconds() - busy0 - (sum(os.times()[:4]) - cpu0)) / wall

    pipe_n = max(5, min(len(times) // 4, 5000))
    t = clock()
    for i in range(pipe_n):
        h = run(n + i)
    block(h)
    pipelined = (clock() - t) / pipe_n

    times.sort()
    med = statistics.median(times)
    ms = lambda s: round(s * 1e3 / per_call, 5)
    print(json.dumps({
        "peer": a.peer, "workload": a.workload, "threads": a.threads, "variant": a.variant,
        "median_ms": ms(med), "min_ms": ms(times[0]), "p10_ms": ms(times[len(times) // 10]),
        "p90_ms": ms(times[len(times) * 9 // 10]), "pipelined_ms": ms(pipelined), "steps": len(times) * per_call,
        "first_call_s": round(first, 3), "rss_mb": peak_rss_mb(), "rss_setup_mb": rss_setup,
        "flops": workload.flops(), "gflops": round(workload.flops() * per_call / med / 1e9, 2),
        "losses": [round(v, 6) for v in losses], "other_cpu": round(max(other, 0.0), 3),
        "version": version, "date": time.strftime("%Y-%m-%d"),
    }), flush=True)
    os._exit(0)                              # no framework shutdown: it can hang or take seconds


if __name__ == "__main__":
    main()
