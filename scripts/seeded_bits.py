"""The random numbers of training, in Python: the same bits from the same name, for fixtures."""
import hashlib
import math
import struct

MASK = 2**32 - 1


def random_bits(name):
    """sfc32 from sha256 of a name."""
    a, b, c, counter = struct.unpack("<4I", hashlib.sha256(name.encode()).digest()[:16])
    while True:
        total = (a + b + counter) & MASK
        counter = (counter + 1) & MASK
        a = b ^ (b >> 9)
        b = (c + (c << 3)) & MASK
        c = (((c << 21) | (c >> 11)) + total) & MASK
        yield total


def uniform(bits):
    return next(bits) / 2**32


def shuffled(count, bits):
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        other = math.floor(uniform(bits) * (i + 1))
        order[i], order[other] = order[other], order[i]
    return order
