#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""graphc beside today's frameworks on this machine: ranks the peers, runs peers/compare.py, writes RESULTS.md.

    ./dev bench [--jax-only] [--workloads mlp,wide] [--threads 1,2] [--rounds 5] [--seconds 2] [--out FILE]

peers/compare.py picks the fastest peers from a results file beside it, whose losses graphc must show, too. So the scripts are
copied to build/peers, and short runs of every peer make that file there; it is kept for the next time. Below 0.2 seconds a
run is refused: the timed steps would be too small a part of it.
"""
import argparse
import datetime
import glob
import importlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(ROOT, "tests/bench/models")
WORK = os.path.join(ROOT, "build/peers")
RANKING = os.path.join(WORK, "ranking.jsonl")           # kept
RESULTS = os.path.join(WORK, "results-ranking.jsonl")   # what compare.py sees: the peers of this run


def json_lines(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


def variants(peer, workload):
    module = importlib.import_module("peer_" + ("torch" if peer == "torchc" else peer))
    if peer == "jax":
        return module.VARIANTS.get(workload, module.DEFAULT_VARIANTS)
    return module.VARIANTS[peer].get(workload, module.DEFAULT_VARIANTS[peer])


def rank(peers, workloads, threads):
    """A short run of every peer that the ranking does not know yet."""
    known = {(r["peer"], r["workload"], r["threads"], r["variant"]) for r in json_lines(RANKING)}
    for workload in workloads:
        for count in threads:
            for peer, variant in ((p, v) for p in peers for v in variants(p, workload)):
                if (peer, workload, count, variant) in known:
                    continue
                print(f"ranking: {peer} {variant} {workload}, {count} thread(s)", file=sys.stderr, flush=True)
                done = subprocess.run([sys.executable, "-B", os.path.join(WORK, "run.py"), "--peer", peer, "--workload", workload,
                                       "--variant", variant, "--threads", str(count), "--seconds", "0.5", "--quiet-wait", "1"],
                                      capture_output=True, text=True)
                lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
                if not lines:
                    print(f"  it failed (exit {done.returncode}): {done.stderr[-300:]}", file=sys.stderr)
                    continue
                with open(RANKING, "a") as f:
                    f.write(lines[-1] + "\n")
    with open(RESULTS, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in json_lines(RANKING) if r["peer"] in peers)


def compare(workloads, threads, args, lines):
    """The output of peers/compare.py, shown while it comes; what it measured is appended to the file `lines`."""
    command = [sys.executable, "-B", os.path.join(WORK, "compare.py"), "--threads", str(threads), "--rounds", str(args.rounds),
               "--seconds", str(args.seconds), "--workloads", ",".join(workloads), "--out", lines]
    environment = {**os.environ, "GRAPHC": os.path.join(ROOT, "build/graphc"), "MODELS": MODELS, "PYTHONUNBUFFERED": "1"}
    text = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            text += line
    if process.returncode:
        sys.exit(f"compare.py: exit {process.returncode}")
    return text


def without_wanted(text):
    """Nothing is wanted here: the column goes."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    column = [cell.strip() for cell in rows[0]].index("wanted")
    table = "\n".join("|".join(row[:column] + row[column + 1:]) for row in rows)
    return table + "\n\n" + text.splitlines()[-1].split("; ")[-1]


def machine():
    shown = dict(line.split(":", 1) for line in subprocess.run(["lscpu"], capture_output=True, text=True,
                                                               env={**os.environ, "LC_ALL": "C"}).stdout.splitlines() if ":" in line)
    field = {name.strip(): value.strip() for name, value in shown.items()}
    flags = field.get("Flags", "").split()
    vectors = next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    caches = [f"{name} {field[name + ' cache']}" for name in ("L1d", "L2", "L3") if name + " cache" in field]
    return ", ".join(filter(None, [field.get("Model name") or field.get("Architecture", "unknown"), field.get("CPU(s)", "?") + " CPUs",
                                   vectors] + caches))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jax-only", action="store_true", help="without PyTorch, eager and compiled")
    parser.add_argument("--workloads", default="", help="else all that have a model here")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--out", default=os.path.join(ROOT, "tests/bench/RESULTS.md"))
    args = parser.parse_args()

    os.makedirs(WORK, exist_ok=True)
    for path in glob.glob(os.path.join(ROOT, "tests/bench/peers/*.py")):
        shutil.copy(path, WORK)
    sys.path.insert(0, WORK)
    from suite import WORKLOADS
    workloads = [w for w in args.workloads.split(",") if w] or [w for w in WORKLOADS if os.path.exists(f"{MODELS}/{w}.gc")]
    threads = [int(t) for t in args.threads.split(",") if int(t) <= len(os.sched_getaffinity(0))]
    rank(["jax"] + ["torch", "torchc"] * (not args.jax_only), workloads, threads)

    lines = os.path.join(WORK, "compare.jsonl")
    if os.path.exists(lines):
        os.remove(lines)
    tables = [(count, without_wanted(compare(workloads, count, args, lines))) for count in threads]
    versions = sorted({r["version"] for r in json_lines(lines) if r.get("version")})
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    with open(args.out, "w") as f:
        f.write(f"""# graphc beside today's frameworks
Written by `./dev bench`; `peers/suite.py` defines the models. A training step: forward, backward, update, float32.
Runs alternate on the same CPUs; the ratio is the fastest peer's median over graphc's, the median of {args.rounds} round(s) (least..most).

* Machine: {machine()}
* Versions: {', '.join(versions)}{f'; graphc at {commit}' if commit else ''}
* Date: {datetime.date.today()}; {args.seconds:g} s a run
""")
        for count, table in tables:
            f.write(f"\n## {count} thread{'s' if count > 1 else ''}\n{table}\n")
    print(f"written: {os.path.relpath(args.out)}")


if __name__ == "__main__":
    main()
