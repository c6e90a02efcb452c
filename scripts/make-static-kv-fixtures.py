"""Makes test/store/fixtures/static-kv: rows, and the files that Python's static-ondisk-kv writes for them.

Run once with Python 3 and numpy:  python3 scripts/make-static-kv-fixtures.py
The library sorts by key, drops rows with a null, and packs key and values one after the other with `struct`.
"""
import os
import struct

import numpy as np

FOLDER = os.path.join(os.path.dirname(__file__), '..', 'test', 'store', 'fixtures', 'static-kv')
NAMES = ('aesthetic', 'punsafe', 'pwatermark')
FILES = (
    ('e', ('aesthetic',)),
    ('ee', ('pwatermark', 'punsafe')),
    ('eee', ('aesthetic', 'punsafe', 'pwatermark')),
    ('f', ('aesthetic',)),
    ('ff', ('punsafe', 'aesthetic')),
)
ROWS = 200


def make_rows(random):
    keys = np.unique(random.integers(-(2**63), 2**63 - 1, ROWS, dtype=np.int64))
    keys[0], keys[-1] = -(2**63), 2**63 - 1
    keys[ROWS // 2] = 0
    keys.sort()
    aesthetic = random.normal(5, 2, ROWS).astype(np.float32)
    # Ties between two float16, subnormal ones, the greatest that is not rounded to infinity, and zeros.
    aesthetic[:40] = (random.integers(2048, 4096, 40) / 256 + 1 / 512).astype(np.float32)
    aesthetic[40:80] = np.exp(random.uniform(-20, -8, 40)).astype(np.float32)
    aesthetic[80:86] = [65504, 65519.996, -65519.996, 0.0, -0.0, np.inf]
    scores = {'aesthetic': aesthetic}
    for name in NAMES[1:]:
        scores[name] = random.random(ROWS).astype(np.float32)
    for name in NAMES:
        scores[name][random.random(ROWS) < 0.1] = np.nan
    return keys, scores


def text(score):
    return '' if np.isnan(score) else repr(float(score))


def main():
    os.makedirs(FOLDER, exist_ok=True)
    random = np.random.default_rng(20260102)
    keys, scores = make_rows(random)
    with open(os.path.join(FOLDER, 'rows.csv'), 'w') as file:
        file.write(f'hash,{",".join(NAMES)}\n')
        for row in random.permutation(ROWS):
            file.write(f'{keys[row]},{",".join(text(scores[name][row]) for name in NAMES)}\n')
    for value_format, columns in FILES:
        with open(os.path.join(FOLDER, f'{"-".join(columns)}.{value_format}.kv'), 'wb') as file:
            for row, key in enumerate(keys):
                values = [float(scores[name][row]) for name in columns]
                if not any(np.isnan(values)):
                    file.write(struct.pack('q', int(key)) + struct.pack(value_format, *values))


if __name__ == '__main__':
    main()
