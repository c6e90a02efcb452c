"""Formats that Pillow reads and we refuse by name, and files that are no images."""
from PIL import Image

from . import encoded, picture

NAMES = {"JPEG2000": "jp2", "PPM": "ppm", "TGA": "tga", "PCX": "pcx", "DDS": "dds", "SGI": "sgi", "QOI": "qoi"}


def files():
    for kind, extension in NAMES.items():
        yield f"{kind.lower()}.{extension}", encoded(picture(64, 64), kind)
    yield "icns.icns", icns()
    yield "codestream.j2k", encoded(picture(40, 40), "JPEG2000", no_jp2=True)
    yield "grey.pgm", encoded(picture(40, 30, "L"), "PPM")
    yield "bilevel.pbm", encoded(picture(40, 30, "L").convert("1"), "PPM")
    yield "plain.ppm", b"P3\n2 2\n255\n" + b" ".join(b"%d" % v for v in range(12))
    yield "float.pfm", encoded(picture(10, 8, "L").convert("F"), "PPM")
    yield "msp.msp", encoded(picture(32, 32, "L").convert("1"), "MSP")
    yield "xbm.xbm", encoded(picture(32, 32, "L").convert("1"), "XBM")
    yield "im.im", encoded(picture(32, 32), "IM")
    yield "spider.spi", encoded(picture(32, 32, "L").convert("F"), "SPIDER")
    yield "eps.eps", encoded(picture(16, 16), "EPS")
    yield "pdf.pdf", encoded(picture(16, 16), "PDF")
    yield "psd.psd", psd()
    yield "blp.blp", encoded(Image.new("P", (16, 16)), "BLP")
    yield "svg.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    yield "html.jpg", b"<!DOCTYPE html><title>gone</title>"
    yield "empty.jpg", b""
    yield "zeros.png", bytes(3000)
    yield "text.gif", b"not a GIF at all"


def icns():
    import struct

    entry = encoded(picture(64, 64), "PNG")
    return b"icns" + struct.pack(">I", 16 + len(entry)) + b"icp6" + struct.pack(">I", 8 + len(entry)) + entry


def psd():
    import struct

    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3)
    return header + bytes(12) + struct.pack(">H", 0) + bytes(range(192))
