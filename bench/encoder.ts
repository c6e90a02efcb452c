// Images per second of an encoder through its process, beside the same weights in a tight loop of onnxruntime and in torch.
// Run: npm run bench:encoder -- [--model B/32] [--images 128] [--batch 16] [--threads 1] [--rounds 5] [--python PYTHON]
// (Linux: CPU times come from /proc; PYTHON has torch and transformers)
import { parseArgs } from 'node:util';
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
import { median } from './support/median.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

/** The least that bowerbird's rate is to be of the loop's, and of torch's. */
const LEAST_OF_LOOP = 0.97;
const LEAST_OF_TORCH = 1;
/** All contestants have the same weights and crops; what differs is float32 arithmetic in another order. */
const SAME_COSINE = 0.999999;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'B/32' },
    images: { type: 'string', default: '128' },
    batch: { type: 'string', default: '16' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
  },
});

/** How much faster `ours` was than `theirs`, round by round, by one of the clocks. */
function ratios(
  ours: readonly EncoderTurn[],
  theirs: readonly EncoderTurn[],
  clock: 'seconds' | 'cpuSeconds',
): number[] {
  return ours.map((turn, i) => theirs[i]![clock] / turn[clock]);
}

async function compare(work: EncoderWork): Promise<void> {
  const contestants: [EncoderContestant, ...EncoderContestant[]] = [
    await bowerbird(work, 1),
    sessionLoop(work, 'bare'),
    ...(values.python ? [torchLoop(work, values.python)] : []),
  ];
  try {
    const batches = Math.ceil(Number(values.images) / work.crops.length);
    const turns = await takeTurns(contestants, Number(values.rounds), batches);
    requireSameWork(turns.values(), SAME_COSINE);
    const ours = turns.get(contestants[0])!;
    const images = batches * work.crops.length;
    const rows = [...turns].map(([{ name }, theirs]) => {
      const ratio = ratios(ours, theirs, 'seconds');
      const least = name.startsWith('torch') ? LEAST_OF_TORCH : LEAST_OF_LOOP;
      return [
        name,
        spread(
          theirs.map(({ seconds }) => images / seconds),
          1,
        ),
        spread(
          theirs.map(({ cpuSeconds }) => images / cpuSeconds),
          1,
        ),
        theirs === ours ? '' : spread(ratio, 2) + (median(ratio) < least ? ' **missed**' : ''),
        theirs === ours ? '' : spread(ratios(ours, theirs, 'cpuSeconds'), 2),
      ];
    });
    const head = ['images/s', 'images per CPU-s', "bowerbird's rate to it", 'by CPU time'];
    console.log(
      `CLIP ${values.model}, float32, CPU, ${images} images in batches of ${work.crops.length}, ${work.threads} threads, ` +
        `${values.rounds} rounds: median (least to most).\nGoals: ${LEAST_OF_LOOP} of the session alone, ${LEAST_OF_TORCH} of torch.\n`,
    );
    console.log(table(['', ...head], rows));
  } finally {
    for (const one of contestants) await one.stop();
  }
}

await inTemporaryFolder(async (folder) =>
  compare(
    await prepareWork(folder, {
      ...{ model: values.model, batchSize: Number(values.batch), threads: Number(values.threads) },
      ...{ device: 'cpu', precision: 'float32' },
    }),
  ),
);
