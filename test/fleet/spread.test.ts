import test from 'ava';
import { shardsOf } from '../../src/fleet/slice.ts';
import { spread } from '../../src/fleet/spread.ts';

/** How near the nearest two of any `width` in a row are, going round. */
function nearest(order: readonly number[], width: number): number {
  let least = order.length;
  for (let from = 0; from + width <= order.length; from++) {
    const places = order.slice(from, from + width).sort((a, b) => a - b);
    for (let i = 1; i < width; i++) least = Math.min(least, places[i]! - places[i - 1]!);
  }
  return least;
}

for (const count of [0, 1, 2, 3, 10, 97, 1000, 4096])
  test(`${count} items keep all of them, and those in a row lie apart`, (t) => {
    const items = Array.from({ length: count }, (_, i) => i);
    const order = spread(items);
    t.deepEqual(
      [...order].sort((a, b) => a - b),
      items,
    );
    for (const width of [2, 8, 64])
      if (width * 8 <= count) t.true(nearest(order, width) >= count / width / 3, `${width} in a row`);
  });

test('slices that are done at the same pace are never at the same part of the plan', (t) => {
  const shards = Array.from({ length: 6400 }, (_, id) => ({ id, inputIndex: 0, firstRow: id, rowCount: 1 }));
  const slices = Array.from({ length: 64 }, (_, index) => shardsOf(shards, { index, count: 64, from: '' }));
  for (let step = 0; step < 100; step++) {
    const places = slices.map((slice) => slice[step]!.id).sort((a, b) => a - b);
    for (let i = 1; i < places.length; i++) t.true(places[i]! - places[i - 1]! > 30);
  }
});
