import { join } from 'node:path';
import test from 'ava';
import { fitOnPixels } from '../../src/cnn/baselines.ts';
import { openDataset } from '../../src/cnn/dataset.ts';
import { randomBits, uniform } from '../../src/learn/random.ts';
import { normalNumbers, solvePlainly } from '../learn/least-squares.ts';
import { type MadeSplit, temporaryFolder, writeDataset } from './datasets.ts';

const WIDTH = 2 * 2 * 3;

/** Pictures of 2 x 2 pixels whose labels are a sum of these, and noise. */
function sums(name: string, count: number, noise: number): MadeSplit {
  const bits = randomBits(name);
  const normal = normalNumbers(7);
  const pixels = Uint8Array.from({ length: count * WIDTH }, () => Math.floor(256 * uniform(bits)));
  const labels = Array.from({ length: count }, (_, row) => {
    const own = pixels.subarray(row * WIDTH, (row + 1) * WIDTH);
    return 1000 + own.reduce((sum, value, i) => sum + value * (i - 5), 0) / 10 + noise * normal();
  });
  return { pixels, labels };
}

test('a linear function of pixels is that of the normal equations where it is looked at with what it learns from', async (t) => {
  const folder = join(await temporaryFolder(t), 'dataset');
  const [train, asked] = [sums('train', 80, 20), sums('test', 30, 20)];
  await writeDataset(folder, 2, { train, validation: train, test: asked }, { transform: null });
  const { splits, imagePx } = await openDataset(folder);
  const rounds: number[] = [];
  const fit = await fitOnPixels(splits, imagePx, { advance: (done) => rounds.push(done) });
  const plain = solvePlainly(
    {
      dimension: WIDTH,
      rows: Float32Array.from(train.pixels),
      targets: splits.train.targets,
      weights: new Float64Array(80).fill(1),
    },
    0,
  );
  const found = fit.predict(splits.test);
  for (const [row, value] of found.entries()) {
    const pixels = asked.pixels.subarray(row * WIDTH, (row + 1) * WIDTH);
    const expected = pixels.reduce((sum, pixel, i) => sum + pixel * plain[i]!, plain[WIDTH]!);
    t.true(Math.abs(value - expected) < 1e-6 * Math.abs(expected));
  }
  t.is(fit.pictures, 80);
  t.true(rounds.length > 3);
});

test('where there are more pixels than pictures it ends before it knows them by heart', async (t) => {
  const folder = join(await temporaryFolder(t), 'dataset');
  const noise = (name: string, count: number): MadeSplit => ({
    ...sums(name, count, 0),
    labels: Array.from({ length: count }, normalNumbers(name.length)),
  });
  const [train, validation, asked] = [noise('train', 10), noise('validation', 40), noise('tests', 40)];
  await writeDataset(folder, 2, { train, validation, test: asked }, { transform: null });
  const { splits, imagePx } = await openDataset(folder);
  const fit = await fitOnPixels(splits, imagePx, { advance: () => undefined });
  // Of noise the mean is best, and the first step away from it is worse.
  t.true(fit.rounds <= 1);
  const learned = fit.predict(splits.train);
  const error = learned.reduce((sum, value, i) => sum + (value - splits.train.targets[i]!) ** 2, 0);
  t.true(error > 1);
});
