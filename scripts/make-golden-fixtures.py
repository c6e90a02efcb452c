#!/usr/bin/env python3
"""Makes test/check/fixtures: what torch gives for the golden pictures with the models of test/models/fixtures, rightly and after
usual mistakes, and small models as torch exports them.

Run once, after make-encoder-fixtures.py, with Python 3, torch 2.13, transformers 5.18, Pillow 12.3, numpy and onnx:

    python3 scripts/make-golden-fixtures.py
"""
import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from transformers import CLIPVisionModelWithProjection, Dinov2Model, SiglipForImageClassification, SiglipModel

SCRIPTS = Path(__file__).resolve().parent
MODELS = SCRIPTS.parent / "test" / "models" / "fixtures"
FOLDER = SCRIPTS.parent / "test" / "check" / "fixtures"
SIZE = 16

spec = importlib.util.spec_from_file_location("golden", SCRIPTS / "make-golden.py")
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)

CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF = ([0.5] * 3, [0.5] * 3)
NONE = ([0.0] * 3, [1.0] * 3)
CUBIC, LINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


def prepared(short=SIZE, filter=CUBIC, normalisation=CLIP, full=255, swapped=False, exchanged=False):
    """[4, 3, SIZE, SIZE] float32. `short`: of the resize before the crop; None squashes. `exchanged`: as `swapped`, but with
    the mean and std of each colour."""
    mean, std = (torch.tensor(part).reshape(3, 1, 1) for part in normalisation)
    crops = []
    for picture in golden.pictures(SIZE):
        if short is None:
            picture = picture.resize((SIZE, SIZE), filter)
        else:
            shorter = min(picture.size)
            picture = picture.resize([int(short * side / shorter) for side in picture.size], filter)
            left, top = (round((side - SIZE) / 2) for side in picture.size)
            picture = picture.crop((left, top, left + SIZE, top + SIZE))
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float()
        crop = ((pixels.flip(0) if swapped else pixels) / full - mean) / std
        crops.append(crop.flip(0) if exchanged else crop)
    return torch.stack(crops)


MISTAKES = {
    "none": {},
    "bgr": {"swapped": True},
    "bgr_by_colour": {"exchanged": True},
    "imagenet_mean": {"normalisation": IMAGENET},
    "half_mean": {"normalisation": HALF},
    "no_normalisation": {"normalisation": NONE},
    "not_divided": {"full": 1},
    "squash": {"short": None},
    "crop_of_larger": {"short": 18},
    "bilinear": {"filter": LINEAR},
}


def rows(values):
    return [[float(value) for value in row] for row in values.detach().numpy()]


def make_rows():
    """By model; of clip for each mistake, and with each activation in its MLPs."""
    clip = CLIPVisionModelWithProjection.from_pretrained(MODELS / "clip").eval()
    made = {f"clip {name}": rows(clip(prepared(**how)).image_embeds) for name, how in MISTAKES.items()}
    for name, function in (("gelu", nn.GELU()), ("gelu_tanh", nn.GELU(approximate="tanh"))):
        for layer in clip.vision_model.encoder.layers:
            layer.mlp.activation_fn = function
        made[f"clip {name}"] = rows(clip(prepared()).image_embeds)
    siglip = SiglipModel.from_pretrained(MODELS / "siglip").eval().vision_model
    squashed = prepared(short=None, filter=LINEAR, normalisation=HALF)
    made["siglip"] = rows(siglip(squashed).pooler_output)
    classifier = SiglipForImageClassification.from_pretrained(MODELS / "siglip-classifier").eval()
    made["siglip-classifier"] = rows(classifier(squashed).logits)
    dinov2 = Dinov2Model.from_pretrained(MODELS / "dinov2").eval()
    made["dinov2"] = rows(dinov2(prepared(short=18, normalisation=IMAGENET)).pooler_output)
    return made


class Quick(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class HandTanh(nn.Module):
    """As GPT-2's first code has it."""

    def forward(self, x):
        return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x * x * x)))


ACTIVATIONS = {"quick_gelu": Quick(), "gelu": nn.GELU(), "gelu_tanh": nn.GELU(approximate="tanh")}


def small_model(activation, seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 5, 8), nn.Flatten(), activation, nn.Linear(5, 4), activation, nn.Linear(4, 3)).eval()


def export(name, model, opset, dtype=torch.float32):
    images = torch.zeros(1, 3, 8, 8, dtype=dtype)
    torch.onnx.export(
        model.to(dtype), images, FOLDER / f"{name}.onnx", opset_version=opset, dynamo=False, do_constant_folding=False,
        input_names=["image"], output_names=["row"], dynamic_axes={"image": {0: "n"}, "row": {0: "n"}},
    )


def make_exports():
    """Each activation as torch's exporter writes it, by hand, as one operator, and in float16; and a SiLU, which is none of them."""
    for name, activation in ACTIVATIONS.items():
        export(f"{name}-14", small_model(activation), 14)
    export("gelu-20", small_model(nn.GELU()), 20)
    export("gelu_tanh-20", small_model(nn.GELU(approximate="tanh")), 20)
    export("gelu_tanh-hand", small_model(HandTanh()), 14)
    for name, activation in ACTIVATIONS.items():
        export(f"{name}-half", small_model(activation), 14, torch.float16)
    export("silu-14", small_model(nn.SiLU()), 14)
    pixels = torch.stack([torch.from_numpy(np.array(picture.resize((8, 8), CUBIC))) for picture in golden.pictures(8)])
    images = (pixels.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.125
    return {"pixels": [picture.flatten().tolist() for picture in pixels]} | {
        name: rows(small_model(activation)(images)) for name, activation in ACTIVATIONS.items()
    }


def digest(size):
    return [hashlib.sha256(np.array(picture).tobytes()).hexdigest() for picture in golden.pictures(size)]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = {"pictures": {str(size): digest(size) for size in (16, 224, 378)}, "rows": make_rows(), "exports": make_exports()}
    (FOLDER / "expected.json").write_text(json.dumps(made) + "\n")


main()
