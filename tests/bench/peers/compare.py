#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""graphc against the fastest peers, in one run: the runs alternate, and the median of the rounds' ratios counts.

    GRAPHC=build/graphc MODELS=tests/bench/models python compare.py [--threads 1] [--rounds 5] [--seconds 2]
        [--workloads mlp,gpt] [--peers 2] [--want wanted.json] [--out compare.jsonl]

Peers are those that were fastest in the newest results-*.jsonl, with their best variants, pinned to the same CPUs. A round's ratio
is the fastest peer's median over graphc's. A ratio is refused where the losses that graphc printed from the timed run
differ from the peers' by more than BOUNDS (not for mlp_bn_dropout, whose masks differ), are all equal, or where its steps and median do not add up
to the time that its process took. With --want {"1": {"mlp": 1.4}}: exit 1 where one falls short.
"""
import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# How far the losses of steps 1, 2, 3, 20 may lie from JAX's. From step 3 on correct f32 programs drift apart at ReLU kinks:
# the wider bounds were measured over orders of summation and between the peers themselves.
USUAL = (2e-4,) * 4
BOUNDS = {"mlp": (2e-4, 2e-4, 2e-4, 1e-3), "deep_narrow": (2e-4, 2e-4, 1e-3, 1e-2),
          "lenet": (2e-4, 2e-4, 2e-4, 5e-3), "resnet20": (2e-4, 2e-4, 2e-4, 5e-3)}


def ranked_peers(workload, threads):
    """[(peer, variant)] from fastest to slowest in the newest results."""
    best = {}
    for path in sorted(glob.glob(os.path.join(HERE, "results-*.jsonl")))[-1:]:
        for line in open(path):
            r = json.loads(line)
            if r["workload"] == workload and r["threads"] == threads and r["peer"] in ("jax", "torch", "torchc"):
                variant = "+".join(o for o in r["variant"].split("+") if o != "cold")
                if r["peer"] not in best or r["median_ms"] < best[r["peer"]][0]:
                    best[r["peer"]] = (r["median_ms"], variant)
    return [(p, v) for p, (_, v) in sorted(best.items(), key=lambda kv: kv[1][0])]


def json_line(cmd, env=None):
    start = time.time()
    r = subprocess.run(cmd, capture_output=True, text=True, env=env)
    try:
        return {**json.loads(r.stdout[r.stdout.index("{"):]), "wall_s": time.time() - start}
    except ValueError:
        sys.stderr.write(f"{' '.join(cmd)}: exit {r.returncode}\n{r.stderr[-400:]}\n")
        return None


def doubts(row, name, agreed):
    """Why a line of graphc's cannot be believed, or None."""
    losses = row.get("losses") or []
    if len(losses) != 4 or len(set(losses)) < 2:
        return "no losses"
    if name in agreed and name != "mlp_bn_dropout":
        if not all(abs(a - b) <= t * abs(b) for a, b, t in zip(losses, agreed[name].values(), BOUNDS.get(name, USUAL))):
            return f"losses {losses} are not the peers'"
    timed = (row.get("steps", 0) + 20) * row["median_ms"] / 1e3   # run.py's 20 warm-up steps are not in "steps"
    if timed < 0.2 * (row["wall_s"] - row.get("first_call_s", 0) - 0.5):
        return f"{timed:.2f} s of steps in a process of {row['wall_s']:.2f} s"
    return None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--seconds", type=float, default=2.0)
    ap.add_argument("--workloads", default="")
    ap.add_argument("--peers", type=int, default=2, help="how many of the fastest peers run")
    ap.add_argument("--want")
    ap.add_argument("--out")
    a = ap.parse_args()
    from suite import WORKLOADS
    names = a.workloads.split(",") if a.workloads else list(WORKLOADS)
    want = json.load(open(a.want)).get(str(a.threads), {}) if a.want else {}
    graphc, models = os.environ["GRAPHC"], os.environ["MODELS"]
    cpus = ",".join(map(str, sorted(os.sched_getaffinity(0))[:a.threads]))
    arrays = tempfile.mkdtemp()
    short, ratios = 0, []
    print("| workload | graphc ms | fastest peer | its ms | ratio | wanted | first call s: graphc, nothing cached | JAX |\n|---|---|---|---|---|---|---|---|")
    for name in names:
        if not os.path.exists(os.path.join(models, name + ".gc")):
            print(f"| {name} | no model | | | | {want.get(name, '')} | | |")
            short += name in want
            continue
        subprocess.run([sys.executable, "-B", os.path.join(HERE, "export_suite.py"), arrays, name], check=True, capture_output=True)
        agreed = json.load(open(os.path.join(arrays, "losses.json")))
        ours = ["taskset", "-c", cpus, graphc, "bench", os.path.join(models, name + ".gc"), "--init", f"{arrays}/{name}.init.safetensors",
                "--batches", f"{arrays}/{name}.batches.safetensors", "--threads", str(a.threads), "--seconds", str(a.seconds), "--json"]
        rounds, reason = [], None
        for _ in range(a.rounds):
            row = json_line(ours, {**os.environ, "XDG_CACHE_HOME": tempfile.mkdtemp(dir=arrays)})
            peers = [(p, json_line([sys.executable, "-B", os.path.join(HERE, "run.py"), "--peer", p, "--workload", name, "--variant", v,
                                    "--threads", str(a.threads), "--seconds", str(a.seconds), "--quiet-wait", "2"]))
                     for i, (p, v) in enumerate(ranked_peers(name, a.threads)) if i < a.peers or p == "jax"]
            peers = [(p, r) for p, r in peers if r]
            if a.out:
                with open(a.out, "a") as f:
                    for p, r in [("graphc", row)] + peers:
                        f.write(json.dumps({**(r or {}), "peer": p, "workload": name, "threads": a.threads}) + "\n")
            reason = "failed" if not row or not peers else doubts(row, name, agreed)
            if reason:
                break
            peer, theirs = min(peers, key=lambda pr: pr[1]["median_ms"])
            jax_first = next((r["first_call_s"] for p, r in peers if p == "jax"), "")
            rounds.append((theirs["median_ms"] / row["median_ms"], row, peer, theirs, jax_first))
        if reason:
            print(f"| {name} | {reason} | | | | {want.get(name, '')} | | |", flush=True)
            short += name in want
            continue
        rounds.sort(key=lambda r: r[0])
        ratio = statistics.median(r[0] for r in rounds)
        _, row, peer, theirs, jax_first = rounds[len(rounds) // 2]
        ratios.append(ratio)
        short += ratio < want.get(name, 0)
        print(f"| {name} | {row['median_ms']:.4g} | {peer} | {theirs['median_ms']:.4g} | {ratio:.2f} ({rounds[0][0]:.2f}..{rounds[-1][0]:.2f}) "
              f"| {want.get(name, '')} | {row.get('first_call_s', '')} | {jax_first} |", flush=True)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else 0
    print(f"\n{short} short of what is wanted; geometric mean {mean:.2f} over {len(ratios)} of {len(names)}, {a.threads} thread(s)")
    sys.exit(bool(short))


if __name__ == "__main__":
    main()
