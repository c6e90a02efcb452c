"""One run of bench/download.ts or bench/save-images.ts by img2dataset: its Downloader with 256 threads.

Told in its first argument, as JSON: port, hosts, latencyMs, images, decode (its resizer, which encodes again), isFixed (one TLS context for
all images, where it makes one for each), resizeMode and sizePx (a centre crop of 224 pixels where not given), saves (whether it writes a
webdataset, with captions; nothing where not given). Says what the images cost, as JSON.

What it imports and does not use here may be missing (scripts/img2dataset_source.py). Names are not looked up: each host has its loopback address at once.
"""

import functools
import json
import pathlib
import re
import resource
import socket
import ssl
import sys
import tempfile
import time

import pyarrow

# Nothing is compiled on the way here; the libraries read what they need.
WARM_UP_IMAGES = 20

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import img2dataset_source  # noqa: E402, F401

from img2dataset.downloader import Downloader  # noqa: E402
from img2dataset.resizer import Resizer  # noqa: E402
from img2dataset.writer import DummySampleWriter, WebDatasetSampleWriter  # noqa: E402

job = json.loads(sys.argv[1])


def loopback(host, port, *_args, **_kwargs):
    """As the other contestants have it (addressOf in loopback.ts)."""
    number = re.search(r"\d+", host)
    address = f"127.0.0.{1 + (int(number[0]) if number else 0) % 200}"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


socket.getaddrinfo = loopback
if job["isFixed"]:
    ssl.create_default_context = functools.cache(ssl.create_default_context)


def download(urls, folder):
    """Downloads one shard; fails unless all images came."""
    shard = f"{folder}/shard.feather"
    with pyarrow.OSFile(shard, "wb") as file:
        table = pyarrow.table({"url": urls, "caption": [f"picture number {i}" for i in range(len(urls))]})
        with pyarrow.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    mode, size = job.get("resizeMode", "center_crop"), job.get("sizePx", 224)
    saves = job.get("saves", False)
    Downloader(
        sample_writer_class=WebDatasetSampleWriter if saves else DummySampleWriter,
        resizer=Resizer(size, mode, False, disable_all_reencoding=not job["decode"]),
        thread_count=256,
        save_caption=saves,
        extract_exif=False,
        output_folder=folder,
        column_list=["url", "caption"] if saves else ["url"],
        timeout=10,
        number_sample_per_shard=10_000,
        oom_shard_count=5,
        compute_hash=None,
        verify_hash_type=None,
        encode_format="jpg",
        retries=1,
        user_agent_token=None,
        disallowed_header_directives=["noai", "noimageai", "noindex", "noimageindex"],
    ).download_shard((0, shard))
    (stats,) = pathlib.Path(folder).glob("*_stats.json")
    outcome = json.loads(stats.read_text())
    if outcome["successes"] != len(urls):
        sys.exit(f"{outcome['successes']} of {len(urls)} images came: {outcome['status_dict']}")


def cpu_seconds():
    """User and system, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def url(host, image):
    return f"http://{host}.example:{job['port']}/{image}.jpg?{job['latencyMs']}"


with tempfile.TemporaryDirectory() as folder:
    download([url(f"warm{i % 20}", i) for i in range(WARM_UP_IMAGES)], folder)
    cpu_before, started = cpu_seconds(), time.monotonic()
    download([url(f"host{i % job['hosts']}", i) for i in range(job["images"])], folder)
    result = {
        "images": job["images"],
        "cpuSeconds": cpu_seconds() - cpu_before,
        "wallSeconds": time.monotonic() - started,
    }
print(json.dumps(result))
