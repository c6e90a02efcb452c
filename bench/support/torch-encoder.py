"""A CLIP vision transformer of transformers in a tight loop over one batch of crops; talks as bench/encoder-loop-process.ts does.

Its argument is JSON: model (a folder as save_pretrained writes it), crops (a file, uint8 [batchSize, sizePx, sizePx, 3]), batchSize,
threads, device and dtype. Crops are normalised and rows divided by their length here as well, as bowerbird's graph does it.
"""
import json
import sys
import time

import numpy as np
import torch
from transformers import CLIPVisionModelWithProjection

settings = json.loads(sys.argv[1])
device, dtype = settings["device"], getattr(torch, settings["dtype"])
torch.set_num_threads(settings["threads"])
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073], device=device).reshape(3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711], device=device).reshape(3, 1, 1)
model = CLIPVisionModelWithProjection.from_pretrained(settings["model"], dtype=dtype, attn_implementation="sdpa").to(device).eval()
crops = torch.from_numpy(np.fromfile(settings["crops"], np.uint8).reshape(settings["batchSize"], -1))
side = int((crops.shape[1] // 3) ** 0.5)
crops = crops.reshape(-1, side, side, 3)
if device == "cuda":
    crops = crops.pin_memory()


def embed():
    pixels = crops.to(device, non_blocking=True).permute(0, 3, 1, 2).float()
    rows = model(((pixels / 255 - MEAN) / STD).to(dtype)).image_embeds.float()
    return torch.nn.functional.normalize(rows).cpu()


with torch.inference_mode():
    for line in sys.stdin:
        cpu_before, started = time.process_time(), time.monotonic()
        for _ in range(json.loads(line)["batches"]):
            rows = embed()
        turn = {"seconds": time.monotonic() - started, "cpuSeconds": time.process_time() - cpu_before, "row": rows[0].tolist()}
        print(json.dumps(turn), flush=True)
