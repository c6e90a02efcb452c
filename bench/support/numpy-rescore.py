# What one writes with numpy and pyarrow to score stored embeddings: the loop of LAION's scripts, and Parquet as zstd of key and
# score, with the metadata's columns where they are asked for. No hashes, lengths, sums per bucket, counts or digests.
# Arguments: the folder with img_emb/ and metadata/, weights.npy, the folder of the output, "metadata" or "scores".
import glob
import os
import sys

# A product with one vector: more threads wait for each other.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

folder, weights, out, columns = sys.argv[1:]
weights = np.load(weights).astype(np.float32)
os.makedirs(out, exist_ok=True)
for number, path in enumerate(sorted(glob.glob(f"{folder}/img_emb/*.npy"))):
    rows = np.load(path, mmap_mode="r")
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), 10000):
        scores[start : start + 10000] = rows[start : start + 10000].astype(np.float32) @ weights + 3.5
    places = pc.utf8_lpad(pa.array(np.arange(len(rows))).cast(pa.string()), 7, "0")
    table = {"key": pc.binary_join_element_wise(f"{number:05d}", places, "")}
    if columns == "metadata":
        metadata = pq.read_table(path.replace("img_emb", "metadata").replace(".npy", ".parquet"))
        table.update(zip(metadata.column_names, metadata.columns))
    table.update(aesthetic=scores, kept=scores > 0)
    pq.write_table(pa.table(table), f"{out}/{number:05d}.parquet", compression="zstd")
