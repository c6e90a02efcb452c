"""The ensemble of `bowerbird train --method bradley-terry` in PyTorch, all members side by side in batched products; answers a line of JSON with one.

Its argument is JSON: rows (a file, float32 [count, dimension]), dimension, members, threads (null: as torch ships), dropout, learningRate, weightDecay.
A turn has first, bias, last (files with the weights that members begin with, float32), pairs (a file, int32 [members, steps * batch, 2], in the order in
which they are met), targets (a file, float32 [members, steps * batch]), batch and hidden; a step that is over is not kept. AdamW is torch's fused one.
"""
import json
import sys
import time

import numpy as np
import torch

settings = json.loads(sys.argv[1])
members, dimension = settings["members"], settings["dimension"]
if settings["threads"]:
    torch.set_num_threads(settings["threads"])
rows = torch.from_numpy(np.fromfile(settings["rows"], np.float32).reshape(-1, dimension))


def read(path, kind, *shape):
    return torch.from_numpy(np.fromfile(path, kind).reshape(shape).copy())


def train(turn):
    batch, hidden = turn["batch"], turn["hidden"]
    first = read(turn["first"], np.float32, members, hidden, dimension).requires_grad_()
    bias = read(turn["bias"], np.float32, members, 1, hidden).requires_grad_()
    last = read(turn["last"], np.float32, members, hidden, 1).requires_grad_()
    pairs = read(turn["pairs"], np.int32, members, -1, 2).long()
    targets = read(turn["targets"], np.float32, members, -1)
    adam = torch.optim.AdamW([first, bias, last], lr=settings["learningRate"], weight_decay=settings["weightDecay"], fused=True)
    losses = []
    cpu_before, started = time.process_time(), time.monotonic()
    for at in range(0, pairs.shape[1], batch):
        chosen = rows[pairs[:, at:at + batch].reshape(members, -1)]
        inputs = torch.nn.functional.dropout(chosen, settings["dropout"])
        scores = torch.bmm(torch.nn.functional.silu(torch.baddbmm(bias, inputs, first.transpose(1, 2))), last).reshape(members, -1, 2)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            scores[:, :, 0] - scores[:, :, 1], targets[:, at:at + batch], reduction="none").mean(1)
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
        losses.append(loss.detach().mean())
    return {"cpuSeconds": time.process_time() - cpu_before, "seconds": time.monotonic() - started, "meanLoss": float(torch.stack(losses).mean())}


for line in sys.stdin:
    print(json.dumps(train(json.loads(line))), flush=True)
