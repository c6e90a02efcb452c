"""A subset as one writes it with pyarrow: python pyarrow-subset.py FOLDER OUTPUT THREADS CUT

The tags of the first row of each hash, the rows that pass, the metadata whose hash is among them, joined, in input order.
The filter on the hash goes down to the scan, so that of the metadata only the rows that are kept are in memory; of the
tags all are. It counts nothing.
"""

import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

folder, output, threads, cut = sys.argv[1:5]
pa.set_cpu_count(int(threads))
pa.set_io_thread_count(int(threads))
scores = ["pwatermark", "punsafe", "prediction"]

tags = ds.dataset(f"{folder}/tags").to_table(columns=["hash", *scores])
# Only on one thread is the first the first.
tags = tags.group_by("hash", use_threads=False).aggregate([(score, "first") for score in scores])
tags = tags.rename_columns(["hash", "pwatermark", "punsafe", "aesthetic"])
tags = tags.filter((pc.field("aesthetic") > float(cut)) & (pc.field("punsafe") < 0.5) & (pc.field("pwatermark") < 0.8))

kept = ds.dataset(f"{folder}/metadata").to_table(filter=pc.field("hash").isin(tags["hash"]))
kept = kept.append_column("row", pa.array(range(len(kept))))
kept = kept.join(tags, keys="hash", join_type="inner").sort_by("row").drop_columns("row")
pq.write_table(kept, output, compression="snappy")
