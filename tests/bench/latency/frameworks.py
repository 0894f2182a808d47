# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The network of latency.c, exactly, in PyTorch (eager) and JAX (compiled), one row at a time on one thread."""
import os
import time

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
import torch

CALLS = 3000


def report(name, call):
    for _ in range(200):
        call()
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    print(f"{name:<34} median {times[CALLS // 2]:8.2f} us, 99 % below {times[CALLS // 100 * 99]:8.2f} us")


def of_torch():
    torch.set_num_threads(1)
    mean, scale = torch.zeros(64), torch.ones(64)
    net = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.Tanh(), torch.nn.Linear(100, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.rand(1, 64) * 15, torch.tensor([3])

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net((x - mean) / scale), y).backward()
        optimizer.step()

    def predict():
        with torch.inference_mode():
            torch.softmax(net((x - mean) / scale), 1)

    report("PyTorch: step", step)
    report("PyTorch: predict", predict)


def of_jax():
    rng = np.random.default_rng(1)
    params = [jnp.asarray(rng.normal(0, 0.1, s), jnp.float32) for s in ((64, 100), (100,), (100, 10), (10,))]
    mean, scale = jnp.zeros(64), jnp.ones(64)

    def logits(p, x):
        return jnp.tanh((x - mean) / scale @ p[0] + p[1]) @ p[2] + p[3]

    def loss(p, x, y):
        return -jnp.mean(jax.nn.log_softmax(logits(p, x))[jnp.arange(1), y])

    step = jax.jit(lambda p, x, y: [w - 0.1 * g for w, g in zip(p, jax.grad(loss)(p, x, y))], donate_argnums=0)
    predict = jax.jit(lambda p, x: jax.nn.softmax(logits(p, x)))
    x, y = jnp.asarray(rng.random((1, 64)) * 15, jnp.float32), jnp.asarray([3])

    def train():
        nonlocal params
        params = step(params, x, y)
        params[0].block_until_ready()

    report("JAX: step", train)
    report("JAX: predict", lambda: predict(params, x).block_until_ready())


of_torch()
of_jax()
