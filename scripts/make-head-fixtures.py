"""Makes test/heads/fixtures: state dicts saved by torch itself, and what torch says they give.

Run once with Python 3, torch 1.13 and numpy:  python3 scripts/make-head-fixtures.py
The expected scores are float64 arithmetic over the weights as saved, so they hold to the last digits.
"""
import json
import os
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

FOLDER = os.path.join(os.path.dirname(__file__), '..', 'test', 'heads', 'fixtures')
DIMENSION = 12
torch.manual_seed(20260101)


def double(module):
    return module.to(torch.float64)


def expected(module, embeddings):
    with torch.no_grad():
        return double(module)(embeddings.double()).flatten().tolist()


def linear_from(state):
    module = nn.Linear(DIMENSION, 1, dtype=torch.float64)
    module.load_state_dict({name: value.double() for name, value in state.items()})
    return module


def view_state():
    """Both tensors are views on one storage: the weight a strided column, the bias behind an offset."""
    base = torch.randn(DIMENSION + 3, 4)
    return OrderedDict(weight=base[1 : DIMENSION + 1, 2].unsqueeze(0), bias=base[DIMENSION + 2, 1:2])


def main():
    os.makedirs(FOLDER, exist_ok=True)
    embeddings = nn.functional.normalize(torch.randn(5, DIMENSION), dim=1)
    scores = {}

    linear = nn.Linear(DIMENSION, 1)
    torch.save(linear.state_dict(), os.path.join(FOLDER, 'linear.pth'))
    for name, dtype in (('half', torch.float16), ('bfloat16', torch.bfloat16), ('double', torch.float64)):
        state = OrderedDict((key, value.to(dtype) / 3) for key, value in linear.state_dict().items())
        torch.save(state, os.path.join(FOLDER, f'{name}.pth'))
        scores[f'{name}.pth'] = expected(linear_from(state), embeddings)
    scores['linear.pth'] = expected(linear, embeddings)

    views = view_state()
    torch.save(views, os.path.join(FOLDER, 'views.pth'))
    scores['views.pth'] = expected(linear_from(views), embeddings)

    sizes = [DIMENSION, 7, 5, 3]
    for name, between in (('relu', nn.ReLU), ('stack', nn.Identity)):
        parts = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            parts += [nn.Linear(inputs, outputs), between()]
        network = nn.Sequential(*parts, nn.Linear(sizes[-1], 1))
        torch.save(network.state_dict(), os.path.join(FOLDER, f'{name}.pth'))
        scores[f'{name}.pth'] = expected(network, embeddings)

    np.save(os.path.join(FOLDER, 'vector.npy'), linear.double().weight.detach().numpy()[0].astype(np.float32))
    np.save(os.path.join(FOLDER, 'vector.bias.npy'), linear.bias.detach().numpy().astype(np.float32))
    scores['vector.npy'] = scores['linear.pth']

    torch.save(nn.Linear(DIMENSION, 1), os.path.join(FOLDER, 'whole-module.pth'))
    torch.save(linear.float().state_dict(), os.path.join(FOLDER, 'legacy.pth'), _use_new_zipfile_serialization=False)
    with open(os.path.join(FOLDER, 'expected.json'), 'w') as file:
        json.dump({'embeddings': embeddings.tolist(), 'scores': scores}, file, indent=1)
        file.write('\n')


main()
