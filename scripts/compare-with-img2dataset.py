#!/usr/bin/env python3
"""Compares what `bowerbird score` reads of img2dataset's output with what it computes from the same list of URLs.

Needs img2dataset (with pyarrow, numpy and OpenCV, which it needs itself), and nothing outside this machine. After `npm run build`:

    python3 scripts/compare-with-img2dataset.py [--rows 250] [--rows-per-shard 100]

Makes pictures, serves them on loopback, and lets img2dataset download a list of them as files, webdataset and parquet: with captions, extra
columns, digests and EXIF; some rows fail there, and in one round more shards come to an output that has some. Each output is scored, and so is the list
itself. For each row of an output, its key, hash, caption, digest, EXIF, columns and scores are to be those of the row of the list that has its URL.
Prints a line for each output and ends with 1 where one differs.
"""
import argparse
import glob
import json
import struct
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
SCORE = ["node", str(ROOT / "dist" / "cli" / "main.js"), "score"]
FLAGS = ["--processes-count", "1", "--batch-size", "8", "--compute-hash", "md5", "--extract-exif"]
EXTRA = ["id", "similarity", "language", "is_photo", "words"]
FORMATS = ["files", "webdataset", "parquet"]


def exif(number):
    """A block with one field: Software, as text."""
    text = f"camera {number}\0".encode()
    directory = struct.pack("<HHHII", 1, 0x0131, 2, len(text), 26) + struct.pack("<I", 0)
    block = b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + text
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block


def picture(number):
    """A JPEG that depends on its number alone; every third has EXIF."""
    random = np.random.default_rng(number)
    small = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(small, (80 + number % 7, 60 + number % 5), interpolation=cv2.INTER_CUBIC)
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    return jpeg[:2] + exif(number) + jpeg[2:] if number % 3 == 0 else jpeg


class Host(BaseHTTPRequestHandler):
    """Every tenth path is not there, every eleventh holds no image."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = int(self.path.strip("/").split(".")[0])
        body = b"no image" if number % 11 == 10 else picture(number)
        self.send_response(404 if number % 10 == 9 else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def write_list(path, origin, numbers):
    """URLs with captions of all kinds and columns of all types that img2dataset's JSON can hold."""
    captions = ["a tree", None, "", 'quotes " and\nlines', "\u00e9\u4e2d\U0001f600", "12", "  spaces  "]
    columns = {
        "url": pa.array([f"{origin}/{n}.jpg" for n in numbers]),
        "caption": pa.array([captions[n % len(captions)] for n in numbers]),
        "id": pa.array([2**60 + n if n % 4 else None for n in numbers], pa.int64()),
        "similarity": pa.array([n / 7 for n in numbers], pa.float64()),
        "language": pa.array([["en", "0", None, "null"][n % 4] for n in numbers]),
        "is_photo": pa.array([n % 2 == 0 for n in numbers]),
        "words": pa.array([[f"w{n}", "x"][: n % 3] for n in numbers], pa.list_(pa.string())),
        "not_asked_for": pa.array(numbers),
    }
    pq.write_table(pa.table(columns), path)


def download(urls, output, output_format, rows_per_shard, *more):
    command = [sys.executable, "-m", "img2dataset.main", "--url_list", urls, "--input_format", "parquet", "--url_col", "url"]
    command += ["--caption_col", "caption", "--save_additional_columns", json.dumps(EXTRA), "--compute_hash", "md5"]
    command += ["--extract_exif", "True", "--disable_all_reencoding", "True", "--output_format", output_format]
    command += ["--output_folder", output, "--number_sample_per_shard", str(rows_per_shard), "--thread_count", "8", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not glob.glob(f"{output}/*_stats.json"):
        raise SystemExit(f"img2dataset failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def score(source, output, rows_per_shard, *more):
    command = [*SCORE, source, "--output-folder", output, "--number-sample-per-shard", str(rows_per_shard), *FLAGS, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bowerbird failed on {source}:\n{done.stderr[-3000:]}")
    tables = [pq.read_table(path) for path in sorted(glob.glob(f"{output}/tags/*.parquet"))]
    return pa.concat_tables(tables).to_pylist()


def told(value):
    """A value as it can be compared: lists and truth values are texts where they come from JSON, and an empty text is none."""
    if isinstance(value, str) and (value.startswith("[") or value in ("true", "false")):
        return json.loads(value)
    return None if value == "" else value


def compare(ours, theirs, keys):
    """What differs between rows of an output and those of the list: counts by column, and an example of each."""
    by_url = {row["url"]: row for row in ours}
    same = ["hash", "caption", "aesthetic", "md5", "exif", *EXTRA]
    differs = {}
    scored = 0
    for row in theirs:
        mine = by_url[row["url"]]
        if row["status"] != "success":
            if mine["status"] == "success":
                differs.setdefault("status", []).append((row["reason"], mine["reason"]))
            continue
        scored += 1
        pairs = {name: (row.get(name, "no column"), mine[name]) for name in same}
        pairs["input_key"] = (row.get("input_key", "no column"), keys[row["url"]])
        for name, (got, wanted) in pairs.items():
            if told(got) != told(wanted):
                differs.setdefault(name, []).append((got, wanted))
    return scored, differs


def round_trip(work, name, urls, output_format, rows_per_shard, ours, adding=None):
    """Scores one output of img2dataset; true where all is equal."""
    output = f"{work}/{name}"
    download(urls, output, output_format, rows_per_shard)
    if adding is not None:
        download(adding, output, output_format, rows_per_shard, "--incremental_mode", "extend")
    # Its own record of keys: beside files and archives, and the table itself of Parquet.
    records = [pq.read_table(path, columns=["url", "key", "status"]) for path in sorted(glob.glob(f"{output}/*.parquet"))]
    record = pa.concat_tables(records).to_pylist()
    keys = {row["url"]: row["key"] for row in record}
    theirs = score(output, f"{work}/{name}-scored", rows_per_shard)
    scored, differs = compare(ours, theirs, keys)
    downloaded = sum(row["status"] == "success" for row in record)
    wanted = sum(row["status"] == "success" for row in ours if row["url"] in keys)
    own_keys = sum(keys[row["url"]] == row["key"] for row in ours if row["url"] in keys)
    print(
        f"{name}: {len(record)} rows, {downloaded} of them downloaded; {len(theirs)} rows read, {scored} scored "
        f"({wanted} by URL); keys of the list's own run equal to img2dataset's: {own_keys} of {len(keys)}; "
        f"differences: {sum(map(len, differs.values()))}"
    )
    for column, pairs in differs.items():
        print(f"  {column}: {len(pairs)}, the first {pairs[0]}")
    return not differs and scored == wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250)
    parser.add_argument("--rows-per-shard", type=int, default=100)
    options = parser.parse_args()
    host = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{host.server_address[1]}"
    with tempfile.TemporaryDirectory(prefix="bowerbird-img2dataset-") as work:
        lists = {"whole": range(options.rows), "more": range(options.rows, options.rows + options.rows_per_shard // 2)}
        for name, numbers in lists.items():
            write_list(f"{work}/{name}.parquet", origin, list(numbers))
        web = ["--allow-private-addresses"]
        ours = score(f"{work}/whole.parquet", f"{work}/by-url", options.rows_per_shard, *web)
        more = score(f"{work}/more.parquet", f"{work}/more-by-url", options.rows_per_shard, *web)
        rounds = [(form, form, None) for form in FORMATS] + [(f"{form}-extended", form, f"{work}/more.parquet") for form in FORMATS]
        equal = [
            round_trip(work, name, f"{work}/whole.parquet", form, options.rows_per_shard, ours + (more if adding else []), adding)
            for name, form, adding in rounds
        ]
    sys.exit(0 if all(equal) else 1)


if __name__ == "__main__":
    main()
