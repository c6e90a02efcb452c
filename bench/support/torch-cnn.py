"""The network of `bowerbird train --method cnn` in PyTorch; answers a line of JSON with one.

Its argument is JSON: files (weights float32, pixels uint8 [steps, batch, side, side, 3], targets float32 [steps, batch], kept float32 [steps, batch, features]), batch, side,
convolutions, hidden, learningRate, mean, std, threads (null: as torch ships), fused (Adam). A turn has steps, and whether it starts anew.
"""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

settings = json.loads(sys.argv[1])
if settings["threads"]:
    torch.set_num_threads(settings["threads"])
batch, side = settings["batch"], settings["side"]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        channels, left = 3, side
        self.convolutions = nn.ModuleList()
        for layer in settings["convolutions"]:
            self.convolutions.append(nn.Conv2d(channels, layer["channels"], layer["kernelPx"]))
            channels, left = layer["channels"], left - layer["kernelPx"] + 1
        self.features = channels * (left // 2) ** 2
        widths = [self.features, *settings["hidden"], 1]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, pictures, kept):
        value = pictures
        for layer in self.convolutions:
            value = nn.functional.leaky_relu(layer(value), 0.1)
        value = nn.functional.max_pool2d(value, 2).flatten(1) * kept
        for i, layer in enumerate(self.dense):
            value = layer(nn.functional.leaky_relu(value, 0.1) if i else value)
        return value[:, 0]


def read(name, kind, *shape):
    return torch.from_numpy(np.fromfile(settings["files"][name], kind).reshape(shape).copy())


network = Network()
pixels = read("pixels", np.uint8, -1, batch, side, side, 3)
targets = read("targets", np.float32, -1, batch)
kept = read("kept", np.float32, -1, batch, network.features)
start = read("weights", np.float32, -1)
mean, std = (torch.tensor(settings[name]).reshape(3, 1, 1) for name in ("mean", "std"))
adam = None


def begin():
    global adam
    at = 0
    with torch.no_grad():
        for values in network.parameters():
            values.copy_(start[at : at + values.numel()].reshape(values.shape))
            at += values.numel()
    adam = torch.optim.Adam(network.parameters(), lr=settings["learningRate"], fused=settings["fused"])


def train(steps):
    losses = []
    cpu_before, started = time.process_time(), time.monotonic()
    for step in range(steps):
        pictures = (pixels[step].permute(0, 3, 1, 2).float() / 255 - mean) / std
        adam.zero_grad()
        loss = nn.functional.mse_loss(network(pictures, kept[step]), targets[step])
        loss.backward()
        adam.step()
        losses.append(loss.detach())
    took = dict(cpuSeconds=time.process_time() - cpu_before, seconds=time.monotonic() - started)
    return dict(took, losses=torch.stack(losses).tolist())


for line in sys.stdin:
    turn = json.loads(line)
    begin()
    print(json.dumps(train(turn["steps"])), flush=True)
