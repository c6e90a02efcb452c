"""The work of plain-loop.py as a pipeline of Ray Data on this machine; its argument is the same.

Prints the mean score and the CPU seconds of all its processes until the last score: they end after it, and not all by its hand.
"""
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import ray

settings = json.loads(sys.argv[1])
os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))


def crops(batch):
    from picture_crop import crop

    with ThreadPoolExecutor(settings["downloadsAtOnce"]) as pool:
        return {"pixels": np.stack(list(pool.map(lambda url: crop(url, settings["sizePx"]), batch["URL"])))}


class Scores:
    def __init__(self):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings["encoderThreads"]
        self.session = onnxruntime.InferenceSession(settings["model"], options, providers=["CPUExecutionProvider"])
        self.weights = np.array(settings["weights"], np.float32)

    def __call__(self, batch):
        (embeddings,) = self.session.run(None, {settings["input"]: batch["pixels"]})
        return {"score": embeddings @ self.weights + settings["bias"]}


def cpu_seconds():
    """Of this process and all below it, and of those that these have waited for."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(") ")[2].split()
        except OSError:
            continue
        stats[int(pid)] = (int(fields[1]), sum(map(int, fields[11:15])))

    def total(pid):
        return stats[pid][1] + sum(total(child) for child, (parent, _) in stats.items() if parent == pid)

    return total(os.getpid()) / os.sysconf("SC_CLK_TCK")


ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
ray.data.DataContext.get_current().enable_progress_bars = False
pipeline = (
    ray.data.read_parquet(settings["shard"], columns=["URL"])
    .map_batches(crops, batch_size=settings["batchSize"])
    .map_batches(Scores, batch_size=settings["batchSize"], concurrency=1)
)
scores = [score for batch in pipeline.iter_batches() for score in batch["score"]]
print(json.dumps({"meanScore": float(np.mean(scores)), "images": len(scores), "cpuSeconds": cpu_seconds()}))
