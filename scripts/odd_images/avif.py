"""AVIF: chroma formats, ranges, depth, alpha, rotation, animation."""
import base64
import struct

from . import encoded, picture


def files():
    for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
        name = subsampling.replace(":", "")
        yield f"chroma-{name}.avif", encoded(picture(80, 60), "AVIF", quality=60, subsampling=subsampling)
        yield f"chroma-{name}-limited.avif", encoded(picture(80, 60), "AVIF", quality=60, subsampling=subsampling, range="limited")
    yield "odd-size-420.avif", encoded(picture(81, 61), "AVIF", quality=60)
    yield "quality-100.avif", encoded(picture(80, 60), "AVIF", quality=100)
    yield "alpha.avif", encoded(picture(80, 60, "RGBA"), "AVIF", quality=60)
    yield "alpha-premultiplied.avif", encoded(picture(80, 60, "RGBA"), "AVIF", quality=60, alpha_premultiplied=True)
    yield "grey.avif", encoded(picture(80, 60, "L"), "AVIF", quality=60)
    for orientation in range(2, 9):
        exif = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0" + bytes([orientation]) + b"\0\0\0\0\0\0\0"
        yield f"orientation-{orientation}.avif", encoded(picture(80, 50), "AVIF", quality=60, exif=exif)
    frames = [picture(60, 50, seed=seed) for seed in (2, 3)]
    yield "animated.avif", encoded(picture(60, 50), "AVIF", save_all=True, append_images=frames, quality=60)
    rgba = [picture(60, 50, "RGBA", seed) for seed in (2, 3)]
    yield "animated-alpha.avif", encoded(rgba[0], "AVIF", save_all=True, append_images=rgba[1:], quality=60)
    still = encoded(picture(80, 60), "AVIF", quality=60)
    yield "cut-half.avif", still[: len(still) // 2]
    yield "one-byte-short.avif", still[:-1]
    yield "trailing-garbage.avif", still + b"garbage" * 10
    yield "brand-mif1.avif", still.replace(b"ftypavif", b"ftypmif1", 1)
    yield "header-only.avif", still[:40]
    yield "bit-flips.avif", still[:-300] + bytes(v ^ (0x20 if i % 50 == 9 else 0) for i, v in enumerate(still[-300:]))
    at = still.index(b"ispe") + 8
    yield "ispe-wrong.avif", still[:at] + struct.pack(">II", 160, 120) + still[at + 8 :]
    yield "tiles.avif", encoded(picture(200, 150), "AVIF", quality=40, tile_rows=1, tile_cols=1)
    yield "ten-bits.avif", base64.b64decode(TEN_BITS)
    yield "twelve-bits-alpha.avif", base64.b64decode(TWELVE_BITS)
    yield "bomb-60mp.avif", bomb()
    yield "bomb-60mp-small-claim.avif", claiming(bomb(), 40, 30)


def bomb():
    from PIL import Image

    return encoded(Image.new("RGB", (7800, 7700), (90, 120, 60)), "AVIF", quality=1, speed=10)


def claiming(data, width, height):
    """Another size in the container than in the coded picture."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


# Pillow writes 8 bits only: these two were made with libavif's encoder (@jsquash/avif 2.1.1), 48 x 40 pixels.
TEN_BITS = """
AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAA
DnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAKUAAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlw
cnAAAABLaXBjbwAAABRpc3BlAAAAAAAAADAAAAAoAAAAEHBpeGkAAAAAAwoKCgAAAAxhdjFDgQBMAAAAABNjb2xybmNseAACAAIABoAAAAAXaXBtYQAA
AAAAAAABAAEEAQKDBAAAAK1tZGF0EgAKCRgVb52KBAQNCDKVARmAFVVVRADdOsxr4l4GGPNmilnqdwt86w3GjI/g//4K605g0g8UQ7ZTW45yR2QaD7F0
H8dbDQ65BOew7QBAGPywgPRcB9SIfgM+yVDZti50q5yAEwtEoXSJEgtvkAuQfLY8k2LxaVD2/Ss1Aefd/1qFnZHrOni94uiqT5cGiIAsW9a6+2L5Kubj
+HWfkYp/HRYpwasq
"""
TWELVE_BITS = """
AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAY1tZXRhAAAAAAAAAChoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAbGliYXZpZgAAAAAOcGl0
bQAAAAAAAQAAACxpbG9jAAAAAEQAAAIAAQAAAAEAAAHPAAAAYwACAAAAAQAAAbEAAAAeAAAAQmlpbmYAAAAAAAIAAAAaaW5mZQIAAAAAAQAAYXYwMUNv
bG9yAAAAABppbmZlAgAAAAACAABhdjAxQWxwaGEAAAAAGmlyZWYAAAAAAAAADmF1eGwAAgABAAEAAADDaXBycAAAAJ1pcGNvAAAAFGlzcGUAAAAAAAAA
MAAAACgAAAAQcGl4aQAAAAADDAwMAAAADGF2MUOBQGAAAAAAE2NvbHJuY2x4AAIAAgAGgAAAAA5waXhpAAAAAAEMAAAADGF2MUOBQHwAAAAAOGF1eEMA
AAAAdXJuOm1wZWc6bXBlZ0I6Y2ljcDpzeXN0ZW1zOmF1eGlsaWFyeTphbHBoYQAAAAAeaXBtYQAAAAAAAAACAAEEAQKDBAACBAEFhgcAAACJbWRhdBIA
CgZYFW+djqAyEhmAVVEAthkIrMjJXf4rnEy+IBIACglYFW+djQICBogyVBmAFVVVRADdK3E0r0Yz56QxgqEthrN/7YrGXIXUt0qq+5qFmycspXt0hoAu
cHC6iKFxkYQxYFLm0T0X0EzIaKvcumsuH1uT33oCyzqkCkPP9OcUcA==
"""
