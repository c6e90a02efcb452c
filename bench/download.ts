// The downloader beside a bare undici loop and img2dataset, and what hanging hosts cost the others: CPU time and rates, one
// run, as Markdown. Run: npm run bench:download -- [--quick] [--images 4000] [--rounds 2] [--python PYTHON] [--only hanging]
// (Linux: CPU times come from /proc; PYTHON has img2dataset, its OpenCV and pyarrow)
import { parseArgs } from 'node:util';
import type { DownloadJob, DownloadResult } from './download-process.ts';
import { type Contestant, DOWNLOADER, img2dataset, LOOP } from './support/download-contestants.ts';
import { startImageHost } from './support/image-host.ts';
import { median } from './support/median.ts';
import { table } from './support/table.ts';

interface Setting {
  readonly hosts: number;
  readonly latencyMs: number;
}

/** At most so much of the loop's CPU time, and so little of img2dataset's, is the goal. */
const MOST_OF_LOOP = 1.25;
const LEAST_OF_IMG2DATASET = 2.3;
/** With others hanging, the live images come at this share of their rate, and none so much later. */
const LEAST_SHARE = 0.9;
const MOST_DELAY_MS = 1_000;

const FIXED_THREADS = 256;
const DECODED_IMAGES = 1_000;
/** Enough that what a hanging host costs before it is taken for one is a small part of it. */
const DISTURBED_IMAGES = 20_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    images: { type: 'string' },
    rounds: { type: 'string' },
    python: { type: 'string' },
    only: { type: 'string' },
  },
});
const images = Number(values.images ?? (values.quick ? 1_500 : 4_000));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 2));
const python = values.python ? img2dataset(values.python) : undefined;

const SETTINGS: readonly Setting[] = values.quick
  ? [
      { hosts: 1, latencyMs: 0 },
      { hosts: 100, latencyMs: 100 },
      { hosts: 1000, latencyMs: 0 },
    ]
  : [1, 100, 5_000].flatMap((hosts) => [0, 100, 500].map((latencyMs) => ({ hosts, latencyMs })));

const cpuMs = ({ cpuSeconds, images: count }: DownloadResult): number => (1000 * cpuSeconds) / count;
const rate = ({ wallSeconds, images: count }: DownloadResult): number => count / wallSeconds;

function jobOf(setting: Setting): DownloadJob {
  return {
    ...{ kind: 'downloader', threadCount: FIXED_THREADS, decode: false, hangingShare: 0, hangingRows: 0 },
    ...{ ...setting, ...ports, images: Math.max(images, setting.hosts) },
  };
}

/** The contestants take turns at the same images. img2dataset as it is comes once: it says the same every time, and slowly. */
async function takeTurns(
  job: DownloadJob,
  contestants: readonly Contestant[],
): Promise<ReadonlyMap<Contestant, readonly DownloadResult[]>> {
  const results = new Map(contestants.map((contestant) => [contestant, [] as DownloadResult[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      if (round > 0 && contestant === python?.asShipped) continue;
      results.get(contestant)!.push(await contestant.run(job));
    }
  }
  return results;
}

function spread(numbers: readonly number[], digits: number): string {
  const [least, middle, most] = [Math.min(...numbers), median(numbers), Math.max(...numbers)];
  const text = middle.toFixed(digits);
  return least === most ? text : `${text} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** The CPU time of `results` to that of `others`, round by round, and whether it is as wanted. */
function ratioTo(
  others: readonly DownloadResult[] | undefined,
  results: readonly DownloadResult[],
  goal?: (ratio: number) => boolean,
): string {
  if (!others) return '';
  const ratios = results.map((result, i) => cpuMs(result) / cpuMs(others[Math.min(i, others.length - 1)]!));
  return spread(ratios, 2) + (goal && !goal(median(ratios)) ? ' **missed**' : '');
}

async function compareSpeed(): Promise<void> {
  const contestants = [DOWNLOADER, LOOP, ...(python ? [python.fixed, python.asShipped] : [])];
  const rows: string[][] = [];
  for (const setting of SETTINGS) {
    const results = await takeTurns(jobOf(setting), contestants);
    const ours = results.get(DOWNLOADER)!;
    rows.push([
      `${setting.hosts}, ${setting.latencyMs} ms`,
      ...contestants.flatMap((contestant) => {
        const theirs = results.get(contestant)!;
        return [spread(theirs.map(cpuMs), 2), `${Math.round(median(theirs.map(rate)))}`];
      }),
      ratioTo(results.get(LOOP), ours, (ratio) => ratio <= MOST_OF_LOOP),
      ...(python
        ? [ratioTo(ours, results.get(python.fixed)!, (ratio) => ratio >= LEAST_OF_IMG2DATASET)]
        : []),
    ]);
  }
  console.log(
    `\nDownload alone, ${FIXED_THREADS} at once. Goals: at most ${MOST_OF_LOOP} of the loop's CPU time` +
      `${python ? `, img2dataset (fixed) at least ${LEAST_OF_IMG2DATASET} times ours` : ''}.\n`,
  );
  const head = contestants.flatMap(({ name }) => [`${name}: CPU ms`, 'images/s']);
  const ratios = ['bowerbird to loop', ...(python ? ['img2dataset, fixed, to bowerbird'] : [])];
  console.log(table(['hosts, latency', ...head, ...ratios], rows));
}

/** Ours decodes and crops exactly; img2dataset's resizer crops and encodes again, which is what it is for. */
async function compareWithDecode(): Promise<void> {
  if (!python) return;
  const contestants = [DOWNLOADER, python.fixed, python.asShipped];
  const job = { ...jobOf({ hosts: 100, latencyMs: 0 }), images: DECODED_IMAGES, decode: true };
  const results = await takeTurns(job, contestants);
  const ours = results.get(DOWNLOADER)!;
  console.log(
    '\nDownload, decode and crop to 224 (ours: the exact transform; img2dataset: also a JPEG of it)\n',
  );
  const rows = contestants.map((contestant) => {
    const theirs = results.get(contestant)!;
    return [contestant.name, spread(theirs.map(cpuMs), 2), ratioTo(ours, theirs)];
  });
  console.log(table(['', 'CPU ms', 'to bowerbird'], rows));
}

/** Whether a width that is found by itself is as good as a fixed one. */
async function compareWidths(): Promise<void> {
  const settings = values.quick
    ? [{ hosts: 100, latencyMs: 100 }]
    : [100, 5_000].flatMap((hosts) => [0, 100, 500].map((latencyMs) => ({ hosts, latencyMs })));
  const rows: string[][] = [];
  for (const setting of settings) {
    const job = { ...jobOf(setting), images: 2 * Math.max(images, setting.hosts) };
    const fixed = await DOWNLOADER.run(job);
    const auto = await DOWNLOADER.run({ ...job, threadCount: 'auto' });
    const share = rate(auto) / rate(fixed);
    rows.push([
      ...[`${setting.hosts}, ${setting.latencyMs} ms`, rate(fixed).toFixed(0), rate(auto).toFixed(0)],
      share.toFixed(2) + (share < LEAST_SHARE ? ' **missed**' : ''),
    ]);
  }
  console.log(`\n\`--thread-count\`, images/s. Goal: auto at least ${LEAST_SHARE} of ${FIXED_THREADS}.\n`);
  console.log(table(['hosts, latency', `${FIXED_THREADS}`, 'auto', 'auto to fixed'], rows));
}

interface Disturbance {
  readonly what: string;
  readonly hosts: number;
  readonly hanging: Partial<DownloadJob>;
}

/** The same live images with and without hanging hosts among them; only live ones are counted, each by when it ends. */
async function disturb({ what, hosts, hanging }: Disturbance): Promise<string[]> {
  const job: DownloadJob = {
    ...jobOf({ hosts, latencyMs: 50 }),
    ...{ threadCount: 'auto', images: DISTURBED_IMAGES },
  };
  const shares: number[] = [];
  const costs: number[] = [];
  const delaysMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const free = await DOWNLOADER.run(job);
    const disturbed = await DOWNLOADER.run({ ...job, ...hanging });
    shares.push(rate(disturbed) / rate(free));
    costs.push(cpuMs(disturbed) / cpuMs(free));
    delaysMs.push(Math.max(...disturbed.endsMs!.map((endMs, i) => endMs - free.endsMs![i]!)));
  }
  return [
    ...[what, spread(shares, 2) + (median(shares) < LEAST_SHARE ? ' **missed**' : ''), spread(costs, 2)],
    spread(delaysMs, 0) + (median(delaysMs) > MOST_DELAY_MS ? ' **missed**' : ''),
  ];
}

async function compareDisturbances(): Promise<void> {
  const rows = [
    await disturb({
      ...{ what: 'a tenth of 2,000 hosts hangs', hosts: 2_000, hanging: { hangingShare: 0.1 } },
    }),
    await disturb({
      ...{ what: "3,000 rows of a hanging host before all others'", hosts: 100 },
      hanging: { hangingRows: 3_000 },
    }),
  ];
  console.log(
    `\nLive images with hanging hosts among them, to the same without. Goals: ${LEAST_SHARE} of the rate, ` +
      `none more than ${MOST_DELAY_MS} ms later.\n`,
  );
  const head = [
    '',
    'rate, to that without',
    'CPU time, to that without',
    'most that one image comes later, ms',
  ];
  console.log(table(head, rows));
}

const PARTS = {
  speed: compareSpeed,
  decode: compareWithDecode,
  widths: compareWidths,
  hanging: compareDisturbances,
} as const;
const parts = Object.entries(PARTS).filter(([name]) => values.only === undefined || name === values.only);
if (parts.length === 0) throw new Error(`--only takes one of ${Object.keys(PARTS).join(', ')}`);

const host = await startImageHost({ width: 500, height: 400, distinct: 20, withFailures: false });
const ports = { port: Number(new URL(host.url(0)).port), silentPort: host.silentPort };

try {
  console.log(
    `${images} JPEGs of ${Math.round(host.jpegBytes / 1024)} KB (as many as hosts at least), ${rounds} rounds: ` +
      'median (least to most)',
  );
  for (const [, compare] of parts) await compare();
} finally {
  await host.stop();
}
