"""The work of `bowerbird score` as one writes it in Python: a pool of threads that download, decode and crop, and onnxruntime for batches.

Its argument is JSON: origin (images are <origin>/<number>.jpg), images, downloadsAtOnce, batchSize, encoderThreads, sizePx,
model (ONNX that takes uint8 [batch, sizePx, sizePx, 3] and gives embeddings), input (its name), weights and bias of a linear head.
Prints the mean score. Nothing is written, and a failure ends it.
"""
import io
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlparse

import numpy as np
import onnxruntime
from PIL import Image

settings = json.loads(sys.argv[1])
address, size = urlparse(settings["origin"]), settings["sizePx"]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = settings["encoderThreads"]
session = onnxruntime.InferenceSession(settings["model"], options, providers=["CPUExecutionProvider"])
weights = np.array(settings["weights"], np.float32)
thread = threading.local()


def crop(number):
    if not hasattr(thread, "connection"):
        thread.connection = HTTPConnection(address.hostname, address.port)
    thread.connection.request("GET", f"/{number}.jpg")
    image = Image.open(io.BytesIO(thread.connection.getresponse().read())).convert("RGB")
    scale = size / min(image.size)
    width, height = (max(size, int(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def batches():
    with ThreadPoolExecutor(settings["downloadsAtOnce"]) as pool:
        batch = []
        for pixels in pool.map(crop, range(settings["images"])):
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
print(json.dumps({"meanScore": total / settings["images"]}))
