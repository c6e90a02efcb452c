"""Makes test/tables/fixtures/pyarrow: the same rows as Parquet in the forms that pyarrow can give them, and as JSON.

Run once with Python 3, numpy and pyarrow (made with pyarrow 25.0.1):  python3 scripts/make-pyarrow-fixtures.py
tags-*.parquet have a hash and a score, metadata-*.parquet also URL, caption and columns of nested types.
"""
import json
import math
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = os.path.join(os.path.dirname(__file__), '..', 'test', 'shards', 'fixtures', 'pyarrow')
ROWS = 60
COLUMN_TYPES = {
    'large': pa.large_string(),
    'view': pa.string_view(),
    'binary': pa.binary(),
    'dictionary': pa.dictionary(pa.int32(), pa.string()),
}


def make_rows(random):
    hashes = random.integers(-(2**63), 2**63 - 1, ROWS, dtype=np.int64)
    hashes[:2] = [-(2**63), 2**63 - 1]
    # Quarters: every form below can hold them.
    scores = [float(score) for score in random.integers(0, 40, ROWS) / 4]
    scores[3] = None
    scores[4] = -0.0
    return hashes, scores


def write(name, columns, **options):
    pq.write_table(pa.table(columns), os.path.join(FOLDER, f'{name}.parquet'), **options)


def write_tags(hashes, scores):
    single = pa.array(scores, pa.float32())
    plain = {'hash': pa.array(hashes), 'prediction': single}
    for codec in ('snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'none'):
        write(f'tags-{codec}', plain, compression=codec, row_group_size=25)
    write('tags-pages-v2', plain, data_page_version='2.0', write_page_checksum=True, write_page_index=True)
    encodings = {'hash': 'DELTA_BINARY_PACKED', 'prediction': 'BYTE_STREAM_SPLIT'}
    write('tags-delta', plain, use_dictionary=False, column_encoding=encodings)
    write('tags-uint64', {**plain, 'hash': pa.array(hashes.view(np.uint64))})
    write('tags-dictionary', {**plain, 'prediction': single.dictionary_encode()})
    for name, kind in (('float16', pa.float16()), ('float64', pa.float64()), ('decimal', pa.decimal128(6, 2))):
        write(f'tags-{name}', {**plain, 'prediction': single.cast(pa.float64()).cast(kind)})


def write_metadata(hashes, scores):
    urls = [f'http://host/{row}-ü.jpg' for row in range(ROWS)]
    captions = [None if row % 7 == 0 else f'caption {row} ☕' for row in range(ROWS)]
    for name, kind in COLUMN_TYPES.items():
        columns = {
            'URL': pa.array(urls, pa.string()).cast(kind),
            'TEXT': pa.array(captions, pa.string()).cast(kind),
            'hash': pa.array(hashes),
            'aesthetic': pa.array(scores, pa.float32()),
            'when': pa.array(range(ROWS), pa.timestamp('us')),
            'labels': pa.array([[f'l{row}', None] for row in range(ROWS)]),
            'box': pa.array([{'x': row, 'y': row / 2} for row in range(ROWS)]),
        }
        write(f'metadata-{name}', columns, row_group_size=25)
    return urls, captions


def main():
    os.makedirs(FOLDER, exist_ok=True)
    hashes, scores = make_rows(np.random.default_rng(11))
    write_tags(hashes, scores)
    urls, captions = write_metadata(hashes, scores)
    assert not any(score is not None and math.isnan(score) for score in scores)
    rows = [
        {'URL': url, 'TEXT': caption, 'hash': str(key), 'score': score}
        for url, caption, key, score in zip(urls, captions, hashes, scores)
    ]
    with open(os.path.join(FOLDER, 'rows.json'), 'w', encoding='utf-8') as file:
        json.dump(rows, file, ensure_ascii=False, indent=1)


main()
