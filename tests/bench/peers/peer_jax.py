# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX: one jax.jit over forward, backward and update; the state is donated.

Variants (joined with '+'):
  nchw / nhwc   layout of the convolutions (nchw is the default)
  reshapepool   lenet's max pooling as reshape + max in place of reduce_window, whose gradient
                is a select-and-scatter (ties then share the gradient, a small difference)
  unroll8       lax.scan unroll factor of the lstm (default 1)
  rbg           XLA's own random-bit generator for dropout in place of threefry
  sync          no asynchronous dispatch
  v512          let XLA's CPU back end use 512-bit vectors (its default prefers 256)
"""
import os

from suite import GPT, LSTM, MLP_SIZES, WORKLOADS, resnet_plan

VARIANTS = {
    "lenet": ["nchw", "nhwc", "nchw+reshapepool", "nhwc+reshapepool"],
    "resnet20": ["nchw", "nhwc"],
    "lstm": ["", "unroll8"],
    "mlp_bn_dropout": ["", "rbg"],
}
DEFAULT_VARIANTS = [""]
EXTRA_VARIANTS = ["sync", "v512"]        # tried on every workload by run_all.py --explore


def setup(threads, options):
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if "v512" in options:
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_prefer_vector_width=512"


def build(name, threads, options):
    import jax
    import jax.numpy as jnp
    from jax import lax

    if "sync" in options:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
    if "rbg" in options:
        jax.config.update("jax_default_prng_impl", "unsafe_rbg")
    nhwc = "nhwc" in options
    unroll = next((int(o[6:]) for o in options if o.startswith("unroll")), 1)
    w = WORKLOADS[name]

    # ------------------------------------------------------------ building blocks
    def dense(p, n, x):
        return x @ p[n + ".w"] + p[n + ".b"]

    def cross_entropy(logits, labels):
        hot = jax.nn.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
        return -jnp.mean(jnp.sum(hot * jax.nn.log_softmax(logits), axis=-1))

    def batch_norm(p, buf, new_buf, n, x, axes, shape):
        count = x.size // x.shape[1 if len(x.shape) == 4 and not nhwc else -1]
        mean = jnp.mean(x, axes)
        var = jnp.maximum(jnp.mean(jnp.square(x), axes) - jnp.square(mean), 0.0)
        m, v = lax.stop_gradient((mean, var))
        new_buf[n + ".mean"] = 0.9 * buf[n + ".mean"] + 0.1 * m
        new_buf[n + ".var"] = 0.9 * buf[n + ".var"] + 0.1 * v * (count / (count - 1))
        scale = p[n + ".g"] * lax.rsqrt(var + 1e-5)
        return (x - mean.reshape(shape)) * scale.reshape(shape) + p[n + ".b"].reshape(shape)

    def conv(x, weight, stride=1, pad=0):
        dims = ("NHWC", "HWIO", "NHWC") if nhwc else ("NCHW", "OIHW", "NCHW")
        return lax.conv_general_dilated(x, weight, (stride, stride), [(pad, pad)] * 2, dimension_numbers=dims)

    channel = (1, 1, 1, -1) if nhwc else (1, -1, 1, 1)
    bn_axes = (0, 1, 2) if nhwc else (0, 2, 3)

    # ------------------------------------------------------------ models: loss, new buffers
    def mlp(p, buf, key, x, y):
        last = len(MLP_SIZES[name]) - 2
        act = jnp.tanh if name == "digits" else jax.nn.relu
        for i in range(last):
            x = act(dense(p, f"fc{i}", x))
        x = dense(p, f"fc{last}", x)
        if name == "autoencoder":
            return jnp.mean(jnp.square(jax.nn.sigmoid(x) - y)), {}
        return cross_entropy(x, y), {}

    def mlp_bn_dropout(p, buf, key, x, y):
        new = {}
        for i in range(2):
            key, sub = jax.random.split(key)
            x = jax.nn.relu(batch_norm(p, buf, new, f"bn{i}", dense(p, f"fc{i}", x), 0, (1, -1)))
            x = jnp.where(jax.random.bernoulli(sub, 0.8, x.shape), x / 0.8, 0.0)
        return cross_entropy(dense(p, "fc2", x), y), new

    def lenet(p, buf, key, x, y):
        window = (1, 2, 2, 1) if nhwc else (1, 1, 2, 2)
        for i, pad in enumerate((2, 0)):
            x = jax.nn.relu(conv(x, p[f"conv{i}.w"], pad=pad) + p[f"conv{i}.b"].reshape(channel))
            if "reshapepool" in options:
                n, a, b, c = x.shape
                x = x.reshape((n, a // 2, 2, b // 2, 2, c)).max((2, 4)) if nhwc else \
                    x.reshape((n, a, b // 2, 2, c // 2, 2)).max((3, 5))
            else:
                x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
        if nhwc:
            x = x.transpose(0, 3, 1, 2)
        x = x.reshape(x.shape[0], -1)
        x = jax.nn.relu(dense(p, "fc0", x))
        x = jax.nn.relu(dense(p, "fc1", x))
        return cross_entropy(dense(p, "fc2", x), y), {}

    def resnet20(p, buf, key, x, y):
        new = {}

        def conv_bn(n, x, stride=1, pad=1):
            return batch_norm(p, buf, new, n, conv(x, p[n + ".w"], stride, pad), bn_axes, channel)

        x = jax.nn.relu(conv_bn("stem", x))
        for n, cin, cout, stride in resnet_plan():
            h = jax.nn.relu(conv_bn(n + ".c0", x, stride))
            h = conv_bn(n + ".c1", h)
            x = jax.nn.relu(h + (conv_bn(n + ".sc", x, stride, 0) if stride != 1 else x))
        return cross_entropy(dense(p, "fc0", jnp.mean(x, (1, 2) if nhwc else (2, 3))), y), new

    def lstm(p, buf, key, x, y):
        b, hidden = x.shape[0], LSTM["hidden"]
        xs = jnp.swapaxes(x, 0, 1) @ p["wx"] + p["b"]          # all time steps at once

        def cell(carry, gx):
            h, c = carry
            i, f, g, o = jnp.split(gx + h @ p["wh"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zero = jnp.zeros((b, hidden), x.dtype)
        (h, _), _ = lax.scan(cell, (zero, zero), xs, unroll=unroll)
        return cross_entropy(dense(p, "fc0", h), y), {}

    def gpt(p, buf, key, x, y):
        b, t = x.shape
        d, heads = GPT["d"], GPT["heads"]
        dh = d // heads
        mask = jnp.tril(jnp.ones((t, t), bool))

        def norm(n, x):
            mean = jnp.mean(x, -1, keepdims=True)
            var = jnp.mean(jnp.square(x - mean), -1, keepdims=True)
            return (x - mean) * lax.rsqrt(var + 1e-5) * p[n + ".g"] + p[n + ".b"]

        h = p["tok"][x] + p["pos"]
        for i in range(GPT["layers"]):
            n = f"h{i}."
            q, k, v = (u.reshape(b, t, heads, dh) for u in jnp.split(dense(p, n + "qkv", norm(n + "ln0", h)), 3, -1))
            s = jnp.einsum("bqhd,bkhd->bhqk", q, k) * (dh ** -0.5)
            a = jax.nn.softmax(jnp.where(mask, s, -jnp.inf), axis=-1)
            o = jnp.einsum("bhqk,bkhd->bqhd", a, v).reshape(b, t, d)
            h = h + dense(p, n + "proj", o)
            u = jax.nn.gelu(dense(p, n + "up", norm(n + "ln1", h)), approximate=True)
            h = h + dense(p, n + "down", u)
        return cross_entropy(dense(p, "head", norm("lnf", h)), y), {}

    loss_fn = {"mlp_bn_dropout": mlp_bn_dropout, "lenet": lenet, "resnet20": resnet20,
               "lstm": lstm, "gpt": gpt}.get(name, mlp)

    # ------------------------------------------------------------ optimizer
    opt = w.opt

    def update(p, s, g, t):
        tm = jax.tree.map
        if opt["kind"] == "sgd":
            if opt["wd"]:
                g = tm(lambda gi, pi: gi + opt["wd"] * pi, g, p)
            if opt["momentum"]:
                g = s = tm(lambda vi, gi: opt["momentum"] * vi + gi, s, g)
            return tm(lambda pi, gi: pi - opt["lr"] * gi, p, g), s
        b1, b2, lr = opt["b1"], opt["b2"], opt["lr"]
        m = tm(lambda mi, gi: b1 * mi + (1 - b1) * gi, s["m"], g)
        v = tm(lambda vi, gi: b2 * vi + (1 - b2) * gi * gi, s["v"], g)
        c1, c2 = 1 - b1 ** t, 1 - b2 ** t
        new = tm(lambda pi, mi, vi: pi * (1 - lr * opt["wd"]) - (lr / c1) * mi / (jnp.sqrt(vi / c2) + opt["eps"]), p, m, v)
        return new, {"m": m, "v": v}

    def step(state, x, y):
        p, s, buf, key, t = state
        t = t + 1
        key, sub = jax.random.split(key) if name == "mlp_bn_dropout" else (key, key)
        (loss, buf), g = jax.value_and_grad(loss_fn, has_aux=True)(p, buf, sub, x, y)
        p, s = update(p, s, g, t.astype(jnp.float32))
        return (p, s, buf, key, t), loss

    # ------------------------------------------------------------ state and data
    def weight(a):
        return jnp.asarray(a.transpose(2, 3, 1, 0) if nhwc and a.ndim == 4 else a)

    def data(a):
        return jnp.asarray(a.transpose(0, 2, 3, 1) if nhwc and a.ndim == 4 else a)

    p = {k: weight(v) for k, v in w.init().items()}
    zeros = lambda: jax.tree.map(jnp.zeros_like, p)
    s = zeros() if opt.get("momentum") else ({} if opt["kind"] == "sgd" else {"m": zeros(), "v": zeros()})
    state = (p, s, {k: jnp.asarray(v) for k, v in w.buffers().items()}, jax.random.key(0), jnp.int32(0))
    # Two separate arrays even where y is x: the autoencoder's target is data like any other.
    batches = [(data(x), data(y)) for x, y in w.batches()]
    jax.block_until_ready((state, batches))
    jitted = jax.jit(step, donate_argnums=0)

    def run(i):
        nonlocal state
        state, loss = jitted(state, *batches[i % len(batches)])
        return loss

    return run, lambda loss: loss.block_until_ready(), f"jax {jax.__version__}"
