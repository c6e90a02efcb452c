// Images per CPU-second from loopback to scores: the whole command, and the same work in a plain loop.
// Run: npm run bench:end-to-end -- [--side 1024] [--images 1200] [--rounds 5]        (Linux: CPU times come from /proc)
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeRows } from '../scripts/write-rows.ts';
import type { PlainLoopSettings } from './plain-loop-process.ts';
import { type ImageHost, startImageHost } from './support/image-host.ts';
import { median } from './support/median.ts';
import { cliScript, runScript, type Usage } from './support/processes.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Sizes {
  /** Images of the short run; what a long run uses beyond it is free of start-up. */
  readonly few: number;
  readonly many: number;
}

/** Runs a number of images; gives the mean score as well, which must be the same whoever does it. */
type Work = (images: number) => Promise<Usage & { readonly meanScore: number }>;

interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

const FEW_IMAGES = 320;
const DISTINCT_IMAGES = 240;
const DOWNLOADS_AT_ONCE = 32;
const BATCH_SIZE = 32;
const ENCODER_THREADS = 1;
const SCORE_TOLERANCE = 1e-4;

const plainLoopScript = fileURLToPath(new URL('./plain-loop-process.js', import.meta.url));

async function writeShard(path: string, host: ImageHost, images: number): Promise<void> {
  const rows = Array.from({ length: images }, (_, i) => ({ URL: host.url(i), TEXT: `picture number ${i}` }));
  await writeRows(path, { URL: 'VARCHAR', TEXT: 'VARCHAR' }, rows);
}

function wholeCommand(folder: string): Work {
  return async (images) => {
    const output = join(folder, 'out');
    await rm(output, { recursive: true, force: true });
    const flags = {
      'output-folder': output,
      'thread-count': DOWNLOADS_AT_ONCE,
      'batch-size': BATCH_SIZE,
      'encoder-threads': ENCODER_THREADS,
      'processes-count': 1,
    };
    const usage = await runScript(cliScript, [
      'score',
      join(folder, `${images}.parquet`),
      '--allow-private-addresses',
      '--json',
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ]);
    return { ...usage, meanScore: meanScoreOf(usage.stdout, images) };
  };
}

function meanScoreOf(json: string, images: number): number {
  const { successes, buckets } = JSON.parse(json) as {
    successes: number;
    buckets: { count: number; mean_score: number | null }[];
  };
  if (successes !== images) throw new Error(`${successes} of ${images} images were scored`);
  return buckets.reduce((sum, { count, mean_score }) => sum + count * (mean_score ?? 0), 0) / images;
}

function plainLoop(host: ImageHost): Work {
  return async (images) => {
    const settings: PlainLoopSettings = {
      origin: new URL(host.url(0)).origin,
      images,
      downloadsAtOnce: DOWNLOADS_AT_ONCE,
      batchSize: BATCH_SIZE,
      encoderThreads: ENCODER_THREADS,
    };
    const usage = await runScript(plainLoopScript, [JSON.stringify(settings)]);
    return { ...usage, meanScore: (JSON.parse(usage.stdout) as { meanScore: number }).meanScore };
  };
}

/** What the images beyond the few cost, each. */
async function costPerImage(
  work: Work,
  { few, many }: Sizes,
): Promise<Cost & { readonly meanScore: number }> {
  const short = await work(few);
  const long = await work(many);
  return {
    cpuSeconds: (long.cpuSeconds - short.cpuSeconds) / (many - few),
    wallSeconds: (long.wallSeconds - short.wallSeconds) / (many - few),
    meanScore: long.meanScore,
  };
}

function describeRates(name: string, costs: readonly Cost[]): string {
  const rates = costs.map(({ cpuSeconds }) => 1 / cpuSeconds);
  const spread = `${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)}`;
  const wallRate = 1 / median(costs.map(({ wallSeconds }) => wallSeconds));
  return `${name}: ${median(rates).toFixed(1)} images per CPU-second (${spread}), ${wallRate.toFixed(1)} per second`;
}

async function compare(folder: string, host: ImageHost, sizes: Sizes, rounds: number): Promise<void> {
  await writeShard(join(folder, `${sizes.few}.parquet`), host, sizes.few);
  await writeShard(join(folder, `${sizes.many}.parquet`), host, sizes.many);
  const whole: Cost[] = [];
  const plain: Cost[] = [];
  for (let round = 1; round <= rounds; round++) {
    const wholeCost = await costPerImage(wholeCommand(folder), sizes);
    const plainCost = await costPerImage(plainLoop(host), sizes);
    if (Math.abs(wholeCost.meanScore - plainCost.meanScore) > SCORE_TOLERANCE)
      throw new Error(`not the same work: mean scores ${wholeCost.meanScore} and ${plainCost.meanScore}`);
    whole.push(wholeCost);
    plain.push(plainCost);
    console.log(
      `round ${round}: ${(1000 * wholeCost.cpuSeconds).toFixed(2)} ms of CPU per image by the command, ` +
        `${(1000 * plainCost.cpuSeconds).toFixed(2)} in a plain loop`,
    );
  }
  const overheads = whole.map(({ cpuSeconds }, i) => 100 * (cpuSeconds / plain[i]!.cpuSeconds - 1));
  console.log(describeRates('bowerbird score', whole));
  console.log(describeRates('plain loop', plain));
  console.log(
    `overhead: ${median(overheads).toFixed(1)} % (${Math.min(...overheads).toFixed(1)} to ${Math.max(...overheads).toFixed(1)})`,
  );
}

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '500' },
    images: { type: 'string', default: '1200' },
    rounds: { type: 'string', default: '5' },
  },
});
const width = Number(values.side);
const height = Math.round(width * 0.8);
await inTemporaryFolder(async (folder) => {
  const host = await startImageHost({ width, height, distinct: DISTINCT_IMAGES, withFailures: false });
  try {
    console.log(`${width} x ${height} JPEGs, ${Math.round(host.jpegBytes / 1024)} KB`);
    const sizes = { few: FEW_IMAGES, many: FEW_IMAGES + Number(values.images) };
    await compare(folder, host, sizes, Number(values.rounds));
  } finally {
    await host.stop();
  }
});
