"""PNG: damaged checksums and streams, missing and misplaced chunks, every colour type and depth."""
import struct
import zlib

import numpy as np

from . import encoded, exif_orientation, picture, png_chunk, values

SIGNATURE = b"\x89PNG\r\n\x1a\n"
WIDTH, HEIGHT = 64, 48


def chunks_of(data):
    at, out = 8, []
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        out.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return out


def joined(chunks):
    return SIGNATURE + b"".join(png_chunk(*chunk) for chunk in chunks)


def header(width, height, bits, colour, interlace=0, compression=0, filtering=0):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, compression, filtering, interlace)


END = (b"IEND", b"")


def rows_of(image):
    data = np.asarray(image)
    return b"".join(b"\0" + row.tobytes() for row in data)


def files():
    rgb = picture(WIDTH, HEIGHT)
    raw = rows_of(rgb)
    stream = zlib.compress(raw, 9)
    ihdr = header(WIDTH, HEIGHT, 8, 2)
    yield from damaged_streams(ihdr, raw, stream)
    yield from damaged_chunks(ihdr, stream)
    yield from extra_chunks(ihdr, stream)
    yield from kinds()
    yield from bombs(ihdr, stream)


def damaged_streams(ihdr, raw, stream):
    def of(data):
        return joined([ihdr, (b"IDAT", data), END])

    yield "plain.png", of(stream)
    yield "idat-crc-wrong.png", joined([ihdr, (b"IDAT", stream, 1), END])
    yield "idat-crc-wrong-split.png", joined([ihdr, (b"IDAT", stream[:500], 7), (b"IDAT", stream[500:]), END])
    yield "adler-missing.png", of(stream[:-4])
    yield "adler-wrong.png", of(stream[:-4] + b"\1\2\3\4")
    yield "stream-one-byte-short.png", of(stream[:-5])
    yield "stream-half.png", of(stream[: len(stream) // 2])
    yield "stream-bit-flip.png", of(stream[:900] + bytes([stream[900] ^ 4]) + stream[901:])
    yield "stream-empty.png", of(b"")
    yield "stream-extra.png", of(stream + b"more bytes than there should be")
    yield "stream-without-zlib-header.png", of(stream[2:])
    yield "zlib-window-wrong.png", of(b"\x18\x19" + stream[2:])
    short = zlib.compress(raw[: len(raw) // 2], 9)
    yield "rows-half.png", of(short)
    yield "rows-one-byte-short.png", of(zlib.compress(raw[:-1], 9))
    yield "rows-too-many.png", of(zlib.compress(raw + raw[:400], 9))
    yield "filter-unknown.png", of(zlib.compress(raw[: 193 * 5] + b"\x09" + raw[193 * 5 + 1 :], 9))
    filters = b"".join(bytes([y % 5]) + raw[193 * y + 1 : 193 * (y + 1)] for y in range(HEIGHT))
    yield "all-filters.png", of(zlib.compress(filters, 9))
    yield "stored-stream.png", of(zlib.compress(raw, 0))
    yield "cgbi.png", joined([(b"CgBI", b"\x50\0\x20\x02"), ihdr, (b"IDAT", stream[2:-4]), END])


def damaged_chunks(ihdr, stream):
    idat = (b"IDAT", stream)
    yield "iend-missing.png", joined([ihdr, idat])
    yield "iend-crc-wrong.png", joined([ihdr, idat, (b"IEND", b"", 5)])
    yield "iend-cut.png", joined([ihdr, idat, END])[:-6]
    yield "idat-crc-cut.png", joined([ihdr, idat])[:-2]
    yield "idat-missing.png", joined([ihdr, END])
    yield "ihdr-missing.png", joined([idat, END])
    yield "ihdr-crc-wrong.png", joined([(*ihdr, 1), idat, END])
    yield "ihdr-twice.png", joined([ihdr, ihdr, idat, END])
    yield "ihdr-long.png", joined([(b"IHDR", ihdr[1] + b"\0\0"), idat, END])
    yield "ihdr-late.png", joined([(b"tEXt", b"a\0b"), ihdr, idat, END])
    yield "text-crc-wrong.png", joined([ihdr, (b"tEXt", b"Title\0x", 3), idat, END])
    yield "text-crc-wrong-after-idat.png", joined([ihdr, idat, (b"tEXt", b"Title\0x", 3), END])
    yield "gama-crc-wrong.png", joined([ihdr, (b"gAMA", struct.pack(">I", 45455), 3), idat, END])
    yield "unknown-ancillary.png", joined([ihdr, (b"abCd", b"what"), idat, END])
    yield "unknown-ancillary-crc-wrong.png", joined([ihdr, (b"abCd", b"what", 3), idat, END])
    yield "unknown-critical.png", joined([ihdr, (b"ABCD", b"what"), idat, END])
    yield "chunk-name-not-letters.png", joined([ihdr, (b"1\0!?", b"what"), idat, END])
    yield "chunk-length-past-end.png", joined([ihdr])[:-0 or None] + struct.pack(">I", 2**30) + b"tEXtabc"
    yield "text-between-idats.png", joined([ihdr, (b"IDAT", stream[:700]), (b"tEXt", b"a\0b"), (b"IDAT", stream[700:]), END])
    yield "idat-empty-first.png", joined([ihdr, (b"IDAT", b""), idat, END])
    yield "idat-of-seven-bytes.png", joined([ihdr, *[(b"IDAT", stream[i : i + 7]) for i in range(0, len(stream), 7)], END])
    yield "trailing-garbage.png", joined([ihdr, idat, END]) + b"garbage" * 30
    yield "signature-crlf.png", joined([ihdr, idat, END]).replace(b"\r\n\x1a\n", b"\n\x1a\n", 1)
    yield "width-zero.png", joined([header(0, HEIGHT, 8, 2), idat, END])
    yield "bits-3.png", joined([header(WIDTH, HEIGHT, 3, 2), idat, END])
    yield "colour-type-5.png", joined([header(WIDTH, HEIGHT, 8, 5), idat, END])
    yield "compression-9.png", joined([header(WIDTH, HEIGHT, 8, 2, compression=9), idat, END])
    yield "filter-method-1.png", joined([header(WIDTH, HEIGHT, 8, 2, filtering=1), idat, END])
    yield "interlace-2.png", joined([header(WIDTH, HEIGHT, 8, 2, interlace=2), idat, END])
    yield "interlace-claimed.png", joined([header(WIDTH, HEIGHT, 8, 2, interlace=1), idat, END])


def extra_chunks(ihdr, stream):
    idat = (b"IDAT", stream)
    yield "rgb-with-plte.png", joined([ihdr, (b"PLTE", bytes(range(48))), idat, END])
    yield "plte-after-idat.png", joined([ihdr, idat, (b"PLTE", bytes(48)), END])
    yield "iccp-broken.png", joined([ihdr, (b"iCCP", b"x\0\0not zlib"), idat, END])
    yield "iccp-empty.png", joined([ihdr, (b"iCCP", b""), idat, END])
    yield "exif-orientation.png", encoded(picture(60, 40), "PNG", exif=exif_orientation(6))
    yield "srgb-twice.png", joined([ihdr, (b"sRGB", b"\0"), (b"sRGB", b"\1"), idat, END])
    yield "phys-short.png", joined([ihdr, (b"pHYs", b"\0\0"), idat, END])
    yield "trns-rgb.png", joined([ihdr, (b"tRNS", struct.pack(">HHH", 10, 20, 30)), idat, END])
    yield "trns-short.png", joined([ihdr, (b"tRNS", b"\0"), idat, END])
    yield "bkgd.png", joined([ihdr, (b"bKGD", struct.pack(">HHH", 10, 20, 30)), idat, END])
    frame = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)
    yield "apng.png", joined([ihdr, (b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", frame), idat, END])
    yield "apng-saved.png", encoded(
        picture(60, 50), "PNG", save_all=True, append_images=[picture(60, 50, seed=2)], duration=50
    )
    hidden = [picture(60, 50, seed=2), picture(60, 50, seed=3)]
    yield "apng-default-image.png", encoded(
        picture(60, 50), "PNG", save_all=True, default_image=True, append_images=hidden, duration=50
    )


def kinds():
    random = np.random.default_rng(5)
    for colour, channels, depths in ((0, 1, (1, 2, 4, 8, 16)), (2, 3, (8, 16)), (4, 2, (8, 16)), (6, 4, (8, 16))):
        for bits in depths:
            for interlace in (0, 1):
                rows = [packed_row(random, width, channels, bits) for width in row_widths(WIDTH, HEIGHT, interlace)]
                data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
                name = f"kind-{colour}-{bits}{'-interlaced' if interlace else ''}.png"
                yield name, joined([header(WIDTH, HEIGHT, bits, colour, interlace), (b"IDAT", data), END])
    for bits in (1, 2, 4, 8):
        rows = [packed_row(random, WIDTH, 1, bits) for _ in range(HEIGHT)]
        data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
        ihdr, idat = header(WIDTH, HEIGHT, bits, 3), (b"IDAT", data)
        palette = random.integers(0, 256, 3 * 2**bits, dtype=np.uint8).tobytes()
        yield f"palette-{bits}.png", joined([ihdr, (b"PLTE", palette), idat, END])
        yield f"palette-{bits}-missing.png", joined([ihdr, idat, END])
        yield f"palette-{bits}-short.png", joined([ihdr, (b"PLTE", palette[: 3 * 2 ** (bits - 1)]), idat, END])
        yield f"palette-{bits}-trns.png", joined([ihdr, (b"PLTE", palette), (b"tRNS", b"\0\x80"), idat, END])
    smooth = (values(WIDTH, HEIGHT, 1).astype(np.uint16) * 257)[:, :, 0]
    for name, deep in (("full", smooth), ("dark", smooth // 400), ("middle", smooth // 2 + 9000)):
        data = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep), 9)
        yield f"grey16-{name}.png", joined([header(WIDTH, HEIGHT, 16, 0), (b"IDAT", data), END])
        big = np.kron(deep, np.ones((6, 6), np.uint16))
        data = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in big), 9)
        yield f"grey16-{name}-large.png", joined([header(WIDTH * 6, HEIGHT * 6, 16, 0), (b"IDAT", data), END])
    yield "grey16-trns.png", joined(
        [header(WIDTH, HEIGHT, 16, 0), (b"tRNS", b"\0\5"), (b"IDAT", zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in smooth))), END]
    )


def packed_row(random, width, channels, bits):
    return random.integers(0, 256, (width * channels * bits + 7) // 8, dtype=np.uint8).tobytes()


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def row_widths(width, height, interlace):
    if not interlace:
        return [width] * height
    out = []
    for x, y, dx, dy in ADAM7:
        out += [len(range(x, width, dx))] * len(range(y, height, dy))
    return out


def bombs(ihdr, stream):
    million = zlib.compress(b"\0" * 20_000_000, 9)
    idat = (b"IDAT", stream)
    yield "bomb-ztxt.png", joined([ihdr, (b"zTXt", b"Comment\0\0" + million), idat, END])
    yield "bomb-itxt.png", joined([ihdr, (b"iTXt", b"Comment\0\1\0\0\0" + million), idat, END])
    yield "bomb-iccp.png", joined([ihdr, (b"iCCP", b"icc\0\0" + million), idat, END])
    strip = zlib.compress(b"\0\0" * 9_000_000, 9)
    yield "bomb-1x9000000.png", joined([header(1, 9_000_000, 1, 0), (b"IDAT", strip), END])
