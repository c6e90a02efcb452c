"""Makes test/rescore/fixtures/embeddings and test/tables/fixtures/columns: what pyarrow writes and DuckDB cannot.

Run once with Python 3, numpy and pyarrow (made with pyarrow 25.0.1):  python3 scripts/make-column-fixtures.py
"""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = os.path.join(os.path.dirname(__file__), "..", "test")
DIMENSION = 8


def embeddings() -> None:
    folder = os.path.join(ROOT, "rescore", "fixtures", "embeddings")
    rows = np.random.default_rng(5).normal(size=(40, DIMENSION))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    url = pa.array([f"http://h/{i}.jpg" for i in range(len(rows))])
    for name, type_ in [("half", pa.float16()), ("single", pa.float32()), ("double", pa.float64())]:
        flat = pa.array(rows.astype(type_.to_pandas_dtype()).ravel(), type_)
        fixed = pa.FixedSizeListArray.from_arrays(flat, DIMENSION)
        offsets = pa.array(np.arange(0, flat.__len__() + 1, DIMENSION, dtype=np.int32))
        for kind, column in [("fixed", fixed), ("list", pa.ListArray.from_arrays(offsets, flat))]:
            table = pa.table({"url": url, "embedding": column})
            pq.write_table(table, os.path.join(folder, f"{name}-{kind}.parquet"), row_group_size=17)
    np.save(os.path.join(folder, "rows.npy"), rows)


def columns() -> None:
    """One NaN between two numbers, with and without statistics; and nulls without a type, within lists too."""
    folder = os.path.join(ROOT, "shards", "fixtures", "columns")
    negative = np.array([0xFFC00000], dtype=np.uint32).view(np.float32)[0]
    for bits in [32, 64]:
        kind = np.float32 if bits == 32 else np.float64
        values = pa.array(np.array([0.125, np.nan, negative, 0.875], dtype=kind))
        table = pa.table(
            {
                "hash": pa.array([1, 2, 3, 4], pa.int64()),
                "URL": [f"http://h/{i}" for i in range(4)],
                "similarity": values,
                "punsafe": values,
            }
        )
        for statistics in [True, False]:
            name = f"nan{bits}-{'with' if statistics else 'without'}-statistics.parquet"
            pq.write_table(table, os.path.join(folder, name), write_statistics=statistics)
    nulls = {"URL": ["http://h/0"], "TEXT": pa.nulls(1), "hash": pa.nulls(1), "WIDTH": pa.nulls(1)}
    nulls["tags"] = pa.array([[None]], pa.list_(pa.null()))
    nulls["point"] = pa.nulls(1)
    pq.write_table(pa.table(nulls), os.path.join(folder, "nulls.parquet"))
    filled = {"URL": ["http://h/1"], "TEXT": ["words"], "hash": pa.array([7], pa.uint64()), "WIDTH": [512]}
    filled["tags"] = pa.array([["a", "b"]], pa.list_(pa.string()))
    filled["point"] = pa.array([{"x": 1.5}], pa.struct([("x", pa.float64())]))
    pq.write_table(pa.table(filled), os.path.join(folder, "nulls-filled.parquet"))


embeddings()
columns()
