#!/usr/bin/env python3
"""Writes test/cnn/fixtures/torch.json: gradients of a small network on pixels, and its losses and weights along a training, by PyTorch. Needs numpy and torch:

    python3 scripts/make-cnn-fixtures.py

The network begins with the same weights, meets the same pictures in the same order and leaves out the same values as that of `bowerbird train --method cnn`:
the numbers are drawn by the generator of src/learn/random.ts, written again in seeded_bits.py. Layers, losses, gradients and Adam are torch's, in float64.
"""
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from seeded_bits import random_bits, shuffled, uniform

OUTPUT = Path(__file__).resolve().parent.parent / "test" / "cnn" / "fixtures" / "torch.json"
# Sides: 13, 10, 7 (odd: its last line and column are not pooled), 3.
SHAPE = dict(imagePx=13, convolutions=[dict(channels=3, kernelPx=4), dict(channels=2, kernelPx=4)], hidden=[6, 4], dropout=0.25)
FEATURES = 2 * 3 * 3
POSTS, BATCH, EPOCHS, SEED, LEARNING_RATE, QUANTILE = 11, 4, 4, 7, 3e-3, 0.8
SCALE = dict(mean=[0.4, 0.5, 0.6], std=[0.2, 0.3, 0.25])

torch.set_default_dtype(torch.float64)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        channels, side = 3, SHAPE["imagePx"]
        self.convolutions = nn.ModuleList()
        for layer in SHAPE["convolutions"]:
            self.convolutions.append(nn.Conv2d(channels, layer["channels"], layer["kernelPx"]))
            channels = layer["channels"]
        widths = [FEATURES, *SHAPE["hidden"], 1]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        bits = random_bits(f"bowerbird cnn start {SEED}")
        with torch.no_grad():
            for layer in [*self.convolutions, *self.dense]:
                fan_in = layer.weight[0].numel()
                for values in (layer.weight, layer.bias):
                    drawn = [(2 * uniform(bits) - 1) / math.sqrt(fan_in) for _ in range(values.numel())]
                    values.copy_(torch.tensor(np.float32(drawn), dtype=torch.float64).reshape(values.shape))

    def forward(self, pictures, kept):
        value = pictures
        for layer in self.convolutions:
            value = nn.functional.leaky_relu(layer(value), 0.1)
        value = nn.functional.max_pool2d(value, 2).flatten(1) * kept
        for i, layer in enumerate(self.dense):
            value = layer(nn.functional.leaky_relu(value, 0.1) if i else value)
        return value[:, 0]


def mask(epoch, step):
    bits = random_bits(f"bowerbird cnn dropout {SEED} {epoch} {step}")
    kept = np.float32(1 / (1 - SHAPE["dropout"]))
    drawn = [0.0 if uniform(bits) < SHAPE["dropout"] else float(kept) for _ in range(BATCH * FEATURES)]
    return torch.tensor(drawn).reshape(BATCH, FEATURES)


def loss_of(name, predicted, targets):
    if name == "mse":
        return nn.functional.mse_loss(predicted, targets)
    if name == "huber":
        return nn.functional.huber_loss(predicted, targets, delta=1.0)
    error = targets - predicted
    return torch.maximum(QUANTILE * error, (QUANTILE - 1) * error).mean()


def main():
    bits = random_bits("pictures of the fixture")
    side = SHAPE["imagePx"]
    pixels = np.array([next(bits) & 255 for _ in range(POSTS * side * side * 3)], np.uint8).reshape(POSTS, side, side, 3)
    # Of a spread beyond 1, so that some errors are.
    targets = torch.tensor(np.float32([4 * uniform(bits) - 2 for _ in range(POSTS)]), dtype=torch.float64)
    scaled = (torch.tensor(pixels, dtype=torch.float64) / 255 - torch.tensor(SCALE["mean"])) / torch.tensor(SCALE["std"])
    pictures = scaled.permute(0, 3, 1, 2)
    found = dict(
        shape=SHAPE, posts=POSTS, batch=BATCH, epochs=EPOCHS, seed=SEED, learningRate=LEARNING_RATE, quantile=QUANTILE, scale=SCALE,
        pixels=pixels.reshape(-1).tolist(), targets=targets.tolist(), gradients={}, losses={}, weights={},
    )
    flat = lambda values: np.concatenate([value.detach().numpy().reshape(-1) for value in values]).tolist()
    for name in ("mse", "huber", "quantile"):
        network = Network()
        optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
        losses = []
        for epoch in range(EPOCHS):
            order = shuffled(POSTS, random_bits(f"bowerbird cnn order {SEED} {epoch}"))
            for step in range(math.ceil(POSTS / BATCH)):
                rows = order[step * BATCH : (step + 1) * BATCH]
                optimizer.zero_grad()
                loss = loss_of(name, network(pictures[rows], mask(epoch, step)[: len(rows)]), targets[rows])
                loss.backward()
                if epoch == 0 and step == 0:
                    found["gradients"][name] = flat(value.grad for value in network.parameters())
                optimizer.step()
                losses.append(loss.item())
        found["losses"][name] = losses
        found["weights"][name] = flat(network.parameters())
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
