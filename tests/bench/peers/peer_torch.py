# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch on CPU: eager (--peer torch) and torch.compile (--peer torchc).

Variants for both (joined with '+'):
  cl         channels_last convolutions
  foreach    foreach optimizer (the default is the fused one)
  cellloop   lstm as a Python loop over cells in place of nn.LSTM's kernel
  sdpa       scaled_dot_product_attention in place of explicit softmax attention
Variants of torch.compile:
  (default)  forward and backward compiled, fused optimizer called eagerly
  opt        the optimizer step is compiled as well, as a second graph
  whole      one graph for forward, backward and update: torch.func.grad_and_value and
             hand-written updates in place
  cpp        Inductor's C++ wrapper in place of its Python wrapper
  cold       ignore compile caches, so that first_call_s is a cold compile

bn running statistics: eager uses F.batch_norm; 'whole' writes the same formulas out, as
torch.func.grad does not let a captured buffer change.

torch.compile of lstm needs 'cellloop': torch 2.15's Inductor fails on the fused kernel in
training (alignment check on a tuple, then a None among the tensors saved for backward).
"""
import os

from suite import GPT, LSTM, MLP_SIZES, WORKLOADS, resnet_plan

VARIANTS = {
    "torch": {"lenet": ["", "cl"], "resnet20": ["", "cl"], "lstm": ["", "cellloop"], "gpt": ["", "sdpa"]},
    "torchc": {"lenet": ["", "whole", "whole+cl"], "resnet20": ["", "cl", "whole+cl"],
               "lstm": ["cellloop"], "gpt": ["", "sdpa", "whole", "whole+sdpa"]},
}
DEFAULT_VARIANTS = {"torch": [""], "torchc": ["", "whole"]}


def setup(threads, options):
    if "cold" in options:
        import tempfile
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp(prefix="inductor-")
        os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(threads)


def build(name, threads, options):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)           # XLA does it too; dead units' momentum decays to denormals
    torch.manual_seed(0)
    w = WORKLOADS[name]
    whole, compiled = "whole" in options, "compile" in options

    # ------------------------------------------------------------ building blocks
    def dense(p, n, x):
        return F.linear(x, p[n + ".w"], p[n + ".b"])      # weights are kept (out, in), as nn.Linear has them

    def cross_entropy(logits, y):
        return F.cross_entropy(logits, y)

    def batch_norm(p, buf, new, n, x):
        if not whole:
            return F.batch_norm(x, buf[n + ".mean"], buf[n + ".var"], p[n + ".g"], p[n + ".b"], True, 0.1, 1e-5)
        dims, shape = ((0, 2, 3), (1, -1, 1, 1)) if x.ndim == 4 else ((0,), (1, -1))
        var, mean = torch.var_mean(x, dims, correction=0)
        count = x.numel() // x.shape[1]
        new[n + ".mean"] = 0.9 * buf[n + ".mean"] + 0.1 * mean.detach()
        new[n + ".var"] = 0.9 * buf[n + ".var"] + 0.1 * (count / (count - 1)) * var.detach()
        scale = p[n + ".g"] * torch.rsqrt(var + 1e-5)
        return (x - mean.view(shape)) * scale.view(shape) + p[n + ".b"].view(shape)

    # ------------------------------------------------------------ models: loss, new buffers
    def mlp(p, buf, x, y):
        last = len(MLP_SIZES[name]) - 2
        act = torch.tanh if name == "digits" else F.relu
        for i in range(last):
            x = act(dense(p, f"fc{i}", x))
        x = dense(p, f"fc{last}", x)
        if name == "autoencoder":
            return F.mse_loss(torch.sigmoid(x), y), {}
        return cross_entropy(x, y), {}

    def mlp_bn_dropout(p, buf, x, y):
        new = {}
        for i in range(2):
            x = F.dropout(F.relu(batch_norm(p, buf, new, f"bn{i}", dense(p, f"fc{i}", x))), 0.2, True)
        return cross_entropy(dense(p, "fc2", x), y), new

    def lenet(p, buf, x, y):
        for i, pad in enumerate((2, 0)):
            x = F.max_pool2d(F.relu(F.conv2d(x, p[f"conv{i}.w"], p[f"conv{i}.b"], padding=pad)), 2)
        x = x.flatten(1)
        x = F.relu(dense(p, "fc0", x))
        x = F.relu(dense(p, "fc1", x))
        return cross_entropy(dense(p, "fc2", x), y), {}

    def resnet20(p, buf, x, y):
        new = {}

        def conv_bn(n, x, stride=1, pad=1):
            return batch_norm(p, buf, new, n, F.conv2d(x, p[n + ".w"], None, stride, pad))

        x = F.relu(conv_bn("stem", x))
        for n, cin, cout, stride in resnet_plan():
            h = F.relu(conv_bn(n + ".c0", x, stride))
            h = conv_bn(n + ".c1", h)
            x = F.relu(h + (conv_bn(n + ".sc", x, stride, 0) if stride != 1 else x))
        return cross_entropy(dense(p, "fc0", x.mean((2, 3))), y), new

    def lstm(p, buf, x, y):
        hidden = LSTM["hidden"]
        zero = x.new_zeros(x.shape[0], hidden)
        if "cellloop" in options:
            h = c = zero
            gates = F.linear(x, p["wx"], p["b"]).unbind(1)
            for gx in gates:
                i, f, g, o = (gx + F.linear(h, p["wh"])).chunk(4, 1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
        else:
            # nn.LSTM's kernel wants a second bias: one that stays zero
            flat = [p["wx"], p["wh"], p["b"], torch.zeros_like(p["b"])]
            state = (zero.unsqueeze(0), zero.unsqueeze(0))
            _, h, _ = torch._VF.lstm(x, state, flat, True, 1, 0.0, True, False, True)
            h = h[0]
        return cross_entropy(dense(p, "fc0", h), y), {}

    def gpt(p, buf, x, y):
        b, t = x.shape
        d, heads = GPT["d"], GPT["heads"]
        dh = d // heads

        def norm(n, x):
            return F.layer_norm(x, (d,), p[n + ".g"], p[n + ".b"], 1e-5)

        h = F.embedding(x, p["tok"]) + p["pos"]
        for i in range(GPT["layers"]):
            n = f"h{i}."
            q, k, v = (u.view(b, t, heads, dh).transpose(1, 2) for u in dense(p, n + "qkv", norm(n + "ln0", h)).split(d, 2))
            if "sdpa" in options:
                o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            else:
                s = (q @ k.transpose(2, 3)) * (dh ** -0.5)
                o = s.masked_fill(mask, float("-inf")).softmax(-1) @ v
            h = h + dense(p, n + "proj", o.transpose(1, 2).reshape(b, t, d))
            h = h + dense(p, n + "down", F.gelu(dense(p, n + "up", norm(n + "ln1", h)), approximate="tanh"))
        logits = dense(p, "head", norm("lnf", h))
        return cross_entropy(logits.view(b * t, -1), y.reshape(-1)), {}

    mask = torch.triu(torch.ones(GPT["context"], GPT["context"], dtype=torch.bool), 1)
    loss_fn = {"mlp_bn_dropout": mlp_bn_dropout, "lenet": lenet, "resnet20": resnet20,
               "lstm": lstm, "gpt": gpt}.get(name, mlp)

    # ------------------------------------------------------------ state and data
    fmt = torch.channels_last if "cl" in options else torch.contiguous_format

    def tensor(key, a):
        dense_weight = a.ndim == 2 and key not in ("tok", "pos")
        t = torch.tensor(a.T.copy() if dense_weight else a)
        return t.contiguous(memory_format=fmt) if t.ndim == 4 else t

    def data(a):
        t = torch.tensor(a)
        if t.dtype == torch.int32:
            t = t.long()
        return t.contiguous(memory_format=fmt) if t.ndim == 4 else t

    p = {k: tensor(k, a).requires_grad_(not whole) for k, a in w.init().items()}
    buf = {k: torch.tensor(a) for k, a in w.buffers().items()}
    batches = [(data(x), data(y)) for x, y in w.batches()]
    o = w.opt
    if compiled:
        import torch._dynamo
        import torch._inductor.config
        torch._dynamo.config.allow_rnn = True
        if "cpp" in options:
            torch._inductor.config.cpp_wrapper = True

    # ------------------------------------------------------------ the step
    if whole:
        zeros = lambda: {k: torch.zeros_like(v) for k, v in p.items()}
        m = zeros() if o.get("momentum") or o["kind"] != "sgd" else {}
        v = zeros() if o["kind"] != "sgd" else {}
        count = torch.zeros(())

        def train_step(p, buf, m, v, count, x, y):
            g, (loss, new) = torch.func.grad(lambda q: (lambda r: (r[0], (r[0].detach(), r[1])))(loss_fn(q, buf, x, y)),
                                             has_aux=True)(p)
            with torch.no_grad():
                for k, t in new.items():
                    buf[k].copy_(t)
                if o["kind"] != "sgd":
                    count.add_(1)
                    c1, c2 = 1 - o["b1"] ** count, 1 - o["b2"] ** count
                for k, q in p.items():
                    d = g[k]
                    if o["kind"] == "sgd":
                        if o["wd"]:
                            d = d + o["wd"] * q
                        if o["momentum"]:
                            d = m[k].mul_(o["momentum"]).add_(d)
                        q.sub_(o["lr"] * d)
                    else:
                        m[k].mul_(o["b1"]).add_((1 - o["b1"]) * d)
                        v[k].mul_(o["b2"]).add_((1 - o["b2"]) * d * d)
                        q.copy_(q * (1 - o["lr"] * o["wd"]) - (o["lr"] / c1) * m[k] / ((v[k] / c2).sqrt() + o["eps"]))
            return loss

        step = torch.compile(train_step, fullgraph=True, dynamic=False)

        def run(i):
            return step(p, buf, m, v, count, *batches[i % len(batches)])
    else:
        kw = dict(foreach=True) if "foreach" in options or "opt" in options else dict(fused=True)
        values = list(p.values())
        if o["kind"] == "sgd":
            opt = torch.optim.SGD(values, lr=o["lr"], momentum=o["momentum"], weight_decay=o["wd"], **kw)
        else:
            make = torch.optim.AdamW if o["kind"] == "adamw" else torch.optim.Adam
            if "opt" in options:
                kw["capturable"] = False
            opt = make(values, lr=torch.tensor(o["lr"]) if "opt" in options else o["lr"],
                       betas=(o["b1"], o["b2"]), eps=o["eps"], weight_decay=o["wd"], **kw)
        fn, update = (lambda x, y: loss_fn(p, buf, x, y)[0]), opt.step
        if compiled:
            fn = torch.compile(fn, dynamic=False)
            if "opt" in options:
                @torch.compile(dynamic=False)
                def update():
                    opt.step()

        def run(i):
            loss = fn(*batches[i % len(batches)])
            loss.backward()
            update()
            opt.zero_grad(set_to_none=True)
            return loss.detach()

    return run, lambda loss: loss, f"torch {torch.__version__.split('+')[0]}"
