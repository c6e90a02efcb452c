"""The work of `bowerbird score` as one writes it in Python: a pool of threads that download, decode and crop, and onnxruntime for batches.

Its argument is JSON: shard (Parquet with a column URL), downloadsAtOnce, batchSize, encoderThreads, sizePx, model (ONNX that takes
uint8 [batch, sizePx, sizePx, 3] and gives embeddings), input (its name), weights and bias of a linear head.
Prints the mean score. Nothing is written, and a failure ends it.
"""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pyarrow.parquet
from picture_crop import crop

settings = json.loads(sys.argv[1])
urls = pyarrow.parquet.read_table(settings["shard"], columns=["URL"])["URL"].to_pylist()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = settings["encoderThreads"]
session = onnxruntime.InferenceSession(settings["model"], options, providers=["CPUExecutionProvider"])
weights = np.array(settings["weights"], np.float32)


def batches():
    with ThreadPoolExecutor(settings["downloadsAtOnce"]) as pool:
        batch = []
        for pixels in pool.map(lambda url: crop(url, settings["sizePx"]), urls):
            batch.append(pixels)
            if len(batch) == settings["batchSize"]:
                yield np.stack(batch)
                batch = []
        if batch:
            yield np.stack(batch)


total = 0.0
for batch in batches():
    (embeddings,) = session.run(None, {settings["input"]: batch})
    total += float((embeddings @ weights + settings["bias"]).sum())
print(json.dumps({"meanScore": total / len(urls)}))
