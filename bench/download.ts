// Images per CPU-second of the downloader alone, beside a bare undici loop, and what hanging hosts cost the others.
// Run: npm run bench:download -- [--quick] [--images 6000] [--rounds 3]             (Linux: CPU times come from /proc)
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DownloadJob, DownloadResult } from './download-process.ts';
import { startImageHost } from './support/image-host.ts';
import { median } from './support/median.ts';
import { runScript } from './support/processes.ts';

interface Setting {
  readonly hosts: number;
  readonly latencyMs: number;
}

const JOB_SCRIPT = fileURLToPath(new URL('./download-process.js', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    images: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const images = Number(values.images ?? (values.quick ? 1_500 : 6_000));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));

const SETTINGS: readonly Setting[] = values.quick
  ? [
      { hosts: 1, latencyMs: 0 },
      { hosts: 100, latencyMs: 100 },
      { hosts: 1000, latencyMs: 0 },
    ]
  : [1, 100, 5_000].flatMap((hosts) => [0, 100, 500].map((latencyMs) => ({ hosts, latencyMs })));

async function run(job: DownloadJob): Promise<DownloadResult> {
  const { stdout } = await runScript(JOB_SCRIPT, [JSON.stringify(job)]);
  return JSON.parse(stdout) as DownloadResult;
}

const ms = (result: DownloadResult): number => (1000 * result.cpuSeconds) / result.images;
const rate = (result: DownloadResult): number => result.images / result.wallSeconds;

/** The downloader and the bare loop take turns at the same images; the figure is the median of their ratios. */
async function compare(port: number, setting: Setting): Promise<void> {
  const job = { ...setting, threadCount: 256, port, images, hangingShare: 0, hangingRows: 0 } as const;
  const ours: DownloadResult[] = [];
  const bare: DownloadResult[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await run({ ...job, kind: 'downloader' }));
    bare.push(await run({ ...job, kind: 'loop' }));
  }
  const ratios = ours.map((result, i) => result.cpuSeconds / bare[i]!.cpuSeconds);
  console.log(
    `${setting.hosts} hosts, ${setting.latencyMs} ms: downloader ${median(ours.map(ms)).toFixed(3)} ms of CPU per image, ` +
      `${Math.round(median(ours.map(rate)))} images/s; loop ${median(bare.map(ms)).toFixed(3)}, ` +
      `${Math.round(median(bare.map(rate)))}; CPU ratio ${median(ratios).toFixed(2)}`,
  );
}

/** The same live images with and without hanging hosts among them; only live ones are counted. */
async function disturb(port: number, what: string, hanging: Partial<DownloadJob>): Promise<void> {
  const hosts = hanging.hangingShare ? 2_000 : 100;
  const job: DownloadJob = {
    ...{ kind: 'downloader' as const, threadCount: 'auto' as const, hosts, latencyMs: 50, port, images },
    ...{ hangingShare: 0, hangingRows: 0 },
  };
  const shares: number[] = [];
  let delayMs = 0;
  for (let round = 0; round < rounds; round++) {
    const free = await run(job);
    const disturbed = await run({ ...job, ...hanging });
    shares.push(rate(disturbed) / rate(free));
    delayMs = Math.max(delayMs, 1000 * (disturbed.wallSeconds - free.wallSeconds));
  }
  console.log(
    `${what}: the live images come at ${(100 * median(shares)).toFixed(0)} % of the rate without them, ` +
      `the last of them at most ${delayMs.toFixed(0)} ms later`,
  );
}

const host = await startImageHost({ width: 500, height: 400, distinct: 20, withFailures: false });
try {
  console.log(`${images} JPEGs of ${Math.round(host.jpegBytes / 1024)} KB, ${rounds} rounds`);
  const port = Number(new URL(host.url(0)).port);
  for (const setting of SETTINGS) await compare(port, setting);
  await disturb(port, 'a tenth of 2,000 hosts hangs', { hangingShare: 0.1 });
  await disturb(port, "3,000 rows of a hanging host before all others'", { hangingRows: 3_000 });
} finally {
  await host.stop();
}
