#!/usr/bin/env python3
"""Compares what `bowerbird score --resize-mode` saves with what img2dataset's Resizer makes of the same images.

Needs img2dataset's source in PYTHONPATH, OpenCV and numpy. After `npm run build`:

    PYTHONPATH=img2dataset python3 scripts/compare-resizes.py --photos FOLDER [--image-size 224]

Takes ten photographs of a folder and twenty generated pictures (blurred noise, stripes, gradients, alpha, grey; smaller and larger than the
size), has both resize them in all modes, and encodes them as PNG, which loses nothing. The sizes are to be equal; how far the pixels are
apart is printed for each mode, for images that are shrunk and for those that are enlarged: of the mean and largest absolute difference of
an image's values (of 255) and of its PSNR the median and the worst. Ends with 1 where a size differs, or where one of both failed alone.
"""
import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

import img2dataset_source  # noqa: F401
from img2dataset.resizer import Resizer

ROOT = Path(__file__).resolve().parent.parent
MODES = ["no", "keep_ratio", "keep_ratio_largest", "center_crop", "border"]
PHOTOS, GENERATED = 10, 20
PNG_COMPRESSION = 6


def generated(number):
    """A picture of one of five kinds, of some size, as the bytes of a PNG."""
    random = np.random.default_rng(number)
    width, height = (int(side) for side in random.integers(40, 700, 2))
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    noise = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    kind = number % 5
    if kind == 0:
        image = cv2.GaussianBlur(noise, (0, 0), 3)
    elif kind == 1:
        image = np.stack([(255 * ((x // 2 + y // 3) % 2)).astype(np.uint8)] * 3, axis=-1) // 2 + noise // 4
    elif kind == 2:
        image = np.stack([255 * x // width, 255 * y // height, 128 + 0 * x], axis=-1).astype(np.uint8)
    elif kind == 3:
        alpha = (255 * x // width).astype(np.uint8)[:, :, np.newaxis]
        image = np.concatenate([cv2.GaussianBlur(noise, (0, 0), 5), alpha], axis=-1)
    else:
        image = cv2.GaussianBlur(noise, (0, 0), 2)[:, :, 0]
    return cv2.imencode(".png", image)[1].tobytes()


def theirs(images, mode, size):
    """By name: the pixels that img2dataset's Resizer makes, or None."""
    resizer = Resizer(size, mode, False, encode_format="png", encode_quality=PNG_COMPRESSION)
    made = {}
    for name, content in images.items():
        encoded, *_, error = resizer(io.BytesIO(content))
        made[name] = pixels(encoded) if error is None else None
    return made


def ours(folder, work, mode, size):
    """By name: the pixels that bowerbird saves; those that it does not save are missing."""
    output = f"{work}/{mode}"
    command = ["node", str(ROOT / "dist" / "cli" / "main.js"), "score", str(folder), "--output-folder", output, "--batch-size", "8"]
    command += ["--processes-count", "1", "--save-images", "scored", "--output-format", "files"]
    command += ["--resize-mode", mode, "--image-size", str(size), "--encode-format", "png"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bowerbird failed:\n{done.stderr[-3000:]}")
    descriptions = [json.loads(path.read_text()) for path in Path(output, "images").glob("*/*.json")]
    return {d["path"]: pixels(next(Path(output, "images").glob(f"*/{d['key']}.png")).read_bytes()) for d in descriptions}


def pixels(encoded):
    return cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)


def apart(a, b):
    """Mean and largest absolute difference, and PSNR in dB."""
    differences = np.abs(a.astype(np.int32) - b)
    squares = np.mean(differences.astype(np.float64) ** 2)
    return differences.mean(), differences.max(), 10 * np.log10(255**2 / squares) if squares else float("inf")


def summary(measures):
    means, most, psnr = (np.array(column) for column in zip(*measures))
    return (
        f"{len(measures)} images; mean difference {np.median(means):.2f} (worst {means.max():.2f}), "
        f"largest {int(np.median(most))} (worst {most.max()}), PSNR {np.median(psnr):.1f} dB (worst {psnr.min():.1f})"
    )


def compare(mode, size, images, made, saved):
    """Prints how far both are apart; true where their sizes are equal."""
    measures, wrong = {"as large as before": [], "shrunk": [], "enlarged": []}, []
    for name, content in images.items():
        their, our = made[name], saved.get(name)
        if their is None or our is None or their.shape != our.shape:
            wrong.append(f"{name}: {getattr(their, 'shape', None)} and {getattr(our, 'shape', None)}")
            continue
        height, width = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED).shape[:2]
        side = min(width, height) if mode in ("keep_ratio", "center_crop") else max(width, height)
        kind = "as large as before" if mode == "no" or side == size else "shrunk" if side > size else "enlarged"
        measures[kind].append(apart(their, our))
    print(f"{mode}: sizes equal in {len(images) - len(wrong)} of {len(images)}{'; ' + '; '.join(wrong[:3]) if wrong else ''}")
    for kind, found in measures.items():
        if found:
            print(f"  {kind}: {summary(found)}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--image-size", type=int, default=224)
    options = parser.parse_args()
    photos = sorted(path for path in Path(options.photos).iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))[:PHOTOS]
    images = {f"photo{i:02}{path.suffix}": path.read_bytes() for i, path in enumerate(photos)}
    images |= {f"made{number:02}.png": generated(number) for number in range(GENERATED)}
    with tempfile.TemporaryDirectory(prefix="bowerbird-resizes-") as work:
        folder = Path(work, "pictures")
        folder.mkdir()
        for name, content in images.items():
            (folder / name).write_bytes(content)
        size = options.image_size
        equal = [compare(mode, size, images, theirs(images, mode, size), ours(folder, work, mode, size)) for mode in MODES]
    sys.exit(0 if all(equal) else 1)


if __name__ == "__main__":
    main()
