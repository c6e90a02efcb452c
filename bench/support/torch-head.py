"""A head in PyTorch on one thread; answers a line of JSON with one.

Its argument is JSON: head (a .safetensors file whose tensors are layers.N.weight and layers.N.bias, float32), between ("relu", "silu"), rows (a file, float32
[count, dimension]). A turn has dtype ("float32", "float64") and batch: rows go through the layers in batches of so many, already in that dtype.
"""
import json
import struct
import sys
import time

import numpy as np
import torch

settings = json.loads(sys.argv[1])
torch.set_num_threads(1)
with open(settings["head"], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header, body = json.loads(file.read(length)), file.read()


def tensor(name):
    start, end = header[name]["data_offsets"]
    return torch.from_numpy(np.frombuffer(body[start:end], np.float32).reshape(header[name]["shape"]).copy())


count = sum(name.endswith(".weight") for name in header)
layers = [(tensor(f"layers.{i}.weight"), tensor(f"layers.{i}.bias")) for i in range(count)]
between = {"relu": torch.relu, "silu": torch.nn.functional.silu}[settings["between"]]
all_rows = torch.from_numpy(np.fromfile(settings["rows"], np.float32).reshape(-1, layers[0][0].shape[1]))


def score(turn):
    dtype = getattr(torch, turn["dtype"])
    typed = [(weight.to(dtype), bias.to(dtype)) for weight, bias in layers]
    batches = all_rows.to(dtype).split(turn["batch"])
    scores = []
    started = time.process_time()
    for values in batches:
        for i, (weight, bias) in enumerate(typed):
            values = torch.nn.functional.linear(values, weight, bias)
            if i < count - 1:
                values = between(values)
        scores.append(values)
    seconds = time.process_time() - started
    return {"cpuSeconds": seconds, "scores": torch.cat(scores).flatten()[:64].tolist()}


with torch.inference_mode():
    for line in sys.stdin:
        print(json.dumps(score(json.loads(line))), flush=True)
