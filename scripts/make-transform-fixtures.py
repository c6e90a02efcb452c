#!/usr/bin/env python3
"""Writes test/decode/fixtures: small images, and the crops that CLIP's transform makes of them.

The transform is open_clip's for evaluation, on Pillow images:
Resize(224, BICUBIC), CenterCrop(224), convert("RGB"). Those of other models are digested together, as `others`. Needs numpy, Pillow and torchvision:

    python3 scripts/make-transform-fixtures.py [--describe]

The pictures are synthetic and seeded. expected.json holds the stored size, Pillow's mode and the sha256 of each crop
(224 * 224 * 3 bytes, RGB). The pictures were written by Pillow 9.4; another version may compress them otherwise, so
that `--describe` keeps those that are there and writes expected.json anew.
"""
import hashlib
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
import torchvision
from PIL import Image, ImageCms, PngImagePlugin
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

FOLDER = Path(__file__).resolve().parent.parent / "test" / "decode" / "fixtures"
SIZE = 224


def transform(size, crop, interpolation):
    """torchvision's, on Pillow images: a number as the size is that of the short side."""
    return Compose([Resize(size, interpolation), CenterCrop(crop), lambda image: image.convert("RGB")])


BICUBIC, BILINEAR = InterpolationMode.BICUBIC, InterpolationMode.BILINEAR
TRANSFORM = transform(SIZE, SIZE, BICUBIC)
# CLIP at 336 and 384, DINOv2, SigLIP and SigLIP 2, LAION's watermark detector; test/decode/parity.test.ts has them in this order.
OTHER_TRANSFORMS = [
    transform(336, 336, BICUBIC),
    transform(384, 384, BICUBIC),
    transform(256, 224, BICUBIC),
    transform((224, 224), 224, BICUBIC),
    transform((384, 384), 384, BILINEAR),
    transform((256, 256), 256, BILINEAR),
]

random = np.random.default_rng(20261121)


def values(width, height, channels):
    """Gradients, hard edges and noise: (height, width, channels) uint8."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, phase, cell = random.uniform(2, 9, 4)
        wave = np.sin(a * x / max(width, 1) + phase) * np.cos(b * y / max(height, 1)) * 90
        step = max(int(min(width, height) / cell), 1)
        planes.append(128 + wave + ((x // step + y // step) % 2) * 60 - 30)
    picture = np.stack(planes, axis=-1)
    picture[: height // 4] += random.normal(0, 25, picture[: height // 4].shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def picture(width, height, mode="RGB"):
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    return Image.frombytes(mode, (width, height), values(width, height, channels).tobytes())


def save(name, image, **options):
    image.save(FOLDER / name, **options)


def edit(name, source, change):
    (FOLDER / name).write_bytes(change((FOLDER / source).read_bytes()))


def write_png(name, width, height, bits, colour_type, rows):
    """A PNG of a kind that Pillow cannot write: `rows` are the packed bytes of each row."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    (FOLDER / name).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def srgb_profile():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]  # without the date of its making


def make_jpegs():
    sizes = [(1, 1), (1, 7), (9, 1), (64, 48), (223, 224), (224, 223), (224, 224), (225, 224), (224, 300), (227, 224)]
    sizes += [(500, 400), (400, 500), (403, 400), (1024, 768), (1999, 333), (120, 1800), (17, 900)]
    for width, height in sizes:
        save(f"jpeg-{width}x{height}.jpg", picture(width, height), quality=85)
    save("jpeg-2000x1500.jpg", picture(2000, 1500), quality=35)
    for quality in (10, 60, 100):
        save(f"jpeg-quality-{quality}.jpg", picture(301, 257), quality=quality)
    for subsampling, name in ((0, "444"), (1, "422"), (2, "420")):
        save(f"jpeg-{name}.jpg", picture(333, 251), quality=90, subsampling=subsampling)
        save(f"jpeg-{name}-progressive.jpg", picture(251, 333), quality=75, subsampling=subsampling, progressive=True)
    save("jpeg-optimised.jpg", picture(320, 240), optimize=True)
    save("jpeg-grey.jpg", picture(321, 280, "L"), quality=80)
    save("jpeg-grey-progressive.jpg", picture(280, 321, "L"), quality=80, progressive=True)
    save("jpeg-cmyk.jpg", picture(250, 300, "CMYK"), quality=80)
    # The Adobe marker's last byte is the colour transform: 2 makes the same data YCCK.
    edit("jpeg-ycck.jpg", "jpeg-cmyk.jpg", lambda data: data.replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2"))
    edit("jpeg-cmyk-no-adobe.jpg", "jpeg-cmyk.jpg", without_adobe)
    exif = Image.Exif()
    for orientation in (3, 6):
        exif[0x0112] = orientation
        save(f"jpeg-orientation-{orientation}.jpg", picture(300, 200), exif=exif.tobytes())
    save("jpeg-icc-srgb.jpg", picture(300, 240), icc_profile=srgb_profile())
    save("jpeg-icc-broken.jpg", picture(240, 300), icc_profile=b"no profile at all " * 10)


def without_adobe(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


def make_pngs():
    for width, height in [(1, 1), (5, 200), (224, 224), (300, 224), (256, 257), (640, 360)]:
        save(f"png-{width}x{height}.png", picture(width, height))
    save("png-grey.png", picture(260, 240, "L"))
    save("png-rgba.png", picture(240, 260, "RGBA"))
    save("png-rgba-224.png", picture(224, 250, "RGBA").crop((0, 0, 224, 224)))
    save("png-grey-alpha.png", picture(250, 230, "LA"))
    indexed = picture(310, 290).quantize(64)
    save("png-palette.png", indexed)
    save("png-palette-4bit.png", picture(200, 180).quantize(16), bits=4)
    save("png-palette-one-transparent.png", indexed, transparency=3)
    save("png-palette-alphas.png", indexed, transparency=bytes(range(0, 256, 4)))
    save("png-bilevel.png", picture(290, 310, "L").convert("1"))
    save("png-grey-colour-key.png", picture(240, 230, "L"), transparency=128)
    save("png-rgb-colour-key.png", picture(230, 240), transparency=(10, 20, 30))
    gamma = PngImagePlugin.PngInfo()
    gamma.add(b"gAMA", struct.pack(">I", 100000))
    save("png-gamma.png", picture(240, 240), pnginfo=gamma)
    save("png-icc.png", picture(230, 230), icc_profile=srgb_profile())
    exif = Image.Exif()
    exif[0x0112] = 8
    save("png-orientation-8.png", picture(260, 230), exif=exif.tobytes())
    for name, colour_type, channels in (("rgb16", 2, 3), ("rgba16", 6, 4), ("grey-alpha16", 4, 2), ("grey16", 0, 1)):
        high = values(120, 110, channels).astype(np.uint16) << 8
        deep = high | random.integers(0, 256, high.shape, dtype=np.uint16)
        write_png(f"png-{name}.png", 120, 110, 16, colour_type, [row.astype(">u2").tobytes() for row in deep])
    for bits in (2, 4):
        packed = random.integers(0, 256, (150, 160 * bits // 8), dtype=np.uint8)
        write_png(f"png-grey{bits}.png", 160, 150, bits, 0, [row.tobytes() for row in packed])


def make_webps():
    for width, height in [(1, 1), (31, 400), (224, 224), (500, 400), (800, 1100)]:
        save(f"webp-{width}x{height}.webp", picture(width, height), quality=70)
    save("webp-quality-5.webp", picture(301, 299), quality=5)
    save("webp-quality-100.webp", picture(299, 301), quality=100)
    save("webp-lossless.webp", picture(240, 250), lossless=True)
    save("webp-grey.webp", picture(250, 240, "L"), quality=80)
    save("webp-alpha.webp", picture(270, 240, "RGBA"), quality=80)
    save("webp-alpha-lossless.webp", picture(240, 240, "RGBA"), lossless=True, exact=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("webp-orientation-6.webp", picture(320, 240), exif=exif.tobytes())
    frames = [picture(240, 260) for _ in range(3)]
    save("webp-animated.webp", frames[0], save_all=True, append_images=frames[1:], duration=100, quality=60)


def make_gifs():
    save("gif-palette.gif", picture(300, 250).quantize(64))
    save("gif-interlaced.gif", picture(250, 300).quantize(32), interlace=True)
    save("gif-grey.gif", grey_ramp(picture(280, 240, "L")))
    save("gif-transparent.gif", picture(240, 270).quantize(32), transparency=5)
    frames = [picture(240, 250).quantize(32) for _ in range(3)]
    save("gif-animated.gif", frames[0], save_all=True, append_images=frames[1:], duration=100)


def grey_ramp(image):
    """All 256 greys are used, so the palette that is written is the plain ramp."""
    pixels = np.asarray(image).copy()
    pixels[0, :256] = np.arange(256)
    return Image.fromarray(pixels)


def make_tiffs():
    save("tiff-rgb.tif", picture(240, 230))
    save("tiff-lzw.tif", picture(200, 230), compression="tiff_lzw")
    save("tiff-deflate-rgba.tif", picture(230, 200, "RGBA"), compression="tiff_adobe_deflate")
    save("tiff-grey.tif", picture(230, 250, "L"))
    save("tiff-bilevel.tif", picture(240, 230, "L").convert("1"), compression="group4")
    save("tiff-palette.tif", picture(240, 230).quantize(32))
    save("tiff-cmyk.tif", picture(150, 170, "CMYK"), compression="tiff_lzw")


def digest(image, transforms):
    return hashlib.sha256(b"".join(each(image).tobytes() for each in transforms)).hexdigest()


def describe(path):
    image = Image.open(path)
    image.load()
    digests = {"sha256": digest(image, [TRANSFORM]), "others": digest(image, OTHER_TRANSFORMS)}
    return {"width": image.width, "height": image.height, "mode": image.mode, **digests}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    if "--describe" not in sys.argv:
        for old in [*FOLDER.glob("*.*")]:
            old.unlink()
        for make in (make_jpegs, make_pngs, make_webps, make_gifs, make_tiffs):
            make()
    images = {path.name: describe(path) for path in sorted(FOLDER.iterdir()) if path.suffix != ".json"}
    made_with = f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}, Python {sys.version.split()[0]}"
    text = json.dumps({"madeWith": made_with, "size": SIZE, "images": images}, indent=2)
    (FOLDER / "expected.json").write_text(text + "\n")


main()
