import { join } from 'node:path';
import test from 'ava';
import {
  type Asking,
  accuracyIn,
  answersFor,
  ask,
  makeWorld,
  normal,
  type Point,
} from '../../bench/support/simulated-person.ts';
import { loadHead } from '../../src/heads/load.ts';
import { randomBits } from '../../src/learn/random.ts';
import { trainHead } from '../../src/learn/train.ts';
import { USUAL_MIX } from '../../src/queue/options.ts';
import { rating, writeFeedback } from '../feedback/records.ts';
import { makeFolder, temporaryFolder } from '../rescore/setup.ts';

const SEEDS = 4;

function asking(isActive: boolean, seed: number): Asking {
  return {
    ...{ answers: 480, step: 60, queueItems: 200, members: 5, isActive, seed },
    training: {
      ...{ hidden: 0, dropout: 0.1, batch: 1, epochs: 5, seed, valueLoss: 'mse', evaluateEvery: 50 },
      ...{ learningRate: 0.03, weightDecay: 0.02 },
    },
    choice: {
      ...{ mix: USUAL_MIX, isMixDemanded: false, candidates: 4000, heldOutShare: 0.1 },
      ...{ topShare: 0.05, certain: isActive ? 0.97 : 1, auditShare: 0.05 },
    },
  };
}

const meanAt = (curves: readonly (readonly Point[])[], place: number): number =>
  curves.reduce((sum, curve) => sum + curve.at(place)!.accuracy, 0) / curves.length;

test('a simulated person is foretold nearly as well as can be, and with fewer answers where the queue asks than by chance', async (t) => {
  const random: Point[][] = [];
  const queue: Point[][] = [];
  let ceiling = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const world = makeWorld({ samples: 1200, dimension: 24, clusters: 40, sureness: 4 }, seed);
    const accuracy = accuracyIn(world, 2000);
    ceiling += accuracy.ceiling / SEEDS;
    random.push(await ask(world, accuracy, asking(false, seed)));
    queue.push(await ask(world, accuracy, asking(true, seed)));
  }
  const mean = queue[0]!.map(({ answers }, i) => ({ answers, accuracy: meanAt(queue, i) }));
  const told = `${ceiling}: ${[...mean.keys()].map((i) => `${meanAt(random, i).toFixed(3)} ${mean[i]!.accuracy.toFixed(3)}`).join(', ')}`;
  t.log(told);
  t.true(ceiling - mean.at(-1)!.accuracy < 0.025, told);
  const needed = answersFor(mean, meanAt(random, -1));
  t.true(needed !== undefined && needed <= 0.85 * 480, `${needed} of 480; ${told}`);
});

test('ridge on 4,000 simulated ratings finds the hidden head', async (t) => {
  const samples = 4000;
  const dimension = 64;
  const world = makeWorld({ samples, dimension, clusters: 100, sureness: 2 }, 7);
  const folder = await temporaryFolder(t);
  await makeFolder(join(folder, 'embeddings'), dimension, [
    {
      ...{ number: '0', values: world.rows, columns: { hash: 'BIGINT' } },
      rows: world.ids.map((id) => ({ hash: BigInt(id) })),
    },
  ]);
  const bits = randomBits('ratings');
  // Half steps from 0 to 10, a point beside the opinion now and then.
  const answers = Array.from(world.opinion, (opinion, i) => {
    const said = Math.round(2 * (5 + opinion + normal(bits))) / 2;
    return rating(`r${i}`, { answer: Math.min(10, Math.max(0, said)), sample: { hash: world.ids[i]! } });
  });
  await trainHead(
    {
      ...{ method: 'ridge', question: 'aesthetic', tag: 'aesthetic', members: 1, threads: 1 },
      feedback: [await writeFeedback(join(folder, 'ratings.jsonl'), answers)],
      embeddings: [join(folder, 'embeddings')],
      outputFolder: join(folder, 'head'),
      ...{ overwrite: false, removeRaterBias: false },
      network: asking(false, 0).training,
    },
    { note: () => undefined, advance: () => undefined },
  );
  const { weights } = (await loadHead(join(folder, 'head/head.safetensors'), {})).linear!;
  const cosine =
    weights.reduce((sum, weight, j) => sum + weight * world.hidden[j]!, 0) / Math.hypot(...weights);
  t.true(cosine >= 0.99, String(cosine));
  t.log(cosine);
});
