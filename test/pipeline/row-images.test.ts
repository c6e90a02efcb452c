import { readdir } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { ByteBudget } from '../../src/base/byte-budget.ts';
import { RowImages } from '../../src/pipeline/row-images.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const image = (fill: number, bytes = 100) => ({
  bytes: Buffer.alloc(bytes, fill),
  extension: 'jpg',
  width: 4,
  height: 3,
});

async function open(t: ExecutionContext, heldBytes: number) {
  const folder = await makeFolder(t);
  const budget = new ByteBudget(heldBytes);
  return { folder, budget, images: new RowImages(7, { folder, budget }) };
}

test('an image that is not wanted never touches the disk, and memory is given back', async (t) => {
  const { folder, budget, images } = await open(t, 1000);
  await images.put(0, image(1));
  t.is(budget.heldBytes, 100);
  images.ended(0, false);
  t.is(budget.heldBytes, 0);
  t.is((await images.settled()).size, 0);
  t.deepEqual(await readdir(folder), []);
});

test('wanted images are read again, whatever the order in which rows ended; where memory is full they wait on the disk', async (t) => {
  const { folder, budget, images } = await open(t, 250);
  for (const row of [3, 1, 2, 0]) await images.put(row, image(row));
  t.true(budget.heldBytes <= 250);
  for (const row of [0, 1, 2]) images.ended(row, row !== 1);
  images.ended(3, true);
  const wanted = await images.settled();
  t.deepEqual([...wanted.keys()].sort(), [0, 2, 3]);
  for (const [row, spooled] of wanted) t.deepEqual(await images.read(spooled), Buffer.alloc(100, row));
  t.is(budget.heldBytes, 0);
  t.is((await readdir(folder)).length, 1);
  await images.close();
  t.deepEqual(await readdir(folder), []);
});

test('a shard that is given up leaves nothing, in memory or on the disk', async (t) => {
  const { folder, budget, images } = await open(t, 150);
  await images.put(0, image(1));
  await images.put(1, image(2));
  const late = images.put(2, image(3));
  await images.close();
  await late;
  // What was with the decoder when the run was given up.
  await images.put(3, image(4));
  t.is(budget.heldBytes, 0);
  t.deepEqual(await readdir(folder), []);
});
