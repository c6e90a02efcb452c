// A simulated person (a hidden head and noise) is asked by chance and by what `queue` chooses: how good the trained ensemble is after so many
// answers, and how many answers the queue saves. Run: npx tsc; node .build/bench/active.js [--seeds 10] [--answers 1000] [--step 50] [--items 200] [--members 16]
//   [--dimension 64] [--sureness 4] [--mix random=.3,variance=.7] [--candidates 131072] [--certain 0.97]
import { parseArgs } from 'node:util';
import { ACTIVE_PAIR_MIX, itemsOfActiveQueue } from '../src/cli/active-queue.ts';
import { parseMix } from '../src/cli/queue-mix.ts';
import type { Mix } from '../src/queue/options.ts';
import {
  type Asking,
  accuracyIn,
  answersFor,
  ask,
  makeWorld,
  type Point,
} from './support/simulated-person.ts';

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    answers: { type: 'string', default: '1000' },
    step: { type: 'string', default: '50' },
    // Of a queue; where not given as `rate --active` makes them.
    items: { type: 'string' },
    members: { type: 'string', default: '16' },
    dimension: { type: 'string', default: '64' },
    sureness: { type: 'string', default: '4' },
    mix: { type: 'string' },
    candidates: { type: 'string', default: '131072' },
    certain: { type: 'string', default: '0.97' },
  },
});
const seeds = Number(flags.seeds);
const shape = {
  ...{ samples: 8000, clusters: 100 },
  dimension: Number(flags.dimension),
  sureness: Number(flags.sureness),
};

function askingFor(mix: Mix, isActive: boolean, seed: number): Asking {
  return {
    ...{
      answers: Number(flags.answers),
      step: Number(flags.step),
      queueItems: flags.items === undefined ? itemsOfActiveQueue(Number(flags.step)) : Number(flags.items),
      members: Number(flags.members),
      isActive,
      seed,
    },
    training: {
      ...{ hidden: 0, dropout: 0.1, batch: 1, epochs: 5, seed, valueLoss: 'mse', evaluateEvery: 50 },
      ...{ learningRate: 0.03, weightDecay: 0.02 },
    },
    choice: {
      ...{ mix, isMixDemanded: false, candidates: Number(flags.candidates), heldOutShare: 0.1 },
      ...{ topShare: 0.05, certain: isActive ? Number(flags.certain) : 1, auditShare: 0.05 },
    },
  };
}

/** The mean of curves of the same steps. */
function meanCurve(curves: readonly (readonly Point[])[]): Point[] {
  return curves[0]!.map(({ answers }, i) => ({
    answers,
    accuracy: curves.reduce((sum, curve) => sum + curve[i]!.accuracy, 0) / curves.length,
  }));
}

const percent = (share: number): string => (100 * share).toFixed(1);

const arms = { random: [] as Point[][], queue: [] as Point[][] };
const ceilings: number[] = [];
const cpuBefore = process.cpuUsage();
const mix = parseMix(flags.mix ?? ACTIVE_PAIR_MIX);
for (let seed = 0; seed < seeds; seed++) {
  const world = makeWorld(shape, seed);
  const accuracy = accuracyIn(world, 4000);
  ceilings.push(accuracy.ceiling);
  arms.random.push(await ask(world, accuracy, askingFor(mix, false, seed)));
  arms.queue.push(await ask(world, accuracy, askingFor(mix, true, seed)));
  process.stderr.write(`seed ${seed + 1} of ${seeds}\n`);
}
const { user, system } = process.cpuUsage(cpuBefore);
const ceiling = ceilings.reduce((sum, one) => sum + one, 0) / seeds;
const curves = { random: meanCurve(arms.random), queue: meanCurve(arms.queue) };
console.log(`| answers | by chance | by the queue |\n|---|---|---|`);
for (const [i, { answers, accuracy }] of curves.random.entries()) {
  if ((i + 1) % 2 === 0 || curves.random.length < 10)
    console.log(`| ${answers} | ${percent(accuracy)} | ${percent(curves.queue[i]!.accuracy)} |`);
}
const goal = curves.random.at(-1)!;
const needed = answersFor(curves.queue, goal.accuracy);
const each = arms.random.map((curve, i) => answersFor(arms.queue[i]!, curve.at(-1)!.accuracy));
const shares = each.map((answers) => (answers ?? goal.answers) / goal.answers);
console.log(`\nThe hidden head itself foretells ${percent(ceiling)} % (the ceiling).`);
console.log(
  `What ${goal.answers} answers by chance reach, the queue reaches after ${needed === undefined ? 'more' : Math.round(needed)}` +
    ` (${needed === undefined ? '-' : percent(needed / goal.answers)} %; goal 70); seed by seed ${shares.map(percent).join(', ')} %, mean ${percent(shares.reduce((sum, share) => sum + share, 0) / seeds)} %.`,
);
const last = curves.queue.at(-1)!;
console.log(
  `After ${last.answers} answers of the queue: ${percent(ceiling - last.accuracy)} points below the ceiling (goal 2). ${((user + system) / 1e6).toFixed(0)} CPU-s.`,
);
