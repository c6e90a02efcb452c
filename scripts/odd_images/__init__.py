"""What the modules of odd images share: seeded pictures and how Pillow writes them."""
import io
import struct
import zlib

import numpy as np
from PIL import Image

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}


def values(width, height, channels, seed=1):
    """Waves, edges and a little noise: (height, width, channels) uint8, small when compressed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, phase = random.uniform(2, 9, 3)
        wave = np.sin(a * x / max(width, 1) + phase) * np.cos(b * y / max(height, 1)) * 90
        planes.append(128 + wave + ((x // 9 + y // 7) % 2) * 50 - 25)
    out = np.stack(planes, axis=-1)
    out[: height // 6] += random.normal(0, 20, out[: height // 6].shape)
    return np.clip(out, 0, 255).astype(np.uint8)


def picture(width, height, mode="RGB", seed=1):
    return Image.frombytes(mode, (width, height), values(width, height, CHANNELS[mode], seed).tobytes())


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(kind, body, crc=None):
    checksum = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def exif_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()
