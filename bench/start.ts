// CPU-seconds of commands from start to end, all processes: what a person waits for before there is anything to do.
// Run: npm run bench:start -- [--rounds 7] (Linux: CPU times come from /proc)
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRows } from '../scripts/write-rows.ts';
import { startImageHost } from './support/image-host.ts';
import { cliScript, runScript } from './support/processes.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(flags.rounds);

const STORED_ROWS = 1000;

/** A command line, and the most CPU-seconds that it is to take. */
interface Start {
  readonly name: string;
  readonly args: readonly string[];
  readonly mostCpuSeconds: number;
  /** What it writes, which is removed before the next turn. */
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
    { name: '--version', args: ['--version'], mostCpuSeconds: 0.25 },
    { name: '--help', args: ['--help'], mostCpuSeconds: 0.25 },
    { name: 'score --help', args: ['score', '--help'], mostCpuSeconds: 0.4 },
    { name: 'lookup of one hash', args: ['lookup', store, '7'], mostCpuSeconds: 0.4 },
    { name: 'score of one image, to its report', args: score, mostCpuSeconds: 3, output: out },
  ];
}

await inTemporaryFolder(async (folder) => {
  const host = await startImageHost({ width: 500, height: 400, distinct: 1, withFailures: false });
  try {
    const starts = await startsIn(folder, host.url(0));
    const seconds = new Map(starts.map((start): [Start, number[]] => [start, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [{ args, output }, own] of seconds) {
        const { cpuSeconds } = await runScript(cliScript, args);
        // The first round brings files into the page cache.
        if (round >= 0) own.push(cpuSeconds);
        if (output) await rm(output, { recursive: true });
      }
    }
    const lines = [...seconds].map(([{ name, mostCpuSeconds }, own]) => {
      const mark = Math.min(...own) <= mostCpuSeconds ? '' : ' **missed**';
      return [name, Math.min(...own).toFixed(2), spread(own, 2), `${mostCpuSeconds}${mark}`];
    });
    console.log(`CPU-seconds of all processes, ${rounds} rounds\n`);
    console.log(table(['command', 'least', 'median (least to most)', 'goal'], lines));
  } finally {
    await host.stop();
  }
});
