"""GIF: frames off their screen, palettes of every kind, transparency, cut data."""
import struct

import numpy as np

from . import encoded, picture


def lzw(pixels, bits):
    """Uncompressed LZW: a clear code often enough that code size never grows."""
    clear, width = 1 << bits, bits + 1
    out, buffer, held = bytearray(), 0, 0

    def put(code):
        nonlocal buffer, held
        buffer |= code << held
        held += width
        while held >= 8:
            out.append(buffer & 255)
            buffer >>= 8
            held -= 8

    for i, pixel in enumerate(pixels):
        if i % (clear - 2) == 0:
            put(clear)
        put(int(pixel))
    put(clear + 1)
    if held:
        out.append(buffer & 255)
    blocks = b"".join(bytes([len(part)]) + part for part in (bytes(out[i : i + 255]) for i in range(0, len(out), 255)))
    return bytes([bits]) + blocks + b"\0"


def screen(width, height, palette=None, background=0):
    if palette is None:
        return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, background, 0)
    size = (len(palette) // 3).bit_length() - 2
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF0 | size, background, 0) + palette


def frame(box, bits=4, palette=None, interlace=False, seed=1):
    left, top, width, height = box
    flags = 0x40 if interlace else 0
    if palette:
        flags |= 0x80 | ((len(palette) // 3).bit_length() - 2)
    pixels = np.random.default_rng(seed).integers(0, 2**bits, (height // 4 + 1, width // 4 + 1))
    pixels = np.kron(pixels, np.ones((4, 4), int))[:height, :width].ravel()
    head = b"," + struct.pack("<HHHHB", left, top, width, height, flags)
    return head + (palette or b"") + lzw(pixels, bits)


def control(transparent=None, disposal=0, delay=10):
    flags = disposal << 2 | (transparent is not None)
    return b"!\xf9\4" + struct.pack("<BHB", flags, delay, transparent or 0) + b"\0"


def palette_of(count, seed=3):
    return np.random.default_rng(seed).integers(0, 256, 3 * count, dtype=np.uint8).tobytes()


RAMP16 = bytes(v for i in range(16) for v in (i, i, i))
SPREAD16 = bytes(v for i in range(16) for v in (i * 17,) * 3)


def files():
    colours = palette_of(16)
    yield "screen-640x480-small-frame.gif", screen(640, 480, colours) + frame((0, 0, 90, 60)) + b";"
    yield "screen-800x600-offset.gif", screen(800, 600, colours) + frame((100, 50, 120, 90)) + b";"
    yield "frame-offset.gif", screen(120, 100, colours) + frame((30, 20, 60, 50)) + b";"
    yield "frame-offset-background-3.gif", screen(120, 100, colours, 3) + frame((30, 20, 60, 50)) + b";"
    yield "frame-offset-transparent.gif", screen(120, 100, colours, 3) + control(5) + frame((30, 20, 60, 50)) + b";"
    yield "frame-offset-local.gif", screen(120, 100, colours) + frame((30, 20, 60, 50), palette=palette_of(16, 4)) + b";"
    yield "frame-beyond-screen.gif", screen(60, 50, colours) + frame((30, 20, 60, 50)) + b";"
    yield "frame-outside-screen.gif", screen(60, 50, colours) + frame((70, 60, 30, 20)) + b";"
    yield "screen-zero.gif", screen(0, 0, colours) + frame((0, 0, 60, 50)) + b";"
    yield "screen-one.gif", screen(1, 1, colours) + frame((0, 0, 60, 50)) + b";"
    yield "frame-zero-width.gif", screen(60, 50, colours) + frame((0, 0, 0, 50)) + b";"
    yield "full-transparent-index.gif", screen(64, 64, colours) + control(2) + frame((0, 0, 64, 64)) + b";"
    yield "transparent-index-past-palette.gif", screen(64, 64, colours) + control(200) + frame((0, 0, 40, 64)) + b";"
    yield "local-palette.gif", screen(64, 64) + frame((0, 0, 64, 64), palette=colours) + b";"
    yield "no-palette.gif", screen(64, 64) + frame((0, 0, 64, 64)) + b";"
    yield "no-palette-offset.gif", screen(90, 90) + frame((9, 9, 64, 64)) + b";"
    yield "grey-ramp-global.gif", screen(64, 64, RAMP16) + frame((0, 0, 64, 64)) + b";"
    yield "grey-ramp-local.gif", screen(64, 64, colours) + frame((0, 0, 64, 64), palette=RAMP16) + b";"
    yield "grey-ramp-local-only.gif", screen(64, 64) + frame((0, 0, 64, 64), palette=RAMP16) + b";"
    yield "grey-ramp-global-colour-local.gif", screen(64, 64, RAMP16) + frame((0, 0, 64, 64), palette=colours) + b";"
    yield "grey-ramp-transparent.gif", screen(90, 90, RAMP16) + control(9) + frame((10, 10, 64, 64)) + b";"
    yield "grey-spread.gif", screen(64, 64, SPREAD16) + frame((0, 0, 64, 64)) + b";"
    yield "palette-short.gif", screen(64, 64, palette_of(4)) + frame((0, 0, 64, 64)) + b";"
    yield "palette-256.gif", screen(64, 64, palette_of(256)) + frame((0, 0, 64, 64), bits=8) + b";"
    yield "palette-2.gif", screen(64, 64, palette_of(2)) + frame((0, 0, 64, 64), bits=2) + b";"
    yield "interlaced.gif", screen(64, 61, colours) + frame((0, 0, 64, 61), interlace=True) + b";"
    yield "interlaced-offset.gif", screen(80, 90, colours) + frame((7, 9, 64, 61), interlace=True) + b";"
    two = frame((0, 0, 64, 64)) + control(1, 2) + frame((10, 10, 30, 30), seed=2)
    yield "two-frames.gif", screen(64, 64, colours) + control() + two + b";"
    yield "second-frame-larger.gif", screen(64, 64, colours) + frame((0, 0, 64, 64)) + frame((0, 0, 99, 99), seed=2) + b";"
    yield "second-frame-broken.gif", screen(64, 64, colours) + frame((0, 0, 64, 64)) + b",\0\0broken"
    yield "controls-many.gif", screen(64, 64, colours) + control(3) * 40 + control() + frame((0, 0, 64, 64)) + b";"
    yield "comment-netscape.gif", screen(64, 64, colours) + b"!\xfe\5hello\0" + b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0" + frame((0, 0, 64, 64)) + b";"
    yield "unknown-extension.gif", screen(64, 64, colours) + b"!\x42\3abc\0" + frame((0, 0, 64, 64)) + b";"
    yield "garbage-before-frame.gif", screen(64, 64, colours) + b"\0\0xyz" + frame((0, 0, 64, 64)) + b";"
    whole = screen(64, 64, colours) + frame((0, 0, 64, 64)) + b";"
    yield "no-trailer.gif", whole[:-1]
    yield "cut-terminator.gif", whole[:-2]
    yield "cut-half.gif", whole[: len(whole) // 2]
    yield "cut-last-block.gif", whole[:-12]
    yield "half-closed.gif", closed_half(whole)
    yield "no-frame.gif", screen(64, 64, colours) + b";"
    yield "header-only.gif", b"GIF89a"
    yield "trailing-garbage.gif", whole + b"garbage" * 20
    yield "version-87a.gif", b"GIF87a" + whole[6:]
    yield "lzw-bits-12.gif", whole[: 13 + 48 + 10] + b"\x0c" + whole[13 + 48 + 11 :]
    yield "lzw-bits-0.gif", whole[: 13 + 48 + 10] + b"\x00" + whole[13 + 48 + 11 :]
    yield "lzw-bits-1.gif", screen(64, 64, palette_of(2)) + frame((0, 0, 64, 64), bits=2).replace(b"\0\2\xff", b"\0\1\xff", 1) + b";"
    yield "lzw-code-unknown.gif", whole[:200] + b"\xff" * 9 + whole[209:]
    yield "pillow-saved.gif", encoded(picture(70, 60).quantize(64), "GIF")
    frames = [picture(60, 50, seed=seed).quantize(32) for seed in (4, 5)]
    yield "pillow-animated.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, disposal=2)
    yield "bomb-screen-65535.gif", screen(65535, 65535, colours) + frame((0, 0, 8, 8)) + b";"
    yield "bomb-screen-8000.gif", screen(8000, 7900, colours) + frame((0, 0, 8, 8)) + b";"


def closed_half(whole):
    """Whole blocks of the first half, and the block terminator: fewer pixels than the frame has."""
    at = 13 + 48 + 11
    end = at
    while end < len(whole) // 2:
        end += 1 + whole[end]
    return whole[:end] + b"\0;"
