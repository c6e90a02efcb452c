"""Ridge regression of float32 rows in float64, by torch or by scikit-learn; prints JSON: CPU seconds of the fit, peak bytes of the process.

Arguments: torch or sklearn, a file with the rows (float32 [count, dimension]), one with the targets (float64), dimension, penalty, a file for the weights
and the bias (float64).
"""
import json
import resource
import sys
import time

import numpy as np

which, rows_path, targets_path, dimension, penalty, output = sys.argv[1:]
rows = np.fromfile(rows_path, np.float32).reshape(-1, int(dimension))
targets = np.fromfile(targets_path, np.float64)
penalty = float(penalty)
if which == "torch":
    import torch

    torch.set_num_threads(1)
else:
    from sklearn.linear_model import Ridge
cpu_before = time.process_time()
if which == "torch":
    x, y = torch.from_numpy(rows).double(), torch.from_numpy(targets)
    mean, middle = x.mean(0), y.mean()
    x -= mean
    gram = x.T @ x
    gram.diagonal().add_(penalty)
    weights = torch.cholesky_solve((x.T @ (y - middle))[:, None], torch.linalg.cholesky(gram))[:, 0]
    found = np.append(weights.numpy(), float(middle - mean @ weights))
else:
    fit = Ridge(alpha=penalty, solver="cholesky").fit(rows.astype(np.float64), targets)
    found = np.append(fit.coef_, fit.intercept_)
cpu_seconds = time.process_time() - cpu_before
found.tofile(output)
print(json.dumps({"cpuSeconds": cpu_seconds, "peakBytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
