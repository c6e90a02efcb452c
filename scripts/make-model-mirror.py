#!/usr/bin/env python3
"""Writes a folder for BOWERBIRD_MODEL_MIRROR: random weights of full size under published names, and LAION's heads where they are given.

Needs torch, open_clip_torch, timm and transformers, 2 GB of disk:

    python3 scripts/make-model-mirror.py MIRROR [--nsfw clip_autokeras_binary_nsfw.zip] [--aesthetic sa_0_4_vit_l_14_linear.pth]

Only names whose digests no registry states can have random weights: the encoder is `ViT-L-14/datacomp_xl_s13b_b90k`, the watermark model
`laion`. Heads of OpenAI's L/14 are given other names for that encoder in MIRROR/registry.json, `stand-in-nsfw` and
`stand-in-aesthetic`, and lie in the mirror under their own addresses as well, so that `laion` and `laion-v1` find them for an encoder
that is called openai/clip-vit-large-patch14. Scores mean nothing.
"""
import argparse
import json
import shutil
import tempfile
from pathlib import Path

from random_models.full_size import clip_of_open_clip, watermark

REGISTRIES = Path(__file__).resolve().parent.parent / "assets" / "registry"
ENCODER = "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K"


def entries():
    lists = [json.loads(path.read_text())["models"] for path in sorted(REGISTRIES.glob("*.json"))]
    return {entry["name"]: entry for entries in lists for entry in entries}


def place(mirror, file):
    """Where a mirror has a file of a registry (docs/models.md)."""
    path = Path(file["hub"]) / file["path"] if "hub" in file else Path(file["url"].removeprefix("https://"))
    (mirror / path).parent.mkdir(parents=True, exist_ok=True)
    return mirror / path


def stand_in(name, head):
    """A head of OpenAI's L/14 for the random encoder."""
    kept = {key: head[key] for key in ("kind", "licence", "files", "tag", "manifest") if key in head}
    return {"name": name, "description": f"{head['description']}; here of random weights", "encoder": ENCODER, **kept}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mirror", type=Path)
    parser.add_argument("--nsfw", type=Path)
    parser.add_argument("--aesthetic", type=Path)
    options = parser.parse_args()
    known, models = entries(), []
    heads = (("stand-in-nsfw", "laion-nsfw-vit-l-14", options.nsfw), ("stand-in-aesthetic", "laion-aesthetic-v1-vit-l-14", options.aesthetic))
    for name, published, file in heads:
        if file:
            shutil.copyfile(file, place(options.mirror, known[published]["files"][0]))
            models.append(stand_in(name, known[published]))
    with tempfile.TemporaryDirectory(prefix="bowerbird-mirror-") as folder:
        clip_of_open_clip(Path(folder), "ViT-L-14")
        (file,) = known[ENCODER]["files"]
        shutil.move(Path(folder) / "open_clip_pytorch_model.bin", place(options.mirror, file))
        shutil.move(watermark(Path(folder)).source, place(options.mirror, known["laion-watermark-v1"]["files"][0]))
    (options.mirror / "registry.json").write_text(json.dumps({"version": 1, "models": models}, indent=1) + "\n")


main()
