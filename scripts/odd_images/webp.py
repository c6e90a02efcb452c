"""WebP: alpha, animation, offsets, damaged chunks."""
import struct

from . import encoded, exif_orientation, picture


def files():
    lossy = encoded(picture(70, 60), "WEBP", quality=60)
    lossless = encoded(picture(70, 60), "WEBP", lossless=True)
    alpha = encoded(picture(70, 60, "RGBA"), "WEBP", quality=60)
    yield "lossy.webp", lossy
    yield "lossless.webp", lossless
    yield "alpha.webp", alpha
    yield "alpha-lossless-exact.webp", encoded(picture(70, 60, "RGBA"), "WEBP", lossless=True, exact=True)
    yield "lossy-quality-1.webp", encoded(picture(70, 60), "WEBP", quality=1)
    yield "solid.webp", encoded(picture(1, 1).resize((500, 400)), "WEBP", lossless=True)
    yield "orientation.webp", encoded(picture(70, 50), "WEBP", exif=exif_orientation(8))
    frames = [picture(60, 50, "RGBA", seed) for seed in (1, 2, 3)]
    yield "animated.webp", encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50)
    opaque = [picture(60, 50, "RGB", seed) for seed in (1, 2)]
    yield "animated-opaque.webp", encoded(opaque[0], "WEBP", save_all=True, append_images=opaque[1:], quality=50)
    yield "animated-lossless.webp", encoded(opaque[0], "WEBP", save_all=True, append_images=opaque[1:], lossless=True)
    yield "animated-offset.webp", animated_offset(False)
    yield "animated-offset-alpha.webp", animated_offset(True)
    yield "cut-half.webp", lossy[: len(lossy) // 2]
    yield "cut-half-lossless.webp", lossless[: len(lossless) // 2]
    yield "one-byte-short.webp", lossy[:-1]
    yield "riff-size-small.webp", lossy[:4] + struct.pack("<I", 100) + lossy[8:]
    yield "riff-size-large.webp", lossy[:4] + struct.pack("<I", len(lossy) * 4) + lossy[8:]
    yield "trailing-garbage.webp", lossy + b"garbage" * 20
    yield "bit-flips.webp", bytes(v ^ (0x10 if i % 97 == 60 else 0) for i, v in enumerate(lossy))
    yield "bit-flips-lossless.webp", bytes(v ^ (0x10 if i % 97 == 60 else 0) for i, v in enumerate(lossless))
    yield "vp8x-wrong-canvas.webp", wrong_canvas(alpha)
    yield "unknown-chunk.webp", riff(lossy[12:] + b"ABCD\4\0\0\0what")
    yield "vp8x-alone.webp", riff(b"VP8X\x0a\0\0\0" + bytes(4) + b"\x3f\0\0\x3f\0\0")
    yield "header-only.webp", lossy[:12]
    yield "bomb-63mp.webp", BOMB


def riff(body):
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def wrong_canvas(data):
    at = data.index(b"VP8X") + 12
    return data[:at] + struct.pack("<I", 99)[:3] + data[at + 3 :]


def animated_offset(alpha):
    """One frame at (20, 10) of a canvas of 100 x 80."""
    mode = "RGBA" if alpha else "RGB"
    still = encoded(picture(60, 50, mode), "WEBP", lossless=True)
    image = still[12:]
    place = b"".join(struct.pack("<I", v)[:3] for v in (10, 5, 59, 49, 50)) + b"\0"
    frame = b"ANMF" + struct.pack("<I", len(place) + len(image)) + place + image
    canvas = b"VP8X\x0a\0\0\0" + bytes([0x12 if alpha else 2, 0, 0, 0]) + struct.pack("<I", 99)[:3] + struct.pack("<I", 79)[:3]
    return riff(canvas + b"ANIM\6\0\0\0\x10\x20\x30\xff\0\0" + frame)


def lossless_solid(width, height):
    """VP8L without any entropy: four prefix codes of one symbol each, so the whole image costs no bit."""
    bits = 0
    count = 0

    def put(value, width_bits):
        nonlocal bits, count
        bits |= value << count
        count += width_bits

    put(0x2F, 8)
    put(width - 1, 14)
    put(height - 1, 14)
    put(0, 1)
    put(0, 3)
    put(0, 1)  # no transform
    put(0, 1)  # no colour cache
    put(0, 1)  # one group of prefix codes
    for symbol in (120, 60, 200, 255, 0):
        put(1, 1)  # simple code
        put(0, 1)  # of one symbol
        put(1, 1)  # which has 8 bits
        put(symbol, 8)
    body = bits.to_bytes((count + 7) // 8, "little")
    return riff(b"VP8L" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))


BOMB = lossless_solid(8000, 7900)
