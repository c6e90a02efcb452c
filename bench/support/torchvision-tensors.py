"""Decodes JPEGs by torchvision's own binding of libjpeg-turbo, and where `transform` is set resizes and crops the tensors; both on one thread. A
line of JSON with paths, how many images to make and `transform`; a line comes back: the CPU seconds of this process, or why torchvision cannot
decode here."""

import json
import sys
import time

import torch
import torchvision.transforms.v2.functional as functional
from torchvision.io import decode_jpeg
from torchvision.transforms import InterpolationMode

torch.set_num_threads(1)
SIZE = 224


def bytes_of(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)


def transformed(picture):
    resized = functional.resize(picture, SIZE, interpolation=InterpolationMode.BICUBIC, antialias=True)
    return functional.center_crop(resized, SIZE)


for line in sys.stdin:
    question = json.loads(line)
    files = [bytes_of(path) for path in question["paths"]]
    try:
        decode_jpeg(files[0])
    except RuntimeError as error:
        print(json.dumps(str(error).splitlines()[0]), flush=True)
        continue
    began = time.process_time()
    for i in range(question["images"]):
        picture = decode_jpeg(files[i % len(files)])
        if question["transform"]:
            transformed(picture)
    print(json.dumps(time.process_time() - began), flush=True)
