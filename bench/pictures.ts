// Scoring images that lie in files, from the listing to the report: CPU time of all processes for each row, and the peak resident memory of each, over a
// folder and a tar archive of tiny images, small and four times as large. Where time is linear and memory does not grow with the rows,
// the ratios are near 1, but for what starting costs, which is in the time of few rows.
// Run: npm run bench:pictures [-- --files 20000 --members 40000]        (Linux: VmHWM comes from /proc)
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeArchive, makeImageFolder } from './support/collections.ts';
import { makeJpeg } from './support/jpegs.ts';
import { childrenOf, cliScript, peakMemoryOf, runScript, scriptOf } from './support/processes.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const TIMES = 4;
const SIDE_PX = 32;
const DIFFERENT_IMAGES = 64;
const SAMPLE_EVERY_MS = 200;
const BYTES_PER_MIB = 1024 * 1024;

const { values: flags } = parseArgs({
  options: {
    files: { type: 'string', default: '20000' },
    members: { type: 'string', default: '40000' },
  },
});

/** What scoring an input cost. */
interface Cost {
  readonly rows: number;
  readonly cpuSeconds: number;
  /** MiB by process. */
  readonly peaks: ReadonlyMap<string, number>;
}

/** A peak is read while the process lives: what its last 200 ms add is missed. */
async function score(input: string, rows: number, output: string): Promise<Cost> {
  const peaks = new Map<string, number>();
  const sample = (pid: number): void => {
    const name = scriptOf(pid);
    peaks.set(name, Math.max(peaks.get(name) ?? 0, peakMemoryOf(pid) / BYTES_PER_MIB));
  };
  const timer = setInterval(() => {
    for (const pid of childrenOf(process.pid)) [pid, ...childrenOf(pid)].forEach(sample);
  }, SAMPLE_EVERY_MS);
  const limits = ['--processes-count', '1', '--encoder-threads', '1'];
  const { cpuSeconds } = await runScript(cliScript, ['score', input, '--output-folder', output, ...limits]);
  clearInterval(timer);
  peaks.delete('');
  return { rows, cpuSeconds, peaks };
}

function tell(what: string, small: Cost, large: Cost): void {
  const perRow = ({ cpuSeconds, rows }: Cost): number => (1e6 * cpuSeconds) / rows;
  const names = [...large.peaks.keys()];
  const cells = (cost: Cost): string[] => [
    `${what} of ${cost.rows}`,
    `${perRow(cost).toFixed(0)} us`,
    ...names.map((name) => `${(cost.peaks.get(name) ?? 0).toFixed(0)} MB`),
  ];
  const ratio = (a: number, b: number): string => (a / b).toFixed(2);
  const growth = names.map((name) => ratio(large.peaks.get(name)!, small.peaks.get(name) ?? 0));
  const ratios = ['large to small', ratio(perRow(large), perRow(small)), ...growth];
  console.log(table(['', 'CPU time a row', ...names], [cells(small), cells(large), ratios]));
}

await inTemporaryFolder(async (folder) => {
  const images = await Promise.all(
    Array.from({ length: DIFFERENT_IMAGES }, (_, seed) => makeJpeg(SIDE_PX, SIDE_PX, seed)),
  );
  const contentOf = (number: number): Buffer => images[number % DIFFERENT_IMAGES]!;
  const both = async (
    what: string,
    count: number,
    make: (path: string, count: number) => void | Promise<void>,
  ): Promise<void> => {
    const costs: Cost[] = [];
    for (const rows of [Math.ceil(count / TIMES), count]) {
      const path = join(folder, `${what}-${rows}${what === 'archive' ? '.tar' : ''}`);
      await make(path, rows);
      costs.push(await score(path, rows, join(folder, `${what}-${rows}-out`)));
    }
    tell(what, costs[0]!, costs[1]!);
  };
  await both('folder', Number(flags.files), (path, count) => makeImageFolder(path, count, contentOf));
  await both('archive', Number(flags.members), (path, count) => makeArchive(path, count, contentOf));
});
