#!/usr/bin/env python3
"""Compares the scores of a SavedModel of LAION's CLIP-based-NSFW-Detector with TensorFlow's, on random embeddings of length 1.

Needs tensorflow. After `npm run build:tests`:

    python3 scripts/compare-with-tensorflow.py clip_autokeras_nsfw_b32.zip [--rows 10000]

TensorFlow is given the embeddings as float16 holds them, as the detector was trained. Its own float32 sums depend on the size of
a batch; so it computes some rows one by one as well, and the largest relative difference between its two answers is printed beside ours.
Ends with 1 where a decision at 0.5 differs.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

SCORES = ["node", str(Path(__file__).resolve().parent.parent / ".build" / "scripts" / "scores-of-head.js")]
BATCH, ALONE = 1000, 1000


def scores_of(model, embeddings, batch):
    signature = model.signatures["serving_default"]
    (name, spec), = signature.structured_input_signature[1].items()
    halves = embeddings.astype(np.float16).astype(spec.dtype.as_numpy_dtype)
    parts = [signature(**{name: tf.constant(halves[i : i + batch])}) for i in range(0, len(halves), batch)]
    return np.concatenate([list(part.values())[0].numpy()[:, 0] for part in parts]).astype(np.float64)


def compare(ours, theirs):
    return {"largest relative difference": float((np.abs(ours - theirs) / theirs).max()), "decisions that differ": int(((ours > 0.5) != (theirs > 0.5)).sum())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(options.archive).extractall(folder)
        (graph,) = Path(folder).glob("**/saved_model.pb")
        model = tf.saved_model.load(str(graph.parent))
        dimension = list(model.signatures["serving_default"].structured_input_signature[1].values())[0].shape[1]
        random = np.random.default_rng(5).standard_normal((options.rows, dimension))
        embeddings = (random / np.linalg.norm(random, axis=1, keepdims=True)).astype(np.float32)
        theirs = scores_of(model, embeddings, BATCH)
        file = Path(folder) / "embeddings"
        embeddings.tofile(file)
        ours = np.array(json.loads(subprocess.run([*SCORES, options.archive, str(file)], check=True, stdout=subprocess.PIPE).stdout))
    found = compare(ours, theirs)
    print(f"{options.rows} rows of {dimension} values, {int((theirs > 0.5).sum())} of them above 0.5")
    print("bowerbird to TensorFlow:", found)
    print("TensorFlow, row by row, to itself:", compare(scores_of(model, embeddings[:ALONE], 1), theirs[:ALONE]))
    sys.exit(1 if found["decisions that differ"] else 0)


main()
