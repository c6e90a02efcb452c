"""Decodes and transforms JPEGs as open_clip does: Pillow, Resize, CenterCrop. A line of JSON with paths and how many images to
make, one after the other; a line with the CPU seconds of this process comes back. The first answer says that it is ready."""

import io
import json
import sys
import time

import torch
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

torch.set_num_threads(1)
SIZE = 224
transform = Compose([Resize(SIZE, interpolation=InterpolationMode.BICUBIC), CenterCrop(SIZE)])

for line in sys.stdin:
    question = json.loads(line)
    files = []
    for path in question["paths"]:
        with open(path, "rb") as file:
            files.append(file.read())
    began = time.process_time()
    for i in range(question["images"]):
        transform(Image.open(io.BytesIO(files[i % len(files)]))).convert("RGB").tobytes()
    print(json.dumps(time.process_time() - began), flush=True)
