import test from 'ava';
import fc from 'fast-check';
import { ThumbnailPicker } from '../../src/pipeline/thumbnail-picker.ts';

const ROWS = 60;
const hashes = BigInt64Array.from({ length: ROWS }, (_, i) =>
  BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n),
);
/** Spread over all buckets, one below and one above included. */
const scores = Array.from({ length: ROWS }, (_, i) => ((i * 37) % ROWS) / 5 - 1);

function pick(order: readonly number[], threshold: number | undefined): number[] {
  const picker = new ThumbnailPicker(hashes, threshold);
  for (const index of order) picker.offer(index, scores[index]!, Uint8Array.of(index));
  return picker.picked().map(({ index }) => index);
}

const inOrder = scores.map((_, index) => index);

test('the choice is the same in whatever order the rows arrive', (t) => {
  const expected = pick(inOrder, 5);
  fc.assert(
    fc.property(fc.shuffledSubarray(inOrder, { minLength: ROWS }), (order) => {
      t.deepEqual(pick(order, 5), expected);
    }),
    { numRuns: 50 },
  );
});

test('rows that an earlier run has pictured are chosen as if they came now, and keep their pictures', (t) => {
  const [before, since] = [inOrder.filter((i) => i % 3 > 0), inOrder.filter((i) => i % 3 === 0)];
  const earlier = pick(before, 5);
  const picker = new ThumbnailPicker(hashes, 5);
  for (const index of earlier) picker.offer(index, scores[index]!, undefined);
  for (const index of since) picker.offer(index, scores[index]!, Uint8Array.of(index));
  const picked = picker.picked();
  t.deepEqual(
    picked.map(({ index }) => index),
    pick(inOrder, 5),
  );
  for (const { index, crop } of picked)
    t.deepEqual(crop, earlier.includes(index) ? undefined : Uint8Array.of(index));
});

test('at most three rows of a bucket are chosen, those of the lowest hashes by their low 53 bits', (t) => {
  const chosen = pick(inOrder, undefined);
  for (let bucket = -1; bucket <= 10; bucket++) {
    const rank = (index: number): bigint => BigInt.asUintN(53, hashes[index]!);
    const inside = inOrder
      .filter((index) => Math.floor(scores[index]!) === bucket)
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    t.deepEqual(
      chosen.filter((index) => inside.includes(index)),
      inside.slice(0, 3).sort((a, b) => a - b),
    );
  }
});

test('the four rows closest to the threshold are chosen on either side', (t) => {
  const chosen = new Set(pick(inOrder, 5));
  const nearest = (above: boolean): number[] =>
    inOrder
      .filter((index) => scores[index]! > 5 === above)
      .sort((a, b) => Math.abs(scores[a]! - 5) - Math.abs(scores[b]! - 5))
      .slice(0, 4);
  for (const index of [...nearest(true), ...nearest(false)]) t.true(chosen.has(index), `row ${index}`);
});

test('each row is chosen once, in input order, with its own crop; a score that is no number never', (t) => {
  const picker = new ThumbnailPicker(hashes, 5);
  picker.offer(3, Number.NaN, Uint8Array.of(3));
  picker.offer(2, 5.5, Uint8Array.of(2));
  picker.offer(1, Number.POSITIVE_INFINITY, Uint8Array.of(1));
  picker.offer(0, 4.5, Uint8Array.of(0));
  t.deepEqual(
    picker.picked().map(({ index, crop }) => [index, crop?.[0]]),
    [
      [0, 0],
      [2, 2],
    ],
  );
});
