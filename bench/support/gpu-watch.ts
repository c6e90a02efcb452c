import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const SAMPLED_EVERY_MS = 200;

/** How busy a GPU was while some work went on. */
export interface GpuUse {
  /** Mean share of the time in which a kernel ran, 0 to 1 (nvidia-smi, utilization.gpu). */
  readonly busyShare: number;
  /** The most memory that was in use on it, in bytes, whoever used it. */
  readonly peakBytes: number;
}

/** Does some work while nvidia-smi looks at the first GPU; the use is undefined where there is none, or no sample was taken. */
export async function watchGpu<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly use: GpuUse | undefined }> {
  const query = ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits', '--id=0'];
  const child = spawn('nvidia-smi', [...query, `--loop-ms=${SAMPLED_EVERY_MS}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const gone = Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
  const samples: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => samples.push(line));
  try {
    const result = await work();
    return { result, use: useOf(samples) };
  } finally {
    child.kill();
    await gone;
  }
}

/** Lines as `97, 1234`: percent and MiB. */
function useOf(samples: readonly string[]): GpuUse | undefined {
  const pairs = samples.map((line) => line.split(',').map(Number) as [percent: number, mib: number]);
  if (pairs.length === 0) return undefined;
  return {
    busyShare: pairs.reduce((sum, [percent]) => sum + percent, 0) / pairs.length / 100,
    peakBytes: 2 ** 20 * Math.max(...pairs.map(([, mib]) => mib)),
  };
}
