"""ICO and CUR: one and several images, DIB with AND mask, PNG inside, wrong directories."""
import struct

import numpy as np

from . import encoded, picture


def dib(width, height, bits, seed=1, palette=b"", mask=True, alpha=None):
    random = np.random.default_rng(seed)
    stride = (width * bits + 31) // 32 * 4
    pixels = random.integers(0, 256, stride * height, dtype=np.uint8)
    if alpha is not None:
        pixels[3::4] = alpha
    head = struct.pack("<IiiHHIIiiII", 40, width, height * 2, 1, bits, 0, 0, 0, 0, 0, 0)
    ands = random.integers(0, 256, (width + 31) // 32 * 4 * height, dtype=np.uint8).tobytes() if mask else b""
    return head + palette + pixels.tobytes() + ands


def colours(count, seed=2):
    table = np.random.default_rng(seed).integers(0, 256, (count, 4), dtype=np.uint8)
    table[:, 3] = 0
    return table.tobytes()


def ico(*images, kind=1, sizes=None, bits=None):
    out = struct.pack("<HHH", 0, kind, len(images))
    at = 6 + 16 * len(images)
    for i, (side, depth, data) in enumerate(images):
        width, height = sizes[i] if sizes else (side, side)
        out += struct.pack("<BBBBHHII", width & 255, height & 255, 0, 0, 1, depth if bits is None else bits, len(data), at)
        at += len(data)
    return out + b"".join(data for _, _, data in images)


def png(side, mode="RGBA", seed=1):
    return encoded(picture(side, side, mode, seed), "PNG")


def files():
    for bits, count in ((1, 2), (4, 16), (8, 256), (24, 0), (32, 0)):
        yield f"dib-{bits}.ico", ico((32, bits, dib(32, 32, bits, palette=colours(count) if count else b"")))
    yield "dib-16.ico", ico((32, 16, dib(32, 32, 16)))
    yield "dib-32-opaque.ico", ico((32, 32, dib(32, 32, 32, alpha=255)))
    yield "dib-32-no-alpha.ico", ico((32, 32, dib(32, 32, 32, alpha=0)))
    yield "dib-32-no-mask.ico", ico((32, 32, dib(32, 32, 32, mask=False)))
    yield "dib-24-no-mask.ico", ico((32, 24, dib(32, 32, 24, mask=False)))
    yield "dib-24-odd-width.ico", ico((30, 24, dib(30, 30, 24)))
    yield "png.ico", ico((48, 32, png(48)))
    yield "png-rgb.ico", ico((48, 24, png(48, "RGB")))
    yield "png-256.ico", ico((256, 32, encoded(picture(256, 256).quantize(16), "PNG")))
    yield "several.ico", ico((16, 32, dib(16, 16, 32)), (48, 32, dib(48, 48, 32, seed=3)), (32, 32, dib(32, 32, 32)))
    yield "same-size-depths.ico", ico((32, 4, dib(32, 32, 4, palette=colours(16))), (32, 32, dib(32, 32, 32)), (32, 8, dib(32, 32, 8, palette=colours(256))))
    yield "same-size-depth-zero.ico", ico((32, 0, dib(32, 32, 24)), (32, 0, dib(32, 32, 32, seed=5)))
    yield "directory-size-wrong.ico", ico((32, 32, dib(32, 32, 32)), sizes=[(64, 64)])
    yield "directory-png-size-wrong.ico", ico((32, 32, png(40)), sizes=[(64, 64)])
    yield "not-square.ico", ico((32, 32, dib(48, 24, 32)), sizes=[(48, 24)])
    yield "offset-past-end.ico", ico((32, 32, dib(32, 32, 32)))[:300]
    yield "cut.ico", ico((32, 24, dib(32, 32, 24)))[:2000]
    yield "mask-cut.ico", ico((32, 24, dib(32, 32, 24)))[:-40]
    yield "png-cut.ico", ico((48, 32, png(48)))[:-500]
    yield "largest-broken.ico", ico((16, 32, dib(16, 16, 32)), (48, 32, b"\x89PNG\r\n\x1a\nbroken" * 9))
    yield "count-zero.ico", ico()
    yield "count-past-end.ico", b"\0\0\1\0\xff\xff" + ico((32, 32, dib(32, 32, 32)))[6:]
    yield "garbage.ico", b"\0\0\1\0\1\0" + b"garbage" * 20
    yield "jpeg-inside.ico", ico((48, 24, encoded(picture(48, 48), "JPEG")))
    yield "bomb-png.ico", ico((48, 32, huge_png()))
    yield "cursor.cur", ico((32, 32, dib(32, 32, 32)), kind=2)
    yield "pillow-saved.ico", encoded(picture(64, 64, "RGBA"), "ICO", sizes=[(16, 16), (64, 64)])
    yield "pillow-bmp.ico", encoded(picture(64, 64, "RGBA"), "ICO", sizes=[(16, 16), (64, 64)], bitmap_format="bmp")


def huge_png():
    import zlib

    from .png import END, header, joined

    return joined([header(16000, 16000, 1, 0), (b"IDAT", zlib.compress(bytes(2001 * 16000), 9)), END])
