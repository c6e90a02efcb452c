#!/usr/bin/env python3
"""Writes test/decode/odd: small odd images, and what Pillow and torchvision make of each.

    pip install pillow numpy torch torchvision
    python3 scripts/make-odd-images.py

The transform is open_clip's for evaluation on Pillow images: Resize(224, BICUBIC), CenterCrop(224), convert("RGB").
expected.json holds for each file either Pillow's size, mode and the sha256 of the crop (224 * 224 * 3 bytes, RGB), or
the name of the exception that Pillow raised; for AVIF also the means of 8 x 8 blocks of the crop. test/decode/odd-differences.ts lists where we decide otherwise, and why.
"""
import base64
import hashlib
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from odd_images import avif, bmp, gif, ico, jpeg, other, png, tiff, webp

FOLDER = Path(__file__).resolve().parent.parent / "test" / "decode" / "odd"
SIZE = 224
TRANSFORM = Compose([Resize(SIZE, InterpolationMode.BICUBIC), CenterCrop(SIZE), lambda image: image.convert("RGB")])
MODULES = (jpeg, png, gif, tiff, webp, avif, bmp, ico, other)
# Pillow resizes the whole image before the crop: such strips would need gigabytes. They are for our limits only.
NOT_TRIED = {"png/bomb-1x9000000.png", "tiff/bomb-side.tif"}


def verdict(name, data):
    if name in NOT_TRIED:
        return {"notTried": True}
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
        crop = TRANSFORM(image)
    except Exception as error:  # Pillow raises many kinds; that it raised is the verdict.
        return {"refused": type(error).__name__}
    facts = {
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "sha256": hashlib.sha256(crop.tobytes()).hexdigest(),
    }
    if name.startswith("avif/"):
        facts["blockMeans"] = base64.b64encode(block_means(crop)).decode()
    return facts


def block_means(crop):
    """The mean of each of 8 x 8 blocks, rounded: for images that are close and not equal."""
    blocks = np.asarray(crop).reshape(8, SIZE // 8, 8, SIZE // 8, 3)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8).tobytes()


def main():
    warnings.simplefilter("ignore")
    images = {}
    for module in MODULES:
        room = module.__name__.rpartition(".")[2]
        folder = FOLDER / room
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, data in module.files():
            (folder / name).write_bytes(data)
            images[f"{room}/{name}"] = verdict(f"{room}/{name}", data)
    made_with = f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}, Python {sys.version.split()[0]}"
    text = json.dumps({"madeWith": made_with, "size": SIZE, "images": images}, indent=2)
    (FOLDER / "expected.json").write_text(text + "\n")


main()
