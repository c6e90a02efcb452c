// Images per second of CLIP on a GPU: through the encoder's process and from JPEGs on loopback, beside the session alone in a tight
// loop and torch with its fused attention, as Markdown; how busy the GPU was, and how many cores decoding needs.
// Run: npm run bench:gpu -- [--models L/14,B/32] [--device cuda] [--batch 128] [--batches 20] [--images 8192] [--rounds 3]
//      [--threads 1] [--python PYTHON]        (Linux; PYTHON has torch for CUDA and transformers)
import { parseArgs } from 'node:util';
import { BowerbirdError } from '../src/base/errors.ts';
import type { Device } from '../src/embed/session.ts';
import type { EncoderTurn } from './encoder-loop-process.ts';
import {
  bowerbird,
  type EncoderContestant,
  requireSameWork,
  sessionLoop,
  takeTurns,
  torchLoop,
} from './support/encoder-contestants.ts';
import { type EncoderWork, prepareWork } from './support/encoder-work.ts';
import { type GpuUse, watchGpu } from './support/gpu-watch.ts';
import { startImageHost } from './support/image-host.ts';
import { decodeCpuSeconds, scoreRate } from './support/jpeg-run.ts';
import { median } from './support/median.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

/** The least that bowerbird's rate is to be of the session's alone, and of torch's. */
const LEAST_OF_SESSION = 0.9;
const LEAST_OF_TORCH = 1;
/** float16 sums in another order. */
const SAME_COSINE = 0.999;
const JPEG = { width: 500, height: 400 };

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'L/14,B/32' },
    device: { type: 'string', default: 'cuda' },
    batch: { type: 'string', default: '128' },
    batches: { type: 'string', default: '20' },
    images: { type: 'string', default: '8192' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    python: { type: 'string' },
  },
});
const device = values.device as Device;
const [batchSize, batches, images, rounds, threads] = (
  ['batch', 'batches', 'images', 'rounds', 'threads'] as const
).map((name) => Number(values[name])) as [number, number, number, number, number];

/** CPUs have no arithmetic in float16, and their float16 is not meant for use. */
function prepare(folder: string, model: string): Promise<EncoderWork> {
  const precision = device === 'cpu' ? 'float32' : 'float16';
  return prepareWork(folder, { model, batchSize, threads, device, precision });
}

/** Tries the device on a model of a moment, before gigabytes are written. @throws BowerbirdError BB_DEVICE_UNAVAILABLE */
async function tryDevice(): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const encoder = await bowerbird(await prepare(folder, 'tiny'), 1);
    await encoder.stop();
  });
}

/** A contestant whose turns are watched. */
function watched(one: EncoderContestant, uses: GpuUse[]): EncoderContestant {
  return {
    ...one,
    async turn(count) {
      const { result, use } = await watchGpu(() => one.turn(count));
      if (use) uses.push(use);
      return result;
    },
  };
}

const rates = (turns: readonly EncoderTurn[]): number[] =>
  turns.map(({ seconds }) => (batches * batchSize) / seconds);

function busy(uses: readonly GpuUse[]): string {
  return uses.length === 0 ? 'not measured' : median(uses.map(({ busyShare }) => busyShare)).toFixed(2);
}

/** Each contestant's rate, and bowerbird's with two sessions to it; gives the rate of the session alone. */
async function compareCrops(work: EncoderWork): Promise<number> {
  const uses = new Map<string, GpuUse[]>();
  const watch = (one: EncoderContestant): EncoderContestant => {
    uses.set(one.name, []);
    return watched(one, uses.get(one.name)!);
  };
  const contestants = [
    watch(sessionLoop(work, 'wrapped')),
    watch(await bowerbird(work, 1)),
    watch(await bowerbird(work, 2)),
    ...(values.python ? [watch(torchLoop(work, values.python))] : []),
  ];
  try {
    const turns = await takeTurns(contestants, rounds, batches);
    requireSameWork(turns.values(), SAME_COSINE);
    const ours = rates(turns.get(contestants[1]!)!);
    const rows = [...turns].map(([one, theirs], i) => {
      const ratios = rates(theirs).map((rate, round) => ours[round]! / rate);
      const goal = i === 0 ? LEAST_OF_SESSION : i === 3 ? LEAST_OF_TORCH : 0;
      const ratio = i === 1 ? '' : spread(ratios, 2) + (median(ratios) < goal ? ' **missed**' : '');
      return [one.name, spread(rates(theirs), 1), ratio, busy(uses.get(one.name)!)];
    });
    console.log(table(['from crops', 'images/s', "bowerbird's rate to it", 'GPU busy'], rows));
    return median(rates(turns.get(contestants[0]!)!));
  } finally {
    for (const one of contestants) await one.stop();
  }
}

function describeRate(rate: number, sessionRate: number): string {
  if (Number.isNaN(rate)) return 'too few --images to tell';
  return `${rate.toFixed(1)} images/s, ${(rate / sessionRate).toFixed(2)} of the session alone`;
}

async function compareJpegs(folder: string, work: EncoderWork, sessionRate: number): Promise<void> {
  const host = await startImageHost({ ...JPEG, distinct: 20, withFailures: false });
  try {
    const lengths = { few: Math.ceil(images / 8), many: images };
    const { result: rate, use } = await watchGpu(() => scoreRate(folder, work, host, lengths));
    const decodeSeconds = await decodeCpuSeconds(work, JPEG.width, JPEG.height);
    console.log(
      `\nFrom ${JPEG.width} x ${JPEG.height} JPEGs on loopback to written shards: ${describeRate(rate, sessionRate)}; ` +
        `GPU busy ${busy(use ? [use] : [])}, starts included.\n` +
        `Decoding takes ${(1000 * decodeSeconds).toFixed(2)} ms of a core for each: ` +
        `${(decodeSeconds * sessionRate).toFixed(1)} cores keep up with the session.`,
    );
  } finally {
    await host.stop();
  }
}

try {
  await tryDevice();
  for (const model of values.models.split(','))
    await inTemporaryFolder(async (folder) => {
      const work = await prepare(folder, model);
      console.log(
        `\n## CLIP ${model}, ${work.precision}, ${device}, batches of ${batchSize}, ${rounds} rounds: median (least to most)\n\n` +
          `Goals: ${LEAST_OF_SESSION} of the session alone, ${LEAST_OF_TORCH} of torch.\n`,
      );
      await compareJpegs(folder, work, await compareCrops(work));
    });
} catch (thrown) {
  if (!(thrown instanceof BowerbirdError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}
