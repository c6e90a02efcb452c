#!/usr/bin/env python3
"""Writes test/learn/fixtures/torch.json: loss curves of networks on pairs and on weighed values, and the gradient of a pair, by PyTorch. Needs numpy and torch:

    python3 scripts/make-training-fixtures.py

Members begin with the same weights, meet the same pairs in the same order and leave out the same inputs as those of `bowerbird train`: the numbers are
drawn by the generator of src/learn/random.ts, written again in seeded_bits.py. Losses, gradients and AdamW are torch's, in float32; the gradient of the pair is
float64. The loss of a quantile, which torch has not, is max(q (target - score), (q - 1)(target - score)).
"""
import json
import math
from pathlib import Path

import numpy as np
import torch

from seeded_bits import random_bits, shuffled, uniform

OUTPUT = Path(__file__).resolve().parent.parent / "test" / "learn" / "fixtures" / "torch.json"
DIMENSION, HIDDEN, SAMPLES, MEMBERS = 12, 8, 24, 3
OPTIONS = dict(hidden=HIDDEN, dropout=0.25, batch=4, epochs=6, evaluateEvery=10, seed=7, learningRate=1e-2, weightDecay=0.2)


def begin(bits, dimension, hidden, dtype=torch.float32):
    def draw(inputs, *shape):
        values = [(2 * uniform(bits) - 1) / math.sqrt(inputs) for _ in range(math.prod(shape))]
        # float32 first, as they are stored.
        return torch.tensor(np.float32(values).reshape(shape), dtype=dtype, requires_grad=True)

    return [draw(dimension, hidden, dimension), draw(dimension, hidden), draw(hidden, 1, hidden)]


def score(weights, rows):
    first, bias, last = weights
    return torch.nn.functional.linear(torch.nn.functional.silu(torch.nn.functional.linear(rows, first, bias)), last)[:, 0]


def pair_losses(weights, rows, targets):
    scores = score(weights, rows).reshape(-1, 2)
    return torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0] - scores[:, 1], targets, reduction="none")


VALUE_LOSSES = {
    "mse": lambda scores, targets: torch.nn.functional.mse_loss(scores, targets, reduction="none") / 2,
    "huber": lambda scores, targets: torch.nn.functional.huber_loss(scores, targets, reduction="none"),
    "0.5": lambda scores, targets: pinball(scores, targets, 0.5),
    "0.9": lambda scores, targets: pinball(scores, targets, 0.9),
}


def pinball(scores, targets, quantile):
    error = targets - scores
    return torch.maximum(quantile * error, (quantile - 1) * error)


def gather(rows, pairs):
    return rows[torch.tensor([[pair["first"], pair["second"]] for pair in pairs]).reshape(-1)]


def targets_of(pairs):
    return torch.tensor([pair["target"] for pair in pairs])


def train(rows, training, validation, member):
    bits = random_bits(f"bowerbird member {OPTIONS['seed']} {member}")
    weights = begin(bits, DIMENSION, HIDDEN)
    adam = torch.optim.AdamW(weights, lr=OPTIONS["learningRate"], weight_decay=OPTIONS["weightDecay"])
    curve, losses, step = [], [], 0

    def look():
        with torch.no_grad():
            held_out = float(pair_losses(weights, gather(rows, validation), targets_of(validation)).mean())
        curve.append([step, float(np.mean(losses)) if losses else None, held_out])
        losses.clear()

    look()
    keep = 1 - OPTIONS["dropout"]
    for _ in range(OPTIONS["epochs"]):
        order = shuffled(len(training), bits)
        for at in range(0, len(order), OPTIONS["batch"]):
            pairs = [training[i] for i in order[at:at + OPTIONS["batch"]]]
            inputs = gather(rows, pairs)
            mask = [0.0 if uniform(bits) < OPTIONS["dropout"] else 1.0 for _ in range(inputs.numel())]
            found = pair_losses(weights, inputs * torch.tensor(mask).reshape(inputs.shape) / keep, targets_of(pairs))
            adam.zero_grad()
            found.mean().backward()
            adam.step()
            losses.extend(found.tolist())
            step += 1
            if step % OPTIONS["evaluateEvery"] == 0:
                look()
    if curve[-1][0] != step:
        look()
    return curve


def gradient():
    weights = begin(random_bits("gradients"), 8, 8, torch.float64)
    bits = random_bits("rows")
    rows = [[round(256 * uniform(bits) - 128) / 64 for _ in range(8)] for _ in range(2)]
    pair_losses(weights, torch.tensor(rows, dtype=torch.float64), torch.tensor([0.95], dtype=torch.float64)).mean().backward()
    return {"rows": rows, **{name: part.grad.flatten().tolist() for name, part in zip(["first", "bias", "last"], weights)}}


def value_course(bits):
    """Values of rows, a few of them far off, and what each counts: 1 on the mean."""
    values = []
    for row in range(SAMPLES):
        value = round(256 * uniform(bits) - 128) / 64
        values.append({"row": row, "target": value * (4 if row % 7 == 0 else 1), "weight": [0.5, 1, 1.5][row % 3]})
    return values


def train_values(rows, values, loss):
    """A network on values without dropout, all in training and held out alike."""
    bits = random_bits(f"bowerbird member {OPTIONS['seed']} 0")
    weights = begin(bits, DIMENSION, HIDDEN)
    adam = torch.optim.AdamW(weights, lr=OPTIONS["learningRate"], weight_decay=OPTIONS["weightDecay"])
    targets = torch.tensor([value["target"] for value in values])
    counts = torch.tensor([value["weight"] for value in values])
    curve = []

    def losses(chosen):
        return counts[chosen] * VALUE_LOSSES[loss](score(weights, rows[chosen]), targets[chosen])

    def look():
        with torch.no_grad():
            curve.append(float(losses(list(range(len(values)))).sum() / counts.sum()))

    look()
    for _ in range(OPTIONS["epochs"]):
        order = shuffled(len(values), bits)
        for at in range(0, len(order), OPTIONS["batch"]):
            adam.zero_grad()
            losses(order[at:at + OPTIONS["batch"]]).mean().backward()
            adam.step()
        look()
    return curve


bits = random_bits("course")
rows = [[round(256 * uniform(bits) - 128) / 64 for _ in range(DIMENSION)] for _ in range(SAMPLES)]


def draw_pairs(count):
    pairs = []
    for _ in range(count):
        first, second = (math.floor(SAMPLES * uniform(bits)) for _ in range(2))
        pairs.append({"first": first, "second": second, "target": [0.95, 0.05, 0.5, 0.99][math.floor(4 * uniform(bits))]})
    return pairs


training, validation = draw_pairs(30), draw_pairs(8)
values = value_course(random_bits("values"))
tensor = torch.tensor(rows, dtype=torch.float32)
content = {
    "torch": torch.__version__,
    "options": OPTIONS,
    "rows": rows,
    "training": training,
    "validation": validation,
    "curves": [train(tensor, training, validation, member) for member in range(MEMBERS)],
    "gradient": gradient(),
    "values": values,
    "valueCurves": {loss: train_values(tensor, values, loss) for loss in VALUE_LOSSES},
}
OUTPUT.parent.mkdir(exist_ok=True)
OUTPUT.write_text(json.dumps(content, separators=(",", ":")) + "\n")
