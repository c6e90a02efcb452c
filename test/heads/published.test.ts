import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import { readNpy } from '../../src/heads/npy-file.ts';

// LAION's own heads on LAION's own bucket means; the scores were computed with torch and TensorFlow from the published files.
const LAION = join(packageFolder, '..', 'shared', 'laion');
const LINEAR_SCORES = [
  -2.457909, -0.137857, 1.89511, 3.584934, 5.099726, 6.470104, 7.78699, 9.048002, 10.226409, 11.304426,
];
const STACK_SCORES = [
  1.65548, 2.359275, 3.069824, 3.672451, 4.23801, 4.701021, 5.073054, 5.365362, 5.576664, 5.746761,
];
/** By TensorFlow 2.21: the ten means, then the first unit vector, the one of equal values, and zero. */
const NSFW_SCORES = [
  6.667327e-5, 8.258202e-5, 1.206847e-4, 1.02903e-4, 1.560048e-4, 2.235344e-4, 2.478732e-4, 1.699223e-4,
  1.011967e-4, 8.846922e-5, 9.019213e-3, 1.465864e-5, 1.92447e-4,
];
const DIMENSION = 768;

const published = existsSync(LAION) ? test : test.skip;
if (!existsSync(LAION)) test('published heads are not checked', (t) => t.pass(`${LAION} is absent`));

function loadLaion(name: string): Promise<Head> {
  return loadHead(join(LAION, 'heads', name), { tag: 'aesthetic' });
}

function bucketMeans(): Float32Array {
  const rows = LINEAR_SCORES.map((_, k) =>
    readNpy(readFileSync(join(LAION, 'bucket_means', 'vit_l_14', `rating${k}.npy`))),
  );
  return Float32Array.from(rows.flatMap(({ data }) => [...data]));
}

function sixDecimals(values: Iterable<number>): string[] {
  return [...values].map((value) => value.toFixed(6));
}

const lengthOf = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

published('the published linear head gives the published scores', async (t) => {
  const head = await loadLaion('sa_0_4_vit_l_14_linear.pth');
  t.is(head.dimension, DIMENSION);
  t.true(head.requiresUnitNorm);
  t.is(head.linear!.bias.toFixed(6), '3.529372');
  t.is(lengthOf(head.linear!.weights).toFixed(6), '28.444396');
  t.deepEqual(sixDecimals(head.score(bucketMeans(), 10)), sixDecimals(LINEAR_SCORES));
});

published('the published linear head gives the published scores of probes', async (t) => {
  const head = await loadLaion('sa_0_4_vit_l_14_linear.pth');
  const probes = new Float32Array(3 * DIMENSION);
  probes[0] = 1;
  probes.fill(1 / Math.sqrt(DIMENSION), DIMENSION, 2 * DIMENSION);
  t.deepEqual(sixDecimals(head.score(probes, 3)), ['5.402092', '1.513130', '3.529372']);
});

published('the published stack of five layers collapses to one and gives the published scores', async (t) => {
  const head = await loadLaion('sac+logos+ava1-l14-linearMSE.pth');
  t.is(head.linear!.bias.toFixed(6), '5.236646');
  t.is(lengthOf(head.linear!.weights).toFixed(6), '17.995625');
  t.deepEqual(sixDecimals(head.score(bucketMeans(), 10)), sixDecimals(STACK_SCORES));
});

published('the published NSFW model gives what TensorFlow gives of float16 embeddings', async (t) => {
  const head = await loadHead(join(LAION, 'heads', 'clip_autokeras_binary_nsfw.zip'), { tag: 'punsafe' });
  const probes = new Float32Array(3 * DIMENSION);
  probes[0] = 1;
  probes.fill(1 / Math.sqrt(DIMENSION), DIMENSION, 2 * DIMENSION);
  const scores = [...head.score(bucketMeans(), 10), ...head.score(probes, 3)];
  for (const [i, score] of scores.entries())
    t.true(Math.abs(score - NSFW_SCORES[i]!) <= 1e-5 * NSFW_SCORES[i]!, `${i}: ${score}`);
});
