import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Rate } from './embeddings.ts';

/** Rows whose scores are compared. */
const CHECKED_ROWS = 20_000;

/** The loop of LAION's and clip-retrieval's scripts: a memory map, batches as float32, one product. No sums, no norms. */
const NUMPY_LOOP = `
import sys, time, numpy as np
paths, weights, out = sys.argv[4:], np.load(sys.argv[1]), sys.argv[2]
w = weights.astype(np.float32)
def loop():
    total = 0
    for path in paths:
        rows = np.load(path, mmap_mode="r")
        for start in range(0, len(rows), 10000):
            total += float((rows[start:start + 10000].astype(np.float32) @ w).sum())
loop()
cpu, wall = time.process_time(), time.perf_counter()
for _ in range(int(sys.argv[3])): loop()
print(time.process_time() - cpu, time.perf_counter() - wall)
exact = np.load(paths[0], mmap_mode="r")[:${CHECKED_ROWS}].astype(np.float64) @ weights.astype(np.float64)
exact.tofile(out)
`;

/** What numpy is to do. */
export interface NumpyWork {
  /** Of all files. */
  readonly rowCount: number;
  readonly repeats: number;
  readonly threadCount: number;
}

/**
 * The same files through numpy's loop; undefined where Python does not have it. `exact` are the first file's first scores in float64.
 *
 * @param weights a head's, .npy
 */
export function measureNumpy(
  python: string,
  weights: string,
  paths: readonly string[],
  { rowCount, repeats, threadCount }: NumpyWork,
): { rate: Rate; exact: Float64Array } | undefined {
  const out = `${weights}.exact.f64`;
  const ended = spawnSync(python, ['-c', NUMPY_LOOP, weights, out, String(repeats), ...paths], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threadCount) },
  });
  if (ended.status !== 0) return undefined;
  const [cpuSeconds, seconds] = ended.stdout.trim().split(' ').map(Number) as [number, number];
  const scored = repeats * rowCount;
  const bytes = readFileSync(out);
  const exact = new Float64Array(Uint8Array.from(bytes).buffer);
  return { rate: { perSecond: scored / seconds, perCpuSecond: scored / cpuSeconds }, exact };
}
