#!/usr/bin/env python3
"""Compares what `bowerbird models convert` makes of weights with torch, for models of their full size.

Needs torch, transformers, open_clip_torch, timm and safetensors, 6 GB of disk and of memory. After `npm run build && npm run build:tests`:

    python3 scripts/compare-with-torch.py [--only 'ViT-L/14'] [--batch 2]

Parameters are random, saved by the libraries themselves; no published weights are needed. Each model is converted to float32
(standard and fused operators) and to float16, run by onnxruntime on the CPU, and compared with the library's own rows of float32.
Prints a table and ends with 1 where a goal is missed. A conversion has one thread, so that on a free machine it takes about its CPU seconds.
"""
import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from random_models import images
from random_models.full_size import MODELS

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ["node", str(ROOT / "dist" / "cli" / "main.js"), "models", "convert"]
ROWS = ["node", str(ROOT / ".build" / "scripts" / "rows-of-model.js")]
VARIANTS = (("float32", "standard"), ("float32", "fused"), ("float16", "standard"))
LEAST_COSINE = {"float32": 0.999999, "float16": 0.9999}
MOST_DIFFERENCE = 1e-5
MOST_SECONDS, MOST_BYTES = 20, 1e9
POLLED_EVERY = 0.05
HEAD = ("model", "dtype", "operators", "least cosine", "largest difference", "of rows of length 1", "wall s", "CPU-s", "peak MB", "")


def peak_memory(pid):
    """Bytes of the most memory that a process has had (VmHWM); 0 once it is gone. What wait4 says counts this process as well, as forked."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def run(command):
    """Runs a command to its end; gives its output and what it used."""
    started, peak = time.monotonic(), 0
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE)
        while True:
            peak = max(peak, peak_memory(child.pid))
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(POLLED_EVERY)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{command} ended with {child.returncode}: {child.stderr.read().decode()}")
        child.stderr.close()
        output.seek(0)
        return output.read(), {"wall": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak}


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def convert_and_compare(saved, expected, variant, folder):
    dtype, operators = variant
    target = folder / f"{dtype}-{operators}"
    flags = [*saved.flags, "--to", str(target), "--dtype", dtype, "--operators", operators]
    _, used = run([*COMMAND, str(saved.source), *flags])
    output, _ = run([*ROWS, str(target), str(len(expected)), str(saved.size), dtype])
    shutil.rmtree(target)
    rows = np.array(json.loads(output))
    return {
        "cosine": (unit(rows) * unit(expected)).sum(axis=1).min(),
        "difference": np.abs(rows - expected).max(),
        "unit_difference": np.abs(unit(rows) - unit(expected)).max(),
        **used,
    }


def misses(found, dtype):
    """The goals that a conversion misses. Rows of float16 are compared by their direction alone."""
    goals = {
        "cosine": found["cosine"] >= LEAST_COSINE[dtype],
        "difference": dtype == "float16" or found["difference"] <= MOST_DIFFERENCE,
        "seconds": found["cpu"] <= MOST_SECONDS,
        "memory": found["peak"] <= MOST_BYTES,
    }
    return [name for name, is_met in goals.items() if not is_met]


def cells(name, variant, found, missed):
    numbers = (f"1 - {1 - found['cosine']:.1e}", f"{found['difference']:.1e}", f"{found['unit_difference']:.1e}")
    costs = (f"{found['wall']:.1f}", f"{found['cpu']:.1f}", f"{found['peak'] / 1e6:.0f}")
    return (name, *variant, *numbers, *costs, f"misses {', '.join(missed)}" if missed else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of the name of the models to compare")
    parser.add_argument("--batch", type=int, default=2, help="images")
    options = parser.parse_args()
    is_missed = False
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for name, make in MODELS.items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="bowerbird-compare-") as folder:
            saved = make(Path(folder))
            with torch.inference_mode():
                expected = saved.rows(images(options.batch, saved.size)).double().numpy()
            saved.rows = None
            gc.collect()
            for variant in VARIANTS:
                found = convert_and_compare(saved, expected, variant, Path(folder))
                missed = misses(found, variant[0])
                is_missed |= bool(missed)
                print(f"| {' | '.join(cells(name, variant, found, missed))} |", flush=True)
    sys.exit(1 if is_missed else 0)


main()
