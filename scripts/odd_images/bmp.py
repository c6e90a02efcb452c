"""BMP: every depth, bit fields, run lengths, header sizes, top-down, cut."""
import struct

import numpy as np

from . import encoded, picture, values

WIDTH, HEIGHT = 37, 26


def bmp(bits, rows, palette=b"", compression=0, masks=b"", size=(WIDTH, HEIGHT), header=40, colours=None, planes=1):
    width, height = size
    used = len(palette) // 4 if colours is None else colours
    core = struct.pack("<IiiHHIIiiII", header, width, height, planes, bits, compression, len(rows), 2835, 2835, used, 0)
    core += b"" if header == 40 else masks.ljust(header - 40, b"\0")
    after = masks if header == 40 else b""
    offset = 14 + len(core) + len(after) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + core + after + palette + rows


def packed(bits, seed=1, width=WIDTH, height=HEIGHT):
    stride = (width * bits + 31) // 32 * 4
    return np.random.default_rng(seed).integers(0, 256, stride * height, dtype=np.uint8).tobytes()


def palette_of(count, seed=2):
    colours = np.random.default_rng(seed).integers(0, 256, (count, 4), dtype=np.uint8)
    colours[:, 3] = 0
    return colours.tobytes()


def masks_of(*masks):
    return struct.pack("<" + "I" * len(masks), *masks)


def rle8(width, height, top=None):
    out = b""
    pixels = np.kron(np.random.default_rng(4).integers(0, 256, (height, width // 4 + 1)), np.ones((1, 4), int))[:, :width]
    for row in pixels:
        for x in range(0, width, 4):
            run = row[x : x + 4]
            if x % 16 == 8 and len(run) > 3:
                out += bytes([0, len(run), *run])
            else:
                out += bytes([len(run), run[0]])
        out += b"\0\0"
    return out + b"\0\1"


def files():
    for bits in (1, 4, 8):
        colours = palette_of(2**bits)
        yield f"palette-{bits}.bmp", bmp(bits, packed(bits), colours)
        yield f"palette-{bits}-top-down.bmp", bmp(bits, packed(bits), colours, size=(WIDTH, -HEIGHT))
        yield f"palette-{bits}-short.bmp", bmp(bits, packed(bits), colours[: 2 ** (bits + 1)])
        ramp = bytes(v for i in range(2**bits) for v in (*(i * 255 // (2**bits - 1),) * 3, 0))
        yield f"palette-{bits}-grey.bmp", bmp(bits, packed(bits), ramp)
    yield "palette-1-inverted.bmp", bmp(1, packed(1), b"\xff\xff\xff\0\0\0\0\0")
    yield "palette-2.bmp", bmp(2, packed(2), palette_of(4))
    for bits in (16, 24, 32):
        yield f"rgb-{bits}.bmp", bmp(bits, packed(bits))
        yield f"rgb-{bits}-top-down.bmp", bmp(bits, packed(bits), size=(WIDTH, -HEIGHT))
    yield "rgb-24-with-palette.bmp", bmp(24, packed(24), palette_of(16))
    yield "fields-565.bmp", bmp(16, packed(16), compression=3, masks=masks_of(0xF800, 0x7E0, 0x1F))
    yield "fields-555.bmp", bmp(16, packed(16), compression=3, masks=masks_of(0x7C00, 0x3E0, 0x1F))
    yield "fields-444.bmp", bmp(16, packed(16), compression=3, masks=masks_of(0xF00, 0xF0, 0xF))
    yield "fields-888.bmp", bmp(32, packed(32), compression=3, masks=masks_of(0xFF0000, 0xFF00, 0xFF))
    yield "fields-888-swapped.bmp", bmp(32, packed(32), compression=3, masks=masks_of(0xFF, 0xFF00, 0xFF0000))
    yield "fields-888-high.bmp", bmp(32, packed(32), compression=3, masks=masks_of(0xFF000000, 0xFF0000, 0xFF00))
    yield "fields-10-10-10.bmp", bmp(32, packed(32), compression=3, masks=masks_of(0x3FF00000, 0xFFC00, 0x3FF))
    yield "fields-zero.bmp", bmp(32, packed(32), compression=3, masks=masks_of(0, 0, 0))
    for header in (52, 56, 64, 108, 124):
        yield f"header-{header}-rgb.bmp", bmp(24, packed(24), header=header)
    argb = masks_of(0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield "v4-alpha.bmp", bmp(32, packed(32), compression=3, masks=argb, header=108)
    yield "v5-alpha.bmp", bmp(32, packed(32), compression=3, masks=argb, header=124)
    yield "v5-alpha-uncompressed.bmp", bmp(32, packed(32), masks=argb, header=124)
    yield "fields-6-alpha.bmp", bmp(32, packed(32), compression=6, masks=argb)
    yield "rle8.bmp", bmp(8, rle8(WIDTH, HEIGHT), palette_of(256), compression=1)
    yield "rle8-delta.bmp", bmp(8, b"\5\1\0\2\6\3\5\2\0\0" + rle8(WIDTH, HEIGHT - 8), palette_of(256), compression=1)
    yield "rle8-cut.bmp", bmp(8, rle8(WIDTH, HEIGHT)[:150], palette_of(256), compression=1)
    yield "rle8-early-end.bmp", bmp(8, rle8(WIDTH, HEIGHT // 2), palette_of(256), compression=1)
    yield "rle8-run-past-row.bmp", bmp(8, b"\xf0\3" * 6 + b"\0\1", palette_of(256), compression=1)
    rle4 = (b"\x14\x12\0\5\x12\x34\x50\0\x08\x45" + b"\0\0") * HEIGHT + b"\0\1"
    yield "rle4.bmp", bmp(4, rle4, palette_of(16), compression=2)
    yield "core-24.bmp", core(24, packed(24))
    yield "core-8.bmp", core(8, packed(8), bytes(np.random.default_rng(3).integers(0, 256, 768, dtype=np.uint8)))
    whole = bmp(24, packed(24))
    yield "cut-half.bmp", whole[: len(whole) // 2]
    yield "one-byte-short.bmp", whole[:-1]
    yield "padding-missing.bmp", whole[:-1][: 54 + (WIDTH * 3 + 1) * HEIGHT - 1]
    yield "trailing-garbage.bmp", whole + b"garbage" * 9
    yield "offset-zero.bmp", whole[:10] + bytes(4) + whole[14:]
    yield "offset-larger.bmp", whole[:10] + struct.pack("<I", 60) + whole[14:] + bytes(6)
    yield "offset-past-end.bmp", whole[:10] + struct.pack("<I", 10**8) + whole[14:]
    yield "width-zero.bmp", bmp(24, packed(24), size=(0, HEIGHT))
    yield "width-negative.bmp", bmp(24, packed(24), size=(-WIDTH, HEIGHT))
    yield "bits-0.bmp", bmp(0, packed(8))
    yield "bits-7.bmp", bmp(7, packed(8))
    yield "planes-0.bmp", bmp(24, packed(24), planes=0)
    yield "compression-jpeg.bmp", bmp(24, encoded(picture(37, 26), "JPEG"), compression=4)
    yield "colours-huge.bmp", bmp(8, packed(8), palette_of(256), colours=2**31)
    yield "pillow-saved.bmp", encoded(picture(50, 40), "BMP")
    yield "pillow-rgba.bmp", encoded(picture(50, 40, "RGBA"), "BMP")
    yield "pillow-bilevel.bmp", encoded(picture(50, 40, "L").convert("1"), "BMP")
    yield "header-only.bmp", whole[:40]
    yield "text.bmp", b"BM is how this text begins, and nothing else"
    yield "bomb-claimed.bmp", bmp(1, b"\0" * 64, size=(60000, 60000))
    yield "bomb-rle8.bmp", bmp(8, b"\0\1", palette_of(256), compression=1, size=(8000, 7900))
    yield "large.bmp", bmp(8, values(300, 240, 1).tobytes(), palette_of(256), size=(300, 240))


def core(bits, rows, palette=b""):
    head = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    offset = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + head + palette + rows
