"""Image models of their full size with random parameters, saved as their own libraries save them.

Each maker writes a model into a folder and gives what `models convert` is to take, and what the library itself computes.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import open_clip
import timm
import torch
from open_clip.push_to_hf_hub import save_config_for_hf
from torch import nn
from transformers import (
    BitImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Dinov2Config,
    Dinov2Model,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
)

from random_models import calibrated, halved, images, shaken

CLIP_B_32 = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "patch_size": 32, "projection_dim": 512}
CLIP_L_14 = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "patch_size": 14, "projection_dim": 768}


@dataclass
class Saved:
    """A model on disk, and the rows that its library gives for images [batch, 3, size, size]."""

    source: Path
    rows: Callable
    size: int = 224
    flags: list = field(default_factory=list)


def clip_of_transformers(folder, shape):
    model = shaken(CLIPVisionModelWithProjection(CLIPVisionConfig(**shape)), 1)
    model.save_pretrained(folder)
    return Saved(folder, lambda x: model(x).image_embeds)


def clip_of_open_clip(folder, name):
    """The whole model, text tower included, with the config that open_clip writes for the hub."""
    model = open_clip.create_model(name).eval()
    shaken(model.visual, 2)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    save_config_for_hf(model, folder / "open_clip_config.json", model_config=open_clip.get_model_config(name))
    return Saved(folder, model.visual)


def clip_of_openai(folder, name):
    """A TorchScript program of the whole model in float16, as OpenAI's files are; the activation stands in its code alone."""
    model = open_clip.create_model(f"{name}-quickgelu").eval()
    halved(shaken(model.visual, 3))
    with torch.no_grad():
        program = torch.jit.trace_module(model.half(), {"encode_image": torch.zeros(1, 3, 224, 224).half()}, check_trace=False)
    torch.jit.save(program, folder / "ViT.pt")
    return Saved(folder / "ViT.pt", model.visual.float(), flags=["--activation", "quick_gelu"])


def siglip(folder):
    model = shaken(SiglipModel(SiglipConfig()), 4)
    model.save_pretrained(folder)
    SiglipImageProcessor().save_pretrained(folder)
    return Saved(folder, lambda x: model.vision_model(x).pooler_output)


def dinov2(folder):
    """Of images of 518 pixels, as published; the positions are fitted to 224."""
    model = shaken(Dinov2Model(Dinov2Config(image_size=518, patch_size=14)), 5)
    model.save_pretrained(folder)
    BitImageProcessor(size={"shortest_edge": 256}, crop_size=224).save_pretrained(folder)
    return Saved(folder, lambda x: model(x).pooler_output)


def watermark(folder):
    """EfficientNet-B3 with the layers of LAION's watermark detector (LAION-5B-WatermarkDetection, example_use.py)."""
    model = timm.create_model("efficientnet_b3")
    classifier = [nn.Linear(1536, 625), nn.ReLU(), nn.Dropout(0.3), nn.Linear(625, 256), nn.ReLU(), nn.Linear(256, 2)]
    model.classifier = nn.Sequential(*classifier)
    calibrated(shaken(model, 6), images(8, 256))
    torch.save(model.state_dict(), folder / "watermark_model_v1.pt")
    return Saved(folder / "watermark_model_v1.pt", model, size=256)


MODELS = {
    "CLIP ViT-B/32, transformers": lambda folder: clip_of_transformers(folder, CLIP_B_32),
    "CLIP ViT-L/14, transformers": lambda folder: clip_of_transformers(folder, CLIP_L_14),
    "CLIP ViT-B/32, open_clip": lambda folder: clip_of_open_clip(folder, "ViT-B-32"),
    "CLIP ViT-L/14, open_clip": lambda folder: clip_of_open_clip(folder, "ViT-L-14"),
    "CLIP ViT-B/32, TorchScript float16": lambda folder: clip_of_openai(folder, "ViT-B-32"),
    "CLIP ViT-L/14, TorchScript float16": lambda folder: clip_of_openai(folder, "ViT-L-14"),
    "SigLIP base, transformers": siglip,
    "DINOv2 base, transformers": dinov2,
    "EfficientNet-B3, timm": watermark,
}
