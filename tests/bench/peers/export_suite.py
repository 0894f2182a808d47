#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write the suite's initial parameters and batches, so that a program that is no Python peer starts from the same arrays.

    python export_suite.py OUT_DIR [WORKLOAD ...]

For each workload OUT_DIR holds
  NAME.init.safetensors      every parameter and running statistic, under the names of suite.py (fc0.w, h1.qkv.b, bn0.mean, ...)
  NAME.batches.safetensors   the 8 batches a run cycles through: x0, y0, ..., x7, y7
and losses.json, for each workload the losses of steps 1, 2, 3 and 20 that the peers agree on (from the results file), where known.
Dropout masks differ between programs, so the losses of mlp_bn_dropout are comparable only roughly.
"""
import glob
import json
import os
import sys

import numpy as np

from suite import WORKLOADS

DTYPES = {"float32": "F32", "int32": "I32"}


def save_safetensors(path, arrays):
    header, offset = {}, 0
    for name, a in arrays.items():
        header[name] = {"dtype": DTYPES[str(a.dtype)], "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little"))
        f.write(text)
        for a in arrays.values():
            f.write(np.ascontiguousarray(a).tobytes())


def agreed_losses():
    by_workload = {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "results-*.jsonl"))):
        for line in open(path):
            r = json.loads(line)
            if r.get("peer") == "jax" and len(r.get("losses", [])) == 4:
                by_workload[r["workload"]] = dict(zip(("1", "2", "3", "20"), r["losses"]))
    return by_workload


def main():
    out, names = sys.argv[1], sys.argv[2:] or list(WORKLOADS)
    os.makedirs(out, exist_ok=True)
    for name in names:
        w = WORKLOADS[name]
        save_safetensors(os.path.join(out, name + ".init.safetensors"), {**w.init(), **w.buffers()})
        batches = {}
        for i, (x, y) in enumerate(w.batches()):
            batches[f"x{i}"], batches[f"y{i}"] = np.asarray(x), np.asarray(y)
        save_safetensors(os.path.join(out, name + ".batches.safetensors"), batches)
    with open(os.path.join(out, "losses.json"), "w") as f:
        json.dump(agreed_losses(), f, indent=1)


if __name__ == "__main__":
    main()
