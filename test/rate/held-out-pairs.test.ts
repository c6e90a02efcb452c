import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sampleId } from '../../src/feedback/answer.ts';
import { placeOf } from '../../src/learn/split.ts';
import { sidesOf } from '../../src/rate/asking/sides.ts';
import type { PageItem } from '../../src/rate/page-data.ts';
import type { RatedSamples } from '../../src/rate/samples/rated-samples.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { answered, serveRate, writePhotos } from './world.ts';

const PHOTOS = 120;

/** How many sides of a pair training holds out. */
const heldOutSides = ({ samples }: PageItem): number =>
  samples.filter(({ name }) => placeOf(sampleId(name)).isHeldOut).length;

test('a tenth of the pairs, in any beginning, are of two held-out samples, the others are learned from, and a break changes nothing', async (t) => {
  const folder = await makeFolder(t);
  const [photo] = [join(await writePhotos(folder, 1), '0.jpg')];
  const source = join(folder, 'many');
  await mkdir(source);
  for (let i = 0; i < PHOTOS; i++) await copyFile(photo, join(source, `${i}.jpg`));
  const options = { source, feedback: join(folder, 'taste.jsonl') };
  const asked: PageItem[] = [];
  for (const most of [30, 60]) {
    const page = await serveRate(t, options);
    while (asked.length < most) {
      const items = await page.items('ada', 3);
      await page.save(items.map((item, i) => answered(item, `a${asked.length + i}`)));
      asked.push(...items);
    }
    await page.rate.stop();
  }
  for (let end = 10; end <= asked.length; end += 10)
    t.is(asked.slice(0, end).filter((item) => heldOutSides(item) === 2).length, end / 10);
  t.false(asked.some((item) => heldOutSides(item) === 1));
  t.is(new Set(asked.map(({ id }) => id)).size, asked.length);
  // Two people are asked different ones of both kinds.
  const page = await serveRate(t, { ...options, feedback: join(folder, 'other.jsonl') });
  const [ada, bob] = [await page.items('ada', 20), await page.items('bob', 20)];
  t.deepEqual(
    ada.map(({ id }) => id),
    asked.slice(0, 20).map(({ id }) => id),
  );
  const ids = new Set(ada.map(({ id }) => id));
  t.true(bob.filter(({ id }) => ids.has(id)).length <= 4);
});

test('of very many samples, pairs of some of them are asked, by chance and the same for the same seed', async (t) => {
  let reads = 0;
  const samples: Pick<RatedSamples, 'pictured' | 'at'> = {
    pictured: Int32Array.from({ length: 200_000 }, (_, i) => i),
    at: async (numbers) => {
      reads += numbers.length;
      return numbers.map((number) => ({ number, name: { hash: String(number * 7919) }, caption: null }));
    },
  };
  const [once, again, other] = [
    await sidesOf(samples, { seed: 1 }),
    await sidesOf(samples, { seed: 1 }),
    await sidesOf(samples, { seed: 2 }),
  ];
  t.deepEqual(once, again);
  t.notDeepEqual(once, other);
  t.is(reads, 3 * 32_768);
  t.is(once.training.length + once.heldOut.length, 32_768);
  t.true(once.heldOut.every((number) => placeOf(String(number * 7919)).isHeldOut));
  t.false(once.training.some((number) => placeOf(String(number * 7919)).isHeldOut));
  // Half of them lie in the second half: four standard deviations are 362.
  t.true(Math.abs(once.training.filter((number) => number >= 100_000).length / 0.9 - 16_384) < 450);
});
