#!/usr/bin/env python3
"""Makes test/models/fixtures: image models with random weights as their own libraries save them, and what these give.

Run once with Python 3, torch 2.13, transformers 5.18, open_clip_torch 3.3, timm 1.0.29 and safetensors:

    python3 scripts/make-encoder-fixtures.py

Every parameter is random, so that one that is left out, or in another's place, shows. Inputs are not stored: value i of an image
batch is `pixel(i)` of random_models, which test/models/convert/reference.ts computes as well. expected.json holds float32 outputs of torch.
"""
import json
import shutil
from pathlib import Path

import open_clip
import timm
import torch
from open_clip.model import CLIPVisionCfg, _build_vision_tower
from torch import nn
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Dinov2Config,
    Dinov2ForImageClassification,
    Dinov2Model,
    SiglipConfig,
    SiglipForImageClassification,
    SiglipModel,
)

from random_models import calibrated, halved, images, shaken

FOLDER = Path(__file__).resolve().parent.parent / "test" / "models" / "fixtures"
BATCH = 2
WIDTH, LAYERS, HEADS, PATCH = 16, 2, 2, 4


def outputs(name, call, size):
    with torch.no_grad():
        EXPECTED[name] = {"size": size, "rows": [[float(x) for x in row] for row in call(images(BATCH, size)).numpy()]}


def save(model, name, **options):
    model.save_pretrained(FOLDER / name, **options)


EXPECTED = {}
VIT = {
    "hidden_size": WIDTH,
    "intermediate_size": 24,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "image_size": 16,
    "patch_size": PATCH,
}


def make_clip():
    """In two files with an index; also in one, as torch.save writes it in bfloat16 and float16, both of the same values."""
    for name, activation in (("clip", "quick_gelu"), ("clip-gelu", "gelu")):
        model = halved(shaken(CLIPVisionModelWithProjection(CLIPVisionConfig(**VIT, projection_dim=10, hidden_act=activation)), 1))
        save(model, name, **({"max_shard_size": "12KB"} if name == "clip" else {}))
        outputs(name, lambda x: model(x).image_embeds, 16)
    (FOLDER / "clip-bin").mkdir()
    state = model.state_dict()
    torch.save({key: value.half() for key, value in state.items()}, FOLDER / "clip-bin" / "pytorch_model.bin")
    shutil.copy(FOLDER / "clip-gelu" / "config.json", FOLDER / "clip-bin")
    EXPECTED["clip-bin"] = EXPECTED["clip-gelu"]
    outputs("clip-larger", lambda x: model(x, interpolate_pos_encoding=True).image_embeds, 24)


def make_open_clip():
    """A vision tower under the names that it has in a whole model, with a text tower's tensor and counters beside it."""
    config = {"image_size": 16, "layers": LAYERS, "width": WIDTH, "head_width": WIDTH // HEADS, "patch_size": PATCH, "mlp_ratio": 1.5}
    tower = shaken(_build_vision_tower(10, CLIPVisionCfg(**config), quick_gelu=False), 2)
    options = CLIPVisionCfg(**config, norm_kwargs={"eps": 0.01}, act_kwargs={"approximate": "tanh"})
    other = _build_vision_tower(10, options, quick_gelu=False).eval()
    other.load_state_dict(tower.state_dict())
    outputs("open-clip-options", other, 16)
    state = {f"visual.{name}": value for name, value in tower.state_dict().items()}
    state |= {"logit_scale": torch.tensor(4.6), "text.positions": torch.arange(6).reshape(1, 6)}
    folder = FOLDER / "open-clip"
    folder.mkdir()
    torch.save(state, folder / "open_clip_pytorch_model.bin")
    preprocess = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic", "resize_mode": "shortest"}
    config = {"model_cfg": {"embed_dim": 10, "vision_cfg": config}, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    outputs("open-clip", tower, 16)


class Program(nn.Module):
    """As much of a model as OpenAI's programs have in common with it: a tower in float16, a scale, counters as buffers."""

    def __init__(self, tower):
        super().__init__()
        self.visual = tower
        self.logit_scale = nn.Parameter(torch.tensor(4.6))
        self.register_buffer("input_resolution", torch.tensor(16))

    def forward(self, image):
        return self.visual(image)


def make_program():
    """A TorchScript program, as torch.jit.save writes it."""
    config = {"image_size": 16, "layers": LAYERS, "width": WIDTH, "head_width": WIDTH // HEADS, "patch_size": PATCH, "mlp_ratio": 1.5}
    tower = halved(shaken(_build_vision_tower(10, CLIPVisionCfg(**config), quick_gelu=True), 8))
    outputs("open-clip-program", tower, 16)
    folder = FOLDER / "open-clip-program"
    folder.mkdir()
    program = Program(tower).half().eval()
    with torch.no_grad():
        traced = torch.jit.trace(program, torch.zeros(1, 3, 16, 16).half(), check_trace=False)
    torch.jit.save(traced, folder / "ViT.pt")


def make_siglip():
    text = {"hidden_size": WIDTH, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 8}
    config = SiglipConfig(vision_config={**VIT, "patch_size": 5}, text_config=text)
    model = shaken(SiglipModel(config), 3)
    save(model, "siglip")
    processor = {"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    processor |= {"resample": 2, "rescale_factor": 1 / 255, "size": {"height": 16, "width": 16}}
    (FOLDER / "siglip" / "preprocessor_config.json").write_text(json.dumps(processor, indent=1) + "\n")
    outputs("siglip", lambda x: model.vision_model(x).pooler_output, 16)
    config.num_labels = 1
    model = shaken(SiglipForImageClassification(config), 4)
    save(model, "siglip-classifier")
    shutil.copy(FOLDER / "siglip" / "preprocessor_config.json", FOLDER / "siglip-classifier")
    outputs("siglip-classifier", lambda x: model(x).logits, 16)


def make_dinov2():
    """Trained on images of 7 x 7 patches; taken are images of 4 x 4."""
    config = Dinov2Config(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, mlp_ratio=2, image_size=28, patch_size=PATCH)
    model = shaken(Dinov2Model(config), 5)
    save(model, "dinov2")
    processor = {"do_center_crop": True, "crop_size": {"height": 16, "width": 16}, "size": {"shortest_edge": 18}, "resample": 3}
    (FOLDER / "dinov2" / "preprocessor_config.json").write_text(json.dumps(processor, indent=1) + "\n")
    outputs("dinov2", lambda x: model(x).pooler_output, 16)
    config.num_labels = 1
    model = shaken(Dinov2ForImageClassification(config), 6)
    save(model, "dinov2-classifier")
    shutil.copy(FOLDER / "dinov2" / "preprocessor_config.json", FOLDER / "dinov2-classifier")
    outputs("dinov2-classifier", lambda x: model(x).logits, 16)


def make_efficientnet():
    """EfficientNet-B3 with a tenth of its channels and LAION's layers behind it."""
    from timm.models.efficientnet import _gen_efficientnet

    model = _gen_efficientnet("efficientnet_b3", channel_multiplier=0.1, depth_multiplier=0.6)
    features = model.classifier.in_features
    model.classifier = nn.Sequential(nn.Linear(features, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 2))
    model = halved(calibrated(shaken(model, 7), images(8, 64)))
    folder = FOLDER / "efficientnet"
    folder.mkdir()
    torch.save({key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}, folder / "model.pt")
    outputs("efficientnet", model, 64)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    torch.manual_seed(0)
    make_clip()
    make_open_clip()
    make_program()
    make_siglip()
    make_dinov2()
    make_efficientnet()
    (FOLDER / "expected.json").write_text(json.dumps(EXPECTED) + "\n")


main()
