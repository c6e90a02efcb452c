// What the downloader holds over very many rows: memory and time over a million that mostly fail at once, and open files over
// 100,000 images of 5,000 hosts. Seldom run. npm run bench:download-scale -- [--rows 1000000] [--images 100000] [--hosts 5000]
// (Linux: open files come from /proc)
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Sample, ScaleJob, ScaleResult } from './download-scale-process.ts';
import { startImageHost } from './support/image-host.ts';
import { runCommand } from './support/processes.ts';
import { table } from './support/table.ts';

/** Of the last tenth of the rows to the first tenth in memory, of the second half to the first in CPU time. */
const MOST_MEMORY_GROWTH = 1.2;
const MOST_TIME_GROWTH = 1.2;
/** What `--thread-count` asks for before it begins, and all that a run with a number of its own is given here. */
const FILES_OF_A_REQUEST = 5;
const FILES_FOR_THE_REST = 256;
const THREAD_COUNTS = [256, 'auto'] as const;
const BYTES_PER_MIB = 1024 * 1024;
const JOB_SCRIPT = fileURLToPath(new URL('./download-scale-process.js', import.meta.url));

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    images: { type: 'string', default: '100000' },
    hosts: { type: 'string', default: '5000' },
  },
});

/** @param openFiles the most that the process may open; as many as this one where not given */
async function run(job: ScaleJob, openFiles?: number): Promise<ScaleResult> {
  const command = `${openFiles === undefined ? '' : `ulimit -n ${openFiles} && `}exec "$0" "$@"`;
  const { stdout } = await runCommand('bash', [
    '-c',
    command,
    process.execPath,
    JOB_SCRIPT,
    JSON.stringify(job),
  ]);
  const result = JSON.parse(stdout) as ScaleResult;
  const counted = Object.values(result.outcomes).reduce((sum, rows) => sum + rows, 0);
  if (counted !== job.rows) throw new Error(`${job.rows} rows went in and ${counted} came out`);
  return result;
}

function verdict(ratio: number, most: number): string {
  return `${ratio.toFixed(2)}, goal at most ${most}${ratio > most ? ': **missed**' : ''}`;
}

async function failFast(port: number): Promise<void> {
  const { samples, outcomes } = await run({
    ...{
      rows: Number(values.rows),
      hosts: Number(values.hosts),
      mostlyFails: true,
      port,
      threadCount: 'auto',
    },
  });
  console.log(`${values.rows} rows, most of which fail at once: ${JSON.stringify(outcomes)}\n`);
  const cells = samples.map(({ rows, cpuSeconds, wallSeconds, residentBytes, openFiles }) => [
    ...[`${rows}`, cpuSeconds.toFixed(1), wallSeconds.toFixed(1), mib(residentBytes), `${openFiles}`],
  ]);
  console.log(table(['rows', 'CPU s', 'wall s', 'memory, MiB', 'open files'], cells));
  const [first, middle, last] = [samples[0]!, samples[4]!, samples.at(-1)!];
  const growth = last.residentBytes / first.residentBytes;
  console.log(`\nMemory in the last tenth to that in the first: ${verdict(growth, MOST_MEMORY_GROWTH)}`);
  const slowdown = (last.cpuSeconds - middle.cpuSeconds) / middle.cpuSeconds;
  console.log(`CPU time of the second half to that of the first: ${verdict(slowdown, MOST_TIME_GROWTH)}`);
}

async function openFiles(port: number, threadCount: number | 'auto'): Promise<void> {
  const job = {
    rows: Number(values.images),
    hosts: Number(values.hosts),
    mostlyFails: false,
    port,
    threadCount,
  };
  const allowed = threadCount === 'auto' ? undefined : FILES_OF_A_REQUEST * threadCount + FILES_FOR_THE_REST;
  const { samples, outcomes } = await run(job, allowed);
  const missing = job.rows - (outcomes['image'] ?? 0);
  const most = Math.max(...samples.map((sample) => sample.openFiles));
  const { cpuSeconds, wallSeconds } = samples.at(-1)!;
  console.log(
    `\n${values.images} images of ${values.hosts} hosts, --thread-count ${threadCount}: ${JSON.stringify(outcomes)}, ` +
      `${cpuSeconds.toFixed(1)} CPU s, ${wallSeconds.toFixed(1)} s, at most ${mib(peakOf(samples))} MiB; ` +
      `open files ${most} of ${allowed ?? 'as many as there may be'}, goal: all images come${missing ? ': **missed**' : ''}`,
  );
}

function peakOf(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ residentBytes }) => residentBytes));
}

function mib(bytes: number): string {
  return `${Math.round(bytes / BYTES_PER_MIB)}`;
}

const host = await startImageHost({ width: 500, height: 400, distinct: 20, withFailures: false });
try {
  const port = Number(new URL(host.url(0)).port);
  await failFast(port);
  for (const threadCount of THREAD_COUNTS) await openFiles(port, threadCount);
} finally {
  await host.stop();
}
