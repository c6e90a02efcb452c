#!/usr/bin/env python3
"""Golden rows: what a model's own library gives for bowerbird's golden pictures (docs/models.md).

    python3 scripts/make-golden.py transformers openai/clip-vit-large-patch14 golden.json
    python3 scripts/make-golden.py open_clip hf-hub:laion/CLIP-ViT-H-14-laion2B-s32B-b79K golden.json

Needs torch, numpy and Pillow, and the library. For a model of another one: `pictures(size)` gives the pictures, to be prepared and
run as its documentation says, and `save(path, rows, source)` writes what came of them.
"""
import base64
import json
import sys

import numpy as np
import torch
from PIL import Image


def pictures(size):
    """The same as src/check/golden-pictures.ts, to the last bit."""
    wide, tall, small = 5 * size // 8, size + size // 4 + 1, size // 8 + 1
    sizes = [(size, size), (3 * wide, 2 * wide), (tall, 2 * tall), (4 * small, 3 * small)]
    return [Image.fromarray(draw(number, *sides)) for number, sides in enumerate(sizes)]


def draw(number, width, height):
    y, x, channel = np.mgrid[0:height, 0:width, 0:3].astype(np.int64)
    across, down = 256 * x // width, 256 * y // height
    disc = (across - 80 - 24 * number) ** 2 + (down - 128) ** 2 < 60**2
    light = ((3 - channel) * across + (channel + 1) * down) // 4
    stripes = np.where((x + 2 * y + 5 * number) % 11 < 3, 40, 0)
    seed = 7919 * x + 104729 * y + 1299709 * channel + 15485863 * number + 1
    noise = ((seed % 2**32 * 2654435761) % 2**32 >> 27) - 16
    return np.clip(light + disc * np.array([90, -30, -80]) + stripes + noise, 0, 255).astype(np.uint8)


def save(path, rows, source):
    """`rows`: float32, [4, dimension]."""
    rows = np.ascontiguousarray(rows, dtype="<f4")
    texts = [base64.b64encode(row.tobytes()).decode() for row in rows]
    with open(path, "w") as file:
        json.dump({"pictures": 1, "rows": texts, "source": source}, file, indent=1)
        file.write("\n")


def of_transformers(name):
    """The image part of CLIP, SigLIP and DINOv2, or of an image classifier. Their processors work with Pillow, as they were trained."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(name)
    architecture = getattr(transformers, config.architectures[0])
    model = architecture.from_pretrained(name).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(name, backend="pil")
    size = processor.crop_size if getattr(processor, "do_center_crop", False) else processor.size
    pixels = processor(pictures(size["height"]), return_tensors="pt").pixel_values
    return rows_of(model, pixels), f"transformers {transformers.__version__}"


def rows_of(model, pixels):
    if hasattr(model, "get_image_features"):
        features = model.get_image_features(pixels)
        return getattr(features, "pooler_output", features)
    output = model(pixels)
    for name in ("image_embeds", "logits", "pooler_output"):
        if getattr(output, name, None) is not None:
            return getattr(output, name)
    raise SystemExit("This model gives neither embeddings nor logits; make the rows yourself.")


def of_open_clip(name):
    import open_clip

    model, _, preprocess = open_clip.create_model_and_transforms(name)
    size = model.visual.image_size
    images = pictures(size if isinstance(size, int) else size[0])
    pixels = torch.stack([preprocess(image) for image in images])
    return model.eval().encode_image(pixels), f"open_clip {open_clip.__version__}"


def main():
    library, name, path = sys.argv[1:]
    with torch.no_grad():
        rows, source = {"transformers": of_transformers, "open_clip": of_open_clip}[library](name)
    save(path, rows.float().numpy(), f"{source}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
