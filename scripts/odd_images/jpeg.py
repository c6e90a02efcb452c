"""JPEG: cut scans, restart markers, odd component layouts, wrong markers."""
import struct

from . import encoded, exif_orientation, picture

SIZE = (96, 80)


def files():
    base = encoded(picture(*SIZE), "JPEG", quality=60)
    progressive = encoded(picture(*SIZE), "JPEG", quality=60, progressive=True)
    scan = base.index(b"\xff\xda")
    frame = base.index(b"\xff\xc0")
    yield "cut-closed-with-eoi.jpg", base[: scan + (len(base) - scan) // 2] + b"\xff\xd9"
    yield "cut-early-closed-with-eoi.jpg", base[: scan + 40] + b"\xff\xd9"
    yield "progressive-cut-closed-with-eoi.jpg", progressive[: len(progressive) // 2] + b"\xff\xd9"
    yield "cut-open.jpg", base[: len(base) // 2]
    yield "no-eoi.jpg", base[:-2]
    yield "one-byte-short.jpg", base[:-1]
    yield "last-bytes-missing.jpg", base[:-8]
    yield "trailing-garbage.jpg", base + b"garbage after the end" * 20
    yield "trailing-jpeg.jpg", base + encoded(picture(40, 40, seed=2), "JPEG")
    yield "bit-flips-in-scan.jpg", flipped(base, scan + 60, 12)
    yield "marker-in-scan.jpg", base[: scan + 200] + b"\xff\xd3" + base[scan + 200 :]
    yield "zeroed-scan.jpg", base[: scan + 14] + bytes(len(base) - scan - 16) + b"\xff\xd9"
    yield "zero-width.jpg", patched(base, frame + 7, struct.pack(">H", 0))
    yield "zero-height.jpg", patched(base, frame + 5, struct.pack(">H", 0))
    yield "taller-than-data.jpg", patched(base, frame + 5, struct.pack(">H", SIZE[1] * 2))
    yield "shorter-than-data.jpg", patched(base, frame + 5, struct.pack(">H", SIZE[1] // 2))
    yield "twelve-bits.jpg", patched(base, frame + 4, b"\x0c")
    yield "no-huffman-tables.jpg", without_segments(base, 0xC4)
    yield "no-quantisation-tables.jpg", without_segments(base, 0xDB)
    yield "fill-bytes.jpg", base[:2] + b"\xff" * 9 + base[2:]
    yield "garbage-between-segments.jpg", base[:frame] + b"\0garbage" + base[frame:]
    yield "segment-past-end.jpg", base[:2] + b"\xff\xe1\xff\xf0" + base[2:]
    yield "many-comments.jpg", base[:2] + b"\xff\xfe\x00\x04hi" * 50 + base[2:]
    yield "restart-markers.jpg", encoded(picture(*SIZE), "JPEG", quality=60, restart_marker_blocks=4)
    restarts = encoded(picture(*SIZE), "JPEG", quality=60, restart_marker_blocks=2)
    yield "restart-marker-lost.jpg", restarts.replace(b"\xff\xd2", b"", 1)
    yield "rgb-components.jpg", encoded(picture(*SIZE), "JPEG", quality=70, keep_rgb=True)
    yield "grey-2x2-sampling.jpg", grey_with_sampling(0x22)
    yield "subsampling-411.jpg", encoded(picture(*SIZE), "JPEG", quality=60, subsampling="4:1:1")
    yield "adobe-unknown-transform.jpg", with_adobe(base, 7)
    yield "adobe-rgb-for-ycc.jpg", with_adobe(base, 0)
    yield "cmyk-progressive.jpg", encoded(picture(*SIZE, "CMYK"), "JPEG", quality=60, progressive=True)
    yield "arithmetic.jpg", patched(base, frame + 1, b"\xc9")
    yield "lossless-frame.jpg", patched(base, frame + 1, b"\xc3")
    yield "hierarchical-frame.jpg", patched(base, frame + 1, b"\xc5")
    yield "two-frames.jpg", base[:frame] + base[frame : frame + 19] + base[frame:]
    yield "no-scan.jpg", base[:scan] + b"\xff\xd9"
    yield "header-only.jpg", base[:4]
    for orientation in (2, 5, 6, 8):
        exif = exif_orientation(orientation)
        yield f"orientation-{orientation}.jpg", encoded(picture(90, 60), "JPEG", quality=60, exif=exif)
    yield "exif-broken.jpg", encoded(picture(60, 60), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    yield "progressive-grey.jpg", encoded(picture(*SIZE, "L"), "JPEG", quality=60, progressive=True)
    yield "mpo.jpg", encoded(picture(64, 48), "MPO", save_all=True, append_images=[picture(64, 48, seed=3)])
    yield "strip-1x200.jpg", encoded(picture(1, 200), "JPEG", quality=80)
    yield "strip-400x2.jpg", encoded(picture(400, 2), "JPEG", quality=80)
    yield "scans-repeated.jpg", with_repeated_scan(progressive, 12)


def patched(data, at, replacement):
    return data[:at] + replacement + data[at + len(replacement) :]


def flipped(data, start, every):
    out = bytearray(data)
    for at in range(start, len(out) - 40, len(out) // every):
        out[at] ^= 0x10
    return bytes(out)


def without_segments(data, marker):
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] != marker:
            out += data[at:end]
        at = end
    return out + data[at:]


def grey_with_sampling(factors):
    data = encoded(picture(*SIZE, "L"), "JPEG", quality=60)
    at = data.index(b"\xff\xc0") + 11
    return patched(data, at, bytes([factors]))


def with_adobe(data, transform):
    return data[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform]) + data[2:]


def with_repeated_scan(data, times):
    """The last scan of a progressive file (a refinement of luma) once more and once more."""
    at = data.rindex(b"\xff\xda")
    return data[:-2] + data[at:-2] * times + b"\xff\xd9"
