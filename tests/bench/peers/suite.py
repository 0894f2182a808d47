# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark suite: eleven training steps, described once for every peer.

Everything here is plain NumPy and knows no framework.  A workload gives

* the batch size and the optimizer with its hyper-parameters,
* `init(rng)`:  the initial parameters, name -> float32 array, in one reference layout
  (dense weights are (in, out), conv weights are (out, in, kh, kw)),
* `buffers()`:  non-trained state (batch-norm running statistics),
* `batch(rng)`: one batch (x, y),
* `flops()`:    matmul/conv FLOPs of one step.

All peers start from the same arrays and see the same batches in the same order, so
the losses they report for the first steps can be compared (see run_all.py --table).

Exact definitions that every peer follows
  dense        y = x @ w + b
  conv         stride 1, zero padding, bias only in lenet; resnet20 has none
  batch norm   batch statistics, eps 1e-5; running = 0.9 running + 0.1 batch, the running
               variance uses the unbiased estimate (n / (n - 1))
  dropout      keep probability 0.8, scaled by 1 / 0.8 (inverted dropout), new mask each step
  loss         softmax cross-entropy with integer labels, mean over all rows
               (autoencoder: mean squared error over all elements)
  SGD          g += wd * p;  v = mu * v + g;  p -= lr * v
  Adam         bias-corrected, eps outside the root; AdamW: p *= 1 - lr * wd first
  GELU         tanh form;   LayerNorm eps 1e-5
  lstm         gates in the order i, f, g, o, one bias vector; zero initial state
"""
import math

import numpy as np

N_BATCHES = 8          # distinct batches that a run cycles through
SEED = 1234


class Workload:
    def __init__(self, name, batch_size, opt, init, batch, gemms, buffers=None):
        self.name = name
        self.batch_size = batch_size
        self.opt = opt
        self._init = init
        self._batch = batch
        self._gemms = gemms
        self._buffers = buffers

    def init(self):
        return self._init(np.random.default_rng(SEED))

    def buffers(self):
        return self._buffers() if self._buffers else {}

    def batches(self, n=N_BATCHES):
        rng = np.random.default_rng(SEED + 1)
        return [self._batch(rng) for _ in range(n)]

    def flops(self):
        """2*M*N*K for each forward product, and the same again for each of the two
        gradients; no input gradient where the input is data."""
        return sum(2 * m * n * k * count * (3 if needs_dx else 2)
                   for (m, n, k, count, needs_dx) in self._gemms)

    def params(self):
        return sum(a.size for a in self.init().values())


def sgd(lr, momentum=0.0, wd=0.0):
    return dict(kind="sgd", lr=lr, momentum=momentum, wd=wd)


def adam(lr):
    return dict(kind="adam", lr=lr, b1=0.9, b2=0.999, eps=1e-8, wd=0.0)


def adamw(lr, wd):
    return dict(kind="adamw", lr=lr, b1=0.9, b2=0.999, eps=1e-8, wd=wd)


# ---------------------------------------------------------------- small helpers
def _normal(rng, shape, std):
    return (rng.standard_normal(shape) * std).astype(np.float32)


def _zeros(*shape):
    return np.zeros(shape, np.float32)


def _ones(*shape):
    return np.ones(shape, np.float32)


def _dense_stack(sizes, gain=2.0, prefix="fc"):
    def init(rng):
        p = {}
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            p[f"{prefix}{i}.w"] = _normal(rng, (a, b), math.sqrt(gain / a))
            p[f"{prefix}{i}.b"] = _zeros(b)
        return p
    return init


def _dense_gemms(batch, sizes):
    return [(batch, b, a, 1, i > 0) for i, (a, b) in enumerate(zip(sizes, sizes[1:]))]


def _xy(shape, classes):
    def batch(rng):
        return (rng.standard_normal(shape).astype(np.float32),
                rng.integers(0, classes, shape[0]).astype(np.int32))
    return batch


def _mlp(name, batch, sizes, opt, gain=2.0):
    return Workload(name, batch, opt, _dense_stack(sizes, gain), _xy((batch, sizes[0]), sizes[-1]),
                    _dense_gemms(batch, sizes))


# ---------------------------------------------------------------- layer plans
MLP_SIZES = {
    "logreg": [784, 10],
    "digits": [64, 100, 10],
    "mlp": [784, 512, 512, 10],
    "mlp_bn_dropout": [784, 512, 512, 10],
    "wide": [1024, 2048, 2048, 2048, 1000],
    "deep_narrow": [64] * 65 + [10],
    "autoencoder": [784, 256, 64, 256, 784],
}

LSTM = dict(inputs=64, hidden=128, steps=64, classes=10, batch=32)
GPT = dict(layers=4, d=128, heads=4, vocab=65, context=64, batch=16)
RESNET_STAGES = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]   # (in, out, first stride), 3 blocks each


def resnet_plan():
    """[(block name, in channels, out channels, stride)] of the nine residual blocks."""
    return [(f"s{s}b{b}", cin if b == 0 else cout, cout, stride if b == 0 else 1)
            for s, (cin, cout, stride) in enumerate(RESNET_STAGES) for b in range(3)]


def _bn_dropout():
    sizes = MLP_SIZES["mlp_bn_dropout"]

    def init(rng):
        p = _dense_stack(sizes)(rng)
        for i, n in enumerate(sizes[1:-1]):
            p[f"bn{i}.g"], p[f"bn{i}.b"] = _ones(n), _zeros(n)
        return p

    def buffers():
        return {f"bn{i}.{k}": f(n) for i, n in enumerate(sizes[1:-1])
                for k, f in (("mean", _zeros), ("var", _ones))}

    return Workload("mlp_bn_dropout", 128, sgd(0.01, 0.9), init, _xy((128, 784), 10),
                    _dense_gemms(128, sizes), buffers)


def _autoencoder():
    sizes = MLP_SIZES["autoencoder"]

    def batch(rng):
        x = rng.random((128, 784), dtype=np.float32)
        return x, x

    return Workload("autoencoder", 128, adam(1e-3), _dense_stack(sizes), batch, _dense_gemms(128, sizes))


def _lenet():
    b = 64

    def init(rng):
        p = {}
        for name, (o, i) in (("conv0", (6, 1)), ("conv1", (16, 6))):
            p[name + ".w"] = _normal(rng, (o, i, 5, 5), math.sqrt(2 / (25 * i)))
            p[name + ".b"] = _zeros(o)
        p.update(_dense_stack([400, 120, 84, 10])(rng))
        return p

    gemms = [(b * 28 * 28, 6, 25, 1, False), (b * 10 * 10, 16, 150, 1, True)]
    gemms += [(b, n, k, 1, True) for k, n in ((400, 120), (120, 84), (84, 10))]
    return Workload("lenet", b, sgd(0.01, 0.9), init, _xy((b, 1, 28, 28), 10), gemms)


def _resnet20():
    b = 32
    convs = [("stem", 3, 16, 3)]                      # name, in, out, kernel
    gemms = [(b * 32 * 32, 16, 27, 1, False)]
    size = 32
    for name, cin, cout, stride in resnet_plan():
        size //= stride
        convs += [(name + ".c0", cin, cout, 3), (name + ".c1", cout, cout, 3)]
        gemms += [(b * size * size, cout, 9 * cin, 1, True), (b * size * size, cout, 9 * cout, 1, True)]
        if stride != 1:                               # projection shortcut: 1x1 conv + batch norm
            convs.append((name + ".sc", cin, cout, 1))
            gemms.append((b * size * size, cout, cin, 1, True))
    gemms.append((b, 10, 64, 1, True))

    def init(rng):
        p = {}
        for name, i, o, k in convs:
            p[name + ".w"] = _normal(rng, (o, i, k, k), math.sqrt(2 / (k * k * i)))
            p[name + ".g"], p[name + ".b"] = _ones(o), _zeros(o)
        p["fc0.w"], p["fc0.b"] = _normal(rng, (64, 10), math.sqrt(1 / 64)), _zeros(10)
        return p

    def buffers():
        return {f"{name}.{k}": f(o) for name, _, o, _ in convs for k, f in (("mean", _zeros), ("var", _ones))}

    return Workload("resnet20", b, sgd(0.01, 0.9, 1e-4), init, _xy((b, 3, 32, 32), 10), gemms, buffers)


def _lstm():
    c = LSTM
    b, t, i, h = c["batch"], c["steps"], c["inputs"], c["hidden"]

    def init(rng):
        return {"wx": _normal(rng, (i, 4 * h), math.sqrt(1 / i)),
                "wh": _normal(rng, (h, 4 * h), math.sqrt(1 / h)),
                "b": _zeros(4 * h),
                "fc0.w": _normal(rng, (h, c["classes"]), math.sqrt(1 / h)), "fc0.b": _zeros(c["classes"])}

    gemms = [(b, 4 * h, i, t, False), (b, 4 * h, h, t, True), (b, c["classes"], h, 1, True)]
    return Workload("lstm", b, adam(1e-3), init, _xy((b, t, i), c["classes"]), gemms)


def _gpt():
    c = GPT
    b, t, d, v, heads = c["batch"], c["context"], c["d"], c["vocab"], c["heads"]
    rows = b * t

    def init(rng):
        p = {"tok": _normal(rng, (v, d), 0.02), "pos": _normal(rng, (t, d), 0.02)}
        for n in range(c["layers"]):
            for ln in ("ln0", "ln1"):
                p[f"h{n}.{ln}.g"], p[f"h{n}.{ln}.b"] = _ones(d), _zeros(d)
            for name, i, o, std in (("qkv", d, 3 * d, 0.02), ("proj", d, d, 0.02 / math.sqrt(2 * c["layers"])),
                                    ("up", d, 4 * d, 0.02), ("down", 4 * d, d, 0.02 / math.sqrt(2 * c["layers"]))):
                p[f"h{n}.{name}.w"], p[f"h{n}.{name}.b"] = _normal(rng, (i, o), std), _zeros(o)
        p["lnf.g"], p["lnf.b"] = _ones(d), _zeros(d)
        p["head.w"], p["head.b"] = _normal(rng, (d, v), 0.02), _zeros(v)
        return p

    def batch(rng):
        tokens = rng.integers(0, v, (b, t + 1)).astype(np.int32)
        return np.ascontiguousarray(tokens[:, :-1]), np.ascontiguousarray(tokens[:, 1:])

    dh = d // heads
    block = [(rows, 3 * d, d, 1, True), (rows, d, d, 1, True), (rows, 4 * d, d, 1, True), (rows, d, 4 * d, 1, True),
             (t, t, dh, b * heads, True), (t, dh, t, b * heads, True)]      # the full square, mask or not
    return Workload("gpt", b, adamw(1e-3, 0.01), init, batch, block * c["layers"] + [(rows, v, d, 1, True)])


WORKLOADS = {w.name: w for w in [
    _mlp("logreg", 128, MLP_SIZES["logreg"], sgd(0.1, wd=1e-4), gain=0.1),
    _mlp("digits", 32, MLP_SIZES["digits"], sgd(0.1), gain=1.0),
    _mlp("mlp", 128, MLP_SIZES["mlp"], adam(1e-3)),
    _bn_dropout(),
    _mlp("wide", 256, MLP_SIZES["wide"], sgd(0.01, 0.9)),
    _mlp("deep_narrow", 32, MLP_SIZES["deep_narrow"], sgd(0.01)),
    _autoencoder(),
    _lenet(),
    _resnet20(),
    _lstm(),
    _gpt(),
]}

if __name__ == "__main__":
    for w in WORKLOADS.values():
        print(f"{w.name:15s} batch {w.batch_size:4d}  params {w.params():9d}  MFLOP/step {w.flops() / 1e6:10.2f}")
