"""TIFF: every photometric, depth and compression that is common, orientation, odd directories."""
import struct
import zlib

import numpy as np
from PIL import TiffImagePlugin

from . import encoded, picture, values

TYPES = {"B": (1, 1), "H": (3, 2), "I": (4, 4)}
WIDTH, HEIGHT = 40, 32


def tiff(tags, data, order="<", offset_tag=273, count_tag=279, next_ifd=0):
    """One directory; `tags` maps a tag to (type letter, values); the image data follow it."""
    tags = dict(tags)
    tags.setdefault(offset_tag, ("I", [0]))
    tags.setdefault(count_tag, ("I", [len(data)]))
    at = 8 + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for tag in sorted(tags):
        letter, items = tags[tag]
        kind, size = TYPES[letter]
        if tag == offset_tag and items == [0]:
            items = ["data"]
        if len(items) * size <= 4:
            entries += struct.pack(order + "HHI", tag, kind, len(items))
            body = b"DATA" if items == ["data"] else struct.pack(order + letter * len(items), *items).ljust(4, b"\0")
            entries += body
        else:
            entries += struct.pack(order + "HHII", tag, kind, len(items), at + len(extra))
            extra += struct.pack(order + letter * len(items), *items)
    entries = entries.replace(b"DATA", struct.pack(order + "I", at + len(extra)))
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", 8) + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", next_ifd) + extra + data


def base(photometric, bits, samples=1, compression=1, width=WIDTH, height=HEIGHT, **more):
    tags = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * samples),
        259: ("H", [compression]),
        262: ("H", [photometric]),
        277: ("H", [samples]),
        278: ("I", [height]),
    }
    tags.update(more.get("tags", {}))
    return tags


def grey(depth="u1", scale=1):
    return (values(WIDTH, HEIGHT, 1)[:, :, 0].astype("f8") * scale).astype(depth)


def files():
    rgb = values(WIDTH, HEIGHT, 3).tobytes()
    for orientation in range(2, 9):
        yield f"orientation-{orientation}.tif", tiff(base(2, 8, 3, tags={274: ("H", [orientation])}), rgb)
    yield "orientation-6-lzw.tif", encoded(picture(50, 30), "TIFF", compression="tiff_lzw", tiffinfo=info({274: 6}))
    yield "orientation-5-palette.tif", encoded(picture(50, 30).quantize(16), "TIFF", tiffinfo=info({274: 5}))
    yield "orientation-9.tif", tiff(base(2, 8, 3, tags={274: ("H", [9])}), rgb)
    yield "plain-rgb.tif", tiff(base(2, 8, 3), rgb)
    yield "big-endian-rgb.tif", tiff(base(2, 8, 3), rgb, ">")
    yield "deflate.tif", tiff(base(2, 8, 3, 8), zlib.compress(rgb))
    yield "deflate-old.tif", tiff(base(2, 8, 3, 32946), zlib.compress(rgb))
    for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", "lzma", "zstd", "tiff_jpeg"):
        try:
            yield f"compression-{compression}.tif", encoded(picture(50, 40), "TIFF", compression=compression)
        except (OSError, KeyError, ValueError):
            pass
    for compression in ("group3", "group4", "tiff_ccitt"):
        yield f"bilevel-{compression}.tif", encoded(picture(50, 40, "L").convert("1"), "TIFF", compression=compression)
    yield "bilevel-raw.tif", encoded(picture(50, 40, "L").convert("1"), "TIFF")
    bits = np.packbits(grey() > 128, axis=1).tobytes()
    yield "bilevel-white-is-zero.tif", tiff(base(0, 1), bits)
    yield "grey8.tif", tiff(base(1, 8), grey().tobytes())
    yield "grey8-white-is-zero.tif", tiff(base(0, 8), grey().tobytes())
    packed4 = np.random.default_rng(3).integers(0, 256, WIDTH * HEIGHT // 2, dtype=np.uint8).tobytes()
    yield "grey4.tif", tiff(base(1, 4), packed4)
    yield "grey2.tif", tiff(base(1, 2), packed4[: WIDTH * HEIGHT // 4])
    yield "grey16.tif", tiff(base(1, 16), grey("<u2", 257).tobytes())
    yield "grey16-dark.tif", tiff(base(1, 16), grey("<u2", 1).tobytes())
    yield "grey16-big-endian.tif", tiff(base(1, 16), grey(">u2", 257).tobytes(), ">")
    yield "grey16-white-is-zero.tif", tiff(base(0, 16), grey("<u2", 257).tobytes())
    yield "grey16-lzw-large.tif", large_grey16()
    yield "grey16-signed.tif", tiff(base(1, 16, tags={339: ("H", [2])}), grey("<i2", 100).tobytes())
    yield "grey12.tif", tiff(base(1, 12), packed4 + packed4 + packed4[: WIDTH * HEIGHT // 2])
    yield "grey32.tif", tiff(base(1, 32), grey("<u4", 2**20).tobytes())
    yield "grey32-signed.tif", tiff(base(1, 32, tags={339: ("H", [2])}), grey("<i4", 1).tobytes())
    yield "grey-float.tif", tiff(base(1, 32, tags={339: ("H", [3])}), grey("<f4", 1 / 255).tobytes())
    yield "grey-float-255.tif", tiff(base(1, 32, tags={339: ("H", [3])}), grey("<f4", 1).tobytes())
    yield "grey-double.tif", tiff(base(1, 64, tags={339: ("H", [3])}), grey("<f8", 1).tobytes())
    yield "rgb16.tif", tiff(base(2, 16, 3), (values(WIDTH, HEIGHT, 3).astype("<u2") * 257).tobytes())
    yield "rgb-float.tif", tiff(base(2, 32, 3, tags={339: ("H", [3] * 3)}), values(WIDTH, HEIGHT, 3).astype("<f4").tobytes())
    rgba = values(WIDTH, HEIGHT, 4).tobytes()
    for extra, name in ((0, "unspecified"), (1, "associated"), (2, "unassociated")):
        yield f"rgba-{name}.tif", tiff(base(2, 8, 4, tags={338: ("H", [extra])}), rgba)
    yield "rgba-no-extra.tif", tiff(base(2, 8, 4), rgba)
    yield "rgba16.tif", tiff(base(2, 16, 4, tags={338: ("H", [2])}), (values(WIDTH, HEIGHT, 4).astype("<u2") * 257).tobytes())
    yield "grey-alpha.tif", tiff(base(1, 8, 2, tags={338: ("H", [2])}), values(WIDTH, HEIGHT, 2).tobytes())
    yield "cmyk.tif", tiff(base(5, 8, 4), rgba)
    yield "cmyk16.tif", tiff(base(5, 16, 4), (values(WIDTH, HEIGHT, 4).astype("<u2") * 257).tobytes())
    yield "lab.tif", tiff(base(8, 8, 3), rgb)
    yield "ycbcr-raw.tif", tiff(base(6, 8, 3, tags={530: ("H", [1, 1])}), rgb)
    yield "planar-rgb.tif", tiff(
        base(2, 8, 3, tags={284: ("H", [2]), 279: ("I", [WIDTH * HEIGHT] * 3), 273: ("I", planar_offsets())}), planar(rgb)
    )
    yield "palette8.tif", encoded(picture(50, 40).quantize(100), "TIFF")
    yield "palette8-lzw.tif", encoded(picture(50, 40).quantize(100), "TIFF", compression="tiff_lzw")
    yield "palette4.tif", tiff(base(3, 4, tags={320: ("H", colour_map(16))}), packed4)
    yield "palette1.tif", tiff(base(3, 1, tags={320: ("H", colour_map(2))}), bits)
    yield "palette-missing.tif", tiff(base(3, 8), grey().tobytes())
    yield "fill-order-2.tif", tiff(base(1, 1, tags={266: ("H", [2])}), bits)
    yield "two-pages.tif", encoded(picture(40, 30), "TIFF", save_all=True, append_images=[picture(60, 50, seed=2)])
    yield "reduced-first.tif", tiff(base(2, 8, 3, tags={254: ("I", [1])}), rgb)
    yield "tiled.tif", tiled()
    yield "next-ifd-loop.tif", tiff(base(2, 8, 3), rgb, next_ifd=8)
    yield "next-ifd-past-end.tif", tiff(base(2, 8, 3), rgb, next_ifd=10**8)
    yield "strips-missing.tif", tiff(base(2, 8, 3), rgb[: len(rgb) // 2])
    yield "no-strip-counts.tif", without_tag(tiff(base(2, 8, 3), rgb), 279)
    yield "rows-per-strip-absent.tif", without_tag(tiff(base(2, 8, 3), rgb), 278)
    yield "compression-unknown.tif", tiff(base(2, 8, 3, 4242), rgb)
    yield "width-zero.tif", tiff(base(2, 8, 3, width=0), rgb)
    yield "samples-5.tif", tiff(base(2, 8, 5), values(WIDTH, HEIGHT, 5).tobytes())
    yield "lzw-cut.tif", encoded(picture(50, 40), "TIFF", compression="tiff_lzw")[:-1500]
    yield "deflate-broken.tif", tiff(base(2, 8, 3, 8), zlib.compress(rgb)[:200] + b"broken" * 30)
    yield "header-only.tif", b"II*\0\x08\0\0\0"
    yield "bigtiff.tif", encoded(picture(40, 30), "TIFF", big_tiff=True)
    yield "bomb-side.tif", tiff(base(1, 1, compression=1, width=2_000_000_000, height=1), b"\0" * 64)
    yield "bomb-strips.tif", tiff(base(1, 8, width=4000, height=4000, tags={278: ("I", [1]), 279: ("I", [1] * 4000), 273: ("I", [8] * 4000)}), b"")


def info(tags):
    out = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        out[tag] = value
    return out


def planar(rgb):
    return np.frombuffer(rgb, np.uint8).reshape(HEIGHT, WIDTH, 3).transpose(2, 0, 1).tobytes()


def planar_offsets():
    at = 8 + 2 + 12 * 10 + 4 + 6 + 24
    return [at + i * WIDTH * HEIGHT for i in range(3)]


def colour_map(count):
    return [int(v) for v in np.random.default_rng(8).integers(0, 256, 3 * count) * 257]


def large_grey16():
    from PIL import Image

    deep = (values(300, 260, 1)[:, :, 0].astype(np.uint16) // 8 * 8) * 257
    return encoded(Image.fromarray(deep), "TIFF", compression="tiff_lzw")


def tiled():
    tile = 16
    data = values(48, 32, 3)
    tiles = [data[y : y + tile, x : x + tile].tobytes() for y in (0, 16) for x in (0, 16, 32)]
    tags = base(2, 8, 3, width=48, height=32)
    del tags[278]
    tags |= {322: ("H", [tile]), 323: ("H", [tile]), 325: ("I", [tile * tile * 3] * 6)}
    at = 8 + 2 + 12 * (len(tags) + 1) + 4 + 6 + 24 + 24
    tags[324] = ("I", [at + i * tile * tile * 3 for i in range(6)])
    return tiff(tags, b"".join(tiles), offset_tag=324, count_tag=325)


def without_tag(data, tag):
    """The entry stays, under a private number that nobody reads."""
    entry = struct.pack("<H", tag)
    at = 10
    while data[at : at + 2] != entry:
        at += 12
    return data[:at] + struct.pack("<H", 60000) + data[at + 2 :]
