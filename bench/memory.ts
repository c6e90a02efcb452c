// Peak memory of every process of `score` over few rows and over ten times as many.
// Run: npm run bench:memory [-- --rows 20000] [--failing]        (Linux: VmHWM comes from /proc)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRows } from '../scripts/write-rows.ts';
import { type ImageHost, startImageHost } from './support/image-host.ts';
import { childrenOf, cliScript, peakMemoryOf, scriptOf } from './support/processes.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, failing: { type: 'boolean', default: false } },
});

/** Peak resident memory in MiB by process. */
type Peaks = ReadonlyMap<string, number>;

const FILES = 5;
const ROWS_PER_SHARD = 2000;
const TIMES_MORE = 10;
const SAMPLE_EVERY_MS = 200;
const BYTES_PER_MIB = 1024 * 1024;

/** Of an image that the host does not have: 404. */
function missingUrl(host: ImageHost, row: number): string {
  return new URL(`/none/${row}.jpg`, host.url(0)).href;
}

async function writeShards(folder: string, host: ImageHost, rows: number): Promise<string[]> {
  const perFile = Math.ceil(rows / FILES);
  const paths = Array.from({ length: FILES }, (_, file) => join(folder, `${rows}-${file}.parquet`));
  for (const [file, path] of paths.entries()) {
    const cells = Array.from({ length: Math.min(perFile, rows - file * perFile) }, (_, i) => {
      const row = file * perFile + i;
      return {
        URL: values.failing ? missingUrl(host, row) : host.url(row),
        TEXT: `caption of picture number ${row}`,
        punsafe: (row % 100) / 100,
      };
    });
    await writeRows(path, { URL: 'VARCHAR', TEXT: 'VARCHAR', punsafe: 'DOUBLE' }, cells);
  }
  return paths;
}

/** Runs the command over these files. A peak is read while the process lives: what its last 200 ms add is missed. */
async function peaksOf(inputs: readonly string[], output: string): Promise<Peaks> {
  const flags = ['--allow-private-addresses', '--processes-count', '1', '--encoder-threads', '1'];
  const sizes = ['--number-sample-per-shard', String(ROWS_PER_SHARD)];
  const args = ['score', ...inputs, '--output-folder', output, ...flags, ...sizes];
  const command = spawn(process.execPath, [cliScript, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const peaks = new Map<string, number>();
  const sample = (pid: number): void => {
    const name = scriptOf(pid);
    peaks.set(name, Math.max(peaks.get(name) ?? 0, peakMemoryOf(pid) / BYTES_PER_MIB));
  };
  const timer = setInterval(
    () => [command.pid!, ...childrenOf(command.pid!)].forEach(sample),
    SAMPLE_EVERY_MS,
  );
  const [exitCode] = await once(command, 'exit');
  clearInterval(timer);
  if (exitCode !== 0) throw new Error(`score ended with ${exitCode}`);
  peaks.delete('');
  return peaks;
}

async function measure(folder: string, host: ImageHost, rows: number): Promise<Peaks> {
  const startedMs = performance.now();
  const peaks = await peaksOf(await writeShards(folder, host, rows), join(folder, `out-${rows}`));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `${rows} rows in ${FILES} files, ${FILES * Math.ceil(rows / FILES / ROWS_PER_SHARD)} shards: ${seconds} s`,
  );
  return peaks;
}

function total(peaks: Peaks): number {
  return [...peaks.values()].reduce((sum, mebibytes) => sum + mebibytes, 0);
}

const many = Number(values.rows);
await inTemporaryFolder(async (folder) => {
  const host = await startImageHost({ width: 60, height: 48, distinct: 200, withFailures: true });
  try {
    const few = await measure(folder, host, Math.ceil(many / TIMES_MORE));
    const all = await measure(folder, host, many);
    const print = (name: string, before: number, after: number): void =>
      console.log(
        `${name}: ${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB, ratio ${(after / before).toFixed(2)}`,
      );
    for (const [name, before] of few) print(name, before, all.get(name) ?? 0);
    print('all together', total(few), total(all));
  } finally {
    await host.stop();
  }
});
