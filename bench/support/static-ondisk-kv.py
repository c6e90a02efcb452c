"""Look-ups per CPU-second of rom1504/static-ondisk-kv. Arguments: a checkout of it, a flat file (q, e), a file of int64
keys. Prints one number. The keys are Python integers before the clock starts, and are looked up once untimed; a miss is
an exception, as the library has it."""
import array
import struct
import sys
import time

# The package as a whole imports pyarrow, which only its building needs.
sys.path.insert(0, f"{sys.argv[1]}/static_ondisk_kv")
from read import OnDiskKV

keys = array.array("q")
with open(sys.argv[3], "rb") as file:
    keys.frombytes(file.read())
keys = keys.tolist()
store = OnDiskKV(sys.argv[2], key_format="q", value_format="e")
for _ in range(2):
    before = time.process_time()
    for key in keys:
        try:
            store[key]
        except (ValueError, struct.error):  # The second for a key past the last one.
            pass
print(len(keys) / (time.process_time() - before))
