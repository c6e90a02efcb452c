#!/usr/bin/env python3
"""Compares what readers of the field find in what `bowerbird score --save-images` writes with what was saved.

Needs pyarrow, numpy, OpenCV and pandas, the source of the webdataset library and of img2dataset in PYTHONPATH, and `datasets`; a reader that is
missing is left out, and said. Nothing outside this machine is asked for. After `npm run build`:

    PYTHONPATH=webdataset/src:img2dataset python3 scripts/compare-saved-images.py [--rows 60] [--rows-per-shard 25]

Serves pictures on loopback (JPEG, PNG and WebP, some rows dead), scores the list three times (webdataset as they came, webdataset as JPEG made anew,
files) and once more as Parquet, and reads each output with each reader. Keys, image bytes, captions and descriptions are to be those of the
tags and the host. Prints a line for each reader and ends with 1 where one differs.
"""
import argparse
import contextlib
import glob
import json
import subprocess
import sys
import tarfile
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import img2dataset_source  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--allow-private-addresses", "--processes-count", "1", "--batch-size", "8", "--min-aesthetic", "3.4", "--save-images", "scored"]
ENCODINGS = [".jpg", ".jpg", ".png", ".webp"]
CAPTIONS = ["a tree", None, "", 'quotes " and\nlines', "\u00e9\u4e2d\U0001f600", "12"]


def picture(number):
    """An image file that depends on its number alone, and its extension."""
    random = np.random.default_rng(number)
    small = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(small, (80 + number % 7, 60 + number % 5), interpolation=cv2.INTER_CUBIC)
    extension = ENCODINGS[number % len(ENCODINGS)]
    return cv2.imencode(extension, image)[1].tobytes(), extension[1:]


class Host(BaseHTTPRequestHandler):
    """Every tenth path is not there."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = int(self.path.strip("/"))
        body = picture(number)[0]
        self.send_response(404 if number % 10 == 9 else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def write_list(path, origin, rows):
    columns = {
        "URL": pa.array([f"{origin}/{n}" for n in range(rows)]),
        "TEXT": pa.array([CAPTIONS[n % len(CAPTIONS)] for n in range(rows)]),
        "id": pa.array([2**60 + n if n % 4 else None for n in range(rows)], pa.int64()),
        "similarity": pa.array([n / 7 for n in range(rows)], pa.float64()),
        "words": pa.array([[f"w{n}", "x"][: n % 3] for n in range(rows)], pa.list_(pa.string())),
    }
    pq.write_table(pa.table(columns), path)


def score(source, output, rows_per_shard, *more):
    command = ["node", str(ROOT / "dist" / "cli" / "main.js"), "score", source, "--output-folder", output, *FLAGS]
    command += ["--number-sample-per-shard", str(rows_per_shard), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bowerbird failed:\n{done.stderr[-3000:]}")


def read_all(pattern):
    return [row for path in sorted(glob.glob(pattern)) for row in pq.read_table(path).to_pylist()]


class Wanted:
    """What a run should have saved: by key, the image, the caption and the row of the tags; `remade` ones are read from the archives."""

    def __init__(self, output, remade=False):
        self.rows = {row["key"]: row for row in read_all(f"{output}/tags/*.parquet") if row["status"] == "success"}
        self.images = self.made(output) if remade else {key: picture(self.number(key)) for key in self.rows}

    def number(self, key):
        return int(self.rows[key]["URL"].rsplit("/", 1)[1])

    def made(self, output):
        images = {}
        for path in sorted(glob.glob(f"{output}/images/*.tar")):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.name.endswith(".jpg"):
                        images[member.name[:-4]] = (archive.extractfile(member).read(), "jpg")
        return images

    def differences(self, found, described=True):
        """What differs: a list of sentences. `found`: by key, extension, image, caption and description, of which None is not looked at."""
        problems = [] if list(found) == list(self.rows) else [f"keys: {len(found)} for {len(self.rows)}"]
        for key, (extension, image, caption, description) in found.items():
            row = self.rows.get(key)
            if row is None:
                continue
            if image != self.images[key][0] or extension not in (None, self.images[key][1]):
                problems.append(f"{key}: another image")
            if caption is not None and caption != (row["TEXT"] or ""):
                problems.append(f"{key}: caption {caption!r}")
            if described:
                problems += [f"{key}: {name} {got!r}, not {wanted!r}" for name, got, wanted in self.unlike(row, description)]
        return problems

    def unlike(self, row, description):
        names = {"URL": "url", "TEXT": "caption"}
        for name, wanted in row.items():
            if name in ("reason",):
                continue
            got = description.get(names.get(name, name), "nothing")
            if isinstance(wanted, float) and got not in (None, "nothing"):
                # Scores are float32: JSON has their shortest digits.
                got, wanted = np.float32(got), np.float32(wanted)
            if got != wanted:
                yield name, got, wanted


def by_tarfile(output):
    found = {}
    for path in sorted(glob.glob(f"{output}/images/*.tar")):
        with tarfile.open(path) as archive:
            samples = {}
            for member in archive:
                key, extension = member.name.split(".", 1)
                samples.setdefault(key, {})[extension] = archive.extractfile(member).read()
        found.update({key: parts_of(parts) for key, parts in samples.items()})
    return found


def parts_of(parts):
    (extension,) = set(parts) - {"json", "txt"}
    return extension, parts[extension], parts["txt"].decode(), json.loads(parts["json"])


def by_webdataset(output):
    import webdataset

    samples = webdataset.WebDataset(sorted(glob.glob(f"{output}/images/*.tar")), shardshuffle=False)
    return {sample["__key__"]: parts_of({k: v for k, v in sample.items() if not k.startswith("__")}) for sample in samples}


def decoded_by_webdataset(output):
    """Its own decoders of images, JSON and text; JPEG alone."""
    import webdataset

    samples = webdataset.WebDataset(sorted(glob.glob(f"{output}/images/*.tar")), shardshuffle=False).decode("pil")
    wrong = [s["__key__"] for s in samples if s["jpg"].size != (s["json"]["width"], s["json"]["height"])]
    return [f"{key}: another size" for key in wrong]


def load(*arguments, cache, **more):
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(*arguments, split="train", cache_dir=cache, **more)


def by_datasets_webdataset(output, cache):
    import datasets

    rows = load("webdataset", data_files=sorted(glob.glob(f"{output}/images/*.tar")), cache=cache)
    rows = rows.cast_column("jpg", datasets.Image(decode=False))
    return {row["__key__"]: ("jpg", row["jpg"]["bytes"], row["txt"], row["json"]) for row in rows}


def by_datasets_parquet(output, cache):
    rows = load("parquet", data_files=sorted(glob.glob(f"{output}/images/*.parquet")), cache=cache)
    return {row["key"]: (None, row["jpg"], row["caption"] or "", row) for row in rows}


def by_datasets_imagefolder(output, cache):
    import datasets

    rows = load("imagefolder", data_dir=f"{output}/images", drop_labels=True, cache=cache).cast_column("image", datasets.Image(decode=False))
    paths = sorted(Path(row["image"]["path"]) for row in rows)
    return {path.stem: (path.suffix[1:], path.read_bytes(), None, None) for path in paths}


def by_pandas(output):
    import pandas

    found = {}
    for path in sorted(glob.glob(f"{output}/images/*.parquet")):
        for row in pandas.read_parquet(path, dtype_backend="pyarrow").to_dict("records"):
            row = {name: None if value is pandas.NA else value for name, value in row.items()}
            row["words"] = list(row["words"])
            found[row["key"]] = (None, row["jpg"], row["caption"] or "", row)
    return found


def by_img2dataset(output, work):
    """It has no reader of images. Its reader of lists takes the tables: URLs, captions and further columns."""
    import fsspec  # noqa: F401
    from img2dataset.reader import Reader

    Path(work).mkdir()
    reader = Reader(f"{output}/images", "parquet", "url", "caption", None, None, ["key", "hash"], 10_000, set(), work)
    rows = []
    with contextlib.redirect_stdout(None):
        for _, path in reader:
            with pa.OSFile(path, "rb") as file:
                rows += pa.ipc.open_file(file).read_all().to_pylist()
    return rows


def tell(reader, what, read):
    """Prints how many samples a reader found and what is wrong with them; true where nothing is."""
    try:
        count, problems = read()
    except ImportError as error:
        print(f"{reader}, {what}: left out ({error})")
        return True
    print(f"{reader}, {what}: {count} samples, {len(problems)} differences{': ' + '; '.join(problems[:3]) if problems else ''}")
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--rows-per-shard", type=int, default=25)
    options = parser.parse_args()
    host = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="bowerbird-saved-") as work:
        urls, cache = f"{work}/list.parquet", f"{work}/cache"
        write_list(urls, f"http://127.0.0.1:{host.server_address[1]}", options.rows)
        runs = {
            "webdataset": [],
            "made-anew": ["--resize-mode", "keep_ratio", "--image-size", "48"],
            "files": ["--output-format", "files"],
            "parquet": ["--output-format", "parquet"],
        }
        for name, flags in runs.items():
            score(urls, f"{work}/{name}", options.rows_per_shard, *flags)
        original, remade = Wanted(f"{work}/webdataset"), Wanted(f"{work}/made-anew", remade=True)

        def compared(wanted, read, described=True):
            def run():
                found = read()
                return len(found), wanted.differences(found, described)

            return run

        def lists():
            rows = by_img2dataset(f"{work}/files", f"{work}/lists")
            wanted = [(row["key"], row["URL"], row["TEXT"], row["hash"]) for row in original.rows.values()]
            same = [(row["key"], row["url"], row["caption"], row["hash"]) for row in rows] == wanted
            return len(rows), [] if same else ["other rows"]

        results = [
            tell("tarfile", "webdataset as they came", compared(original, lambda: by_tarfile(f"{work}/webdataset"))),
            tell("webdataset", "webdataset as they came", compared(original, lambda: by_webdataset(f"{work}/webdataset"))),
            tell("webdataset", "webdataset made anew", compared(remade, lambda: by_webdataset(f"{work}/made-anew"))),
            tell("webdataset, decoded", "webdataset made anew", lambda: (len(remade.rows), decoded_by_webdataset(f"{work}/made-anew"))),
            tell("datasets", "webdataset made anew", compared(remade, lambda: by_datasets_webdataset(f"{work}/made-anew", cache))),
            tell("datasets", "files", compared(original, lambda: by_datasets_imagefolder(f"{work}/files", cache), False)),
            tell("datasets", "parquet", compared(original, lambda: by_datasets_parquet(f"{work}/parquet", cache))),
            tell("pandas", "parquet", compared(original, lambda: by_pandas(f"{work}/parquet"))),
            tell("img2dataset's reader of lists", "tables beside files", lists),
        ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
