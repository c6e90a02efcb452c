import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRows } from '../../scripts/write-rows.ts';
import { startImageHost } from '../support/image-host.ts';
import { cliScript, runScript } from '../support/processes.ts';
import type { PerformanceBench } from './bench.ts';

const STORED_ROWS = 1000;

/** A command line, and the most CPU-seconds that it is to take. */
interface Start {
  readonly name: string;
  readonly args: readonly string[];
  readonly mostCpuSeconds: number;
  /** What it writes, which is removed before the next round. */
  readonly output?: string;
}

async function startsIn(folder: string, imageUrl: string): Promise<Start[]> {
  const [scores, store, images, out] = ['scores.parquet', 'store', 'images.parquet', 'out'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const rows = Array.from({ length: STORED_ROWS }, (_, i) => ({ hash: BigInt(i), aesthetic: i % 10 }));
  await writeRows(scores, { hash: 'BIGINT', aesthetic: 'FLOAT' }, rows);
  await runScript(cliScript, ['store', 'build', '--from', scores, '--output', store]);
  await writeRows(images, { URL: 'VARCHAR', TEXT: 'VARCHAR' }, [{ URL: imageUrl, TEXT: 'one picture' }]);
  const score = ['score', images, '--output-folder', out, '--allow-private-addresses', '--json'];
  return [
    { name: '`--version`', args: ['--version'], mostCpuSeconds: 0.25 },
    { name: '`--help`', args: ['--help'], mostCpuSeconds: 0.25 },
    { name: '`score --help`', args: ['score', '--help'], mostCpuSeconds: 0.4 },
    { name: '`lookup` of one hash', args: ['lookup', store, '7'], mostCpuSeconds: 0.4 },
    { name: '`score` of one image, to its report', args: score, mostCpuSeconds: 3, output: out },
  ];
}

/** Commands that have next to nothing to do, all their processes from start to end: what a person waits for. */
export const START_BENCH: PerformanceBench = {
  name: 'start',
  async prepare({ folder, atEnd }) {
    const host = await startImageHost({ width: 500, height: 400, distinct: 1, withFailures: false });
    atEnd(() => host.stop());
    const starts = await startsIn(folder, host.url(0));
    return starts.map(({ name, args, mostCpuSeconds, output }) => ({
      what: name,
      unit: 'CPU-s',
      ours: async () => {
        const { cpuSeconds } = await runScript(cliScript, args);
        if (output) await rm(output, { recursive: true });
        return cpuSeconds;
      },
      goal: mostCpuSeconds,
    }));
  },
};
