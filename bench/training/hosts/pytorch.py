"""Trains the layers it is sent with PyTorch, float32 (TF32 off); one line of JSON in, one out."""

import base64
import json
import sys
import time

import numpy
import torch
from torch.nn import functional as F

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def numbers(text, dtype):
    return torch.from_numpy(numpy.frombuffer(base64.b64decode(text), dtype=dtype).copy()).to(DEVICE)


def laid_out(name, weight):
    """Our weights as PyTorch wants them: filters [out, in, height, width], matrices as they are."""
    values = numbers(weight["values"], numpy.float32).reshape(weight["shape"])
    if len(weight["shape"]) == 4:
        values = values.permute(2, 3, 0, 1) if name == "depthwise_kernel" else values.permute(3, 2, 0, 1)
    return values.contiguous().requires_grad_(True)


def normalise(x, gamma, beta, epsilon):
    return F.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)


def convolve(x, kernel, bias, **options):
    """Images are channels last, as a view: PyTorch's fast layout without a copy."""
    return F.conv2d(x.permute(0, 3, 1, 2), kernel, bias, **options).permute(0, 2, 3, 1)


def forward(settings, x, w):
    kind = settings["type"]
    if kind == "dense":
        out = x @ w["kernel"]
        if "bias" in w:
            out = out + w["bias"]
        return F.relu(out) if settings["activation"] == "relu" else out
    if kind == "conv2d":
        return F.relu(convolve(x, w["kernel"], w["bias"], padding="same"))
    if kind == "patchify":
        return convolve(x, w["kernel"], w["bias"], stride=settings["patch"])
    if kind == "max_pooling2d":
        return F.max_pool2d(x.permute(0, 3, 1, 2), settings["pool_size"]).permute(0, 2, 3, 1)
    if kind == "global_average_pooling2d":
        return x.mean((1, 2))
    if kind == "flatten":
        return x.flatten(1)
    if kind == "final_normalization":
        return normalise(x, w["gamma"], w["beta"], settings["epsilon"])
    if kind == "convnext_block":
        y = convolve(x, w["depthwise_kernel"], w["depthwise_bias"], padding=3, groups=x.shape[3])
        y = normalise(y, w["gamma"], w["beta"], 1e-6)
        y = F.gelu(y @ w["expand_kernel"] + w["expand_bias"])
        return x + (y @ w["project_kernel"] + w["project_bias"]) * w["layer_scale"]
    if kind == "token_embedding":
        return w["tokens"][x] + w["positions"][: x.shape[1]]
    if kind == "transformer_block":
        batch, time_steps, width = x.shape
        y = normalise(x, w["attention_gamma"], w["attention_beta"], 1e-5)
        qkv = (y @ w["qkv_kernel"] + w["qkv_bias"]).reshape(batch, time_steps, 3, settings["heads"], -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y.transpose(1, 2).reshape(batch, time_steps, width)
        x = x + y @ w["attention_kernel"] + w["attention_bias"]
        y = normalise(x, w["gamma"], w["beta"], 1e-5)
        y = F.gelu(y @ w["expand_kernel"] + w["expand_bias"])
        return x + y @ w["project_kernel"] + w["project_bias"]
    raise ValueError(f"The PyTorch benchmark does not know layers of the type {kind}.")


class Trainee:
    def __init__(self, message):
        self.shape = message["shape"]
        self.tokens = message["tokens"]
        self.layers = [
            (layer["settings"], {name: laid_out(name, weight) for name, weight in layer["weights"].items()})
            for layer in message["layers"]
        ]
        adam = message["adam"]
        self.optimizer = torch.optim.Adam(
            [weight for _, weights in self.layers for weight in weights.values()],
            lr=adam["learning_rate"],
            betas=(adam["beta1"], adam["beta2"]),
            eps=adam["epsilon"],
        )

    def step(self, message):
        x = numbers(message["inputs"], numpy.float32).reshape(self.shape)
        targets = numbers(message["targets"], numpy.int32).long()
        if self.tokens:
            x = x.long()
        started = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        for settings, weights in self.layers:
            x = forward(settings, x, weights)
        loss = F.cross_entropy(x.reshape(targets.shape[0], -1), targets)
        loss.backward()
        self.optimizer.step()
        queued = time.perf_counter()
        value = loss.item()
        ended = time.perf_counter()
        return {
            "loss": value,
            "ms": 1000 * (ended - started),
            "js_ms": 1000 * (queued - started) if DEVICE == "cuda" else 0,
            "dispatches": 0,
            "peak_bytes": torch.cuda.max_memory_allocated() if DEVICE == "cuda" else 0,
        }


class Product:
    def __init__(self, message):
        side = message["side"]
        self.a, self.b = [numbers(factor, numpy.float32).reshape(side, side) for factor in message["factors"]]

    def step(self, _message):
        started = time.perf_counter()
        value = (self.a @ self.b)[0, 0].item()
        return {"loss": value, "ms": 1000 * (time.perf_counter() - started), "js_ms": 0, "dispatches": 0, "peak_bytes": 0}


trainee = None
for line in sys.stdin:
    try:
        message = json.loads(line)
        if message["type"].startswith("prepare"):
            trainee = Trainee(message) if message["type"] == "prepare" else Product(message)
            answer = {"type": "ready", "adapter": DEVICE}
        else:
            answer = {"type": "stepped", "report": trainee.step(message)}
    except Exception as error:  # The other side prints what went wrong, and goes on without this engine.
        answer = {"type": "failed", "message": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
