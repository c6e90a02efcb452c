import test from 'ava';
import {
  countOf,
  countsOf,
  isLabel,
  LABEL_TRANSFORMS,
  type LabelTransform,
  labelColumn,
  type NamedTransform,
  thresholdNote,
  transformCount,
} from '../../src/samples/label.ts';

/** Of a count, what a score that is a tenth too high stands for, and one that is a tenth too low. */
const PUBLISHED: readonly (readonly [LabelTransform, number, number, number])[] = [
  ['log1p', 200, 340.5983, 117.2705],
  ['sqrt-log', 200, 230.2603, 171.2894],
  ['cbrt-log', 200, 241.2971, 162.8012],
  ['log1p', 20_000, 53845.4258, 7428.2768],
  ['sqrt-log', 20_000, 23442.489, 16787.9506],
  ['cbrt-log', 20_000, 24922.6728, 15702.0406],
];

/** The mean error of both over 100 numbers from 200 to 20,000, as published. */
const PUBLISHED_MEANS: readonly (readonly [LabelTransform, number])[] = [
  ['log1p', 10982.251578],
  ['sqrt-log', 1664.973915],
  ['cbrt-log', 2299.063582],
];

/** numpy, of 0, 1, 200 and a million. */
const TRANSFORMED: Readonly<Record<NamedTransform, readonly number[]>> = {
  log1p: [0, Math.LN2, 5.303304908059076, 13.815511557963774],
  'sqrt-log': [0, 2.3978952727983707, 75.61951989407954, 13815.520557914275],
  'cbrt-log': [Math.LN10, 3.0211587296420763, 31.322104705954068, 1381.5525163086259],
};

const LARGEST = 2 ** 53;

/** The count that the score of another one stands for, once it is multiplied. */
const misread = (transform: LabelTransform, count: number, factor: number): number =>
  countOf(transform, factor * transformCount(transform, count));

test('counts are transformed as numpy does it', (t) => {
  for (const transform of LABEL_TRANSFORMS)
    for (const [i, count] of [0, 1, 200, 1e6].entries()) {
      const wanted = TRANSFORMED[transform][i]!;
      t.true(Math.abs(transformCount(transform, count) - wanted) <= 1e-15 * Math.abs(wanted), transform);
    }
});

test('errors of a tenth are as published in the unit of the label', (t) => {
  for (const [transform, count, above, below] of PUBLISHED) {
    t.true(Math.abs(misread(transform, count, 1.1) - above) < 6e-5, `${transform} of ${count}`);
    t.true(Math.abs(misread(transform, count, 0.9) - below) < 6e-5, `${transform} of ${count}`);
  }
  for (const [transform, mean] of PUBLISHED_MEANS) {
    const errors = Array.from({ length: 100 }, (_, i) => {
      const count = 200 + (i * (20_000 - 200)) / 99;
      return (misread(transform, count, 1.1) - misread(transform, count, 0.9)) / 2;
    });
    t.true(Math.abs(errors.reduce((sum, error) => sum + error) / 100 - mean) < 1e-6, transform);
  }
});

test('a count comes back from its score, over all that can be counted', (t) => {
  for (const transform of LABEL_TRANSFORMS)
    for (const count of [0, 1e-6, 0.5, 1, 2, 3, 199, 12_345.678, 53_846, 1e9, 1e15, LARGEST]) {
      const back = countOf(transform, transformCount(transform, count));
      if (count >= 1)
        t.true(back <= count, `the least that has the score of ${count} in ${transform}: ${back}`);
      t.true(Math.abs(back - count) <= 1e-12 + 1e-13 * count, `${transform} of ${count}: ${back}`);
    }
});

test('below the score of nothing there is nothing, above all that can be counted no number', (t) => {
  for (const transform of LABEL_TRANSFORMS) {
    const [nothing, most] = [0, LARGEST].map((count) => transformCount(transform, count));
    for (const score of [nothing!, nothing! - 1, -1e30, Number.NEGATIVE_INFINITY])
      t.is(countOf(transform, score), 0);
    for (const score of [most! * 1.001, 1e300, Number.POSITIVE_INFINITY, Number.NaN])
      t.is(countOf(transform, score), Number.NaN);
    t.true(Number.isFinite(countOf(transform, Number.MIN_VALUE)));
  }
});

test('a column of scores gets a column beside it, float32 and NaN where there is no score', (t) => {
  const label = { transform: 'log1p', unit: 'likes' } as const;
  t.is(labelColumn('aesthetic', label), 'aesthetic_likes');
  const counts = countsOf(label, Float32Array.of(0, 1, Number.NaN, -3));
  t.deepEqual([...counts], [0, Math.fround(Math.expm1(1)), Number.NaN, 0]);
});

test('a threshold is told in the unit of its label, and the number that was meant as a score', (t) => {
  const note = (threshold: number): string =>
    thresholdNote('aesthetic', threshold, { transform: 'cbrt-log', unit: 'likes' });
  // cbrt(501) ln(510) = 49.5155; cbrt(x + 1) ln(x + 10) is 24.9 at 100 likes.
  t.regex(
    note(500),
    /is cbrt-log of likes: it stands for 85378\.\d likes\. 500 likes are a score of 49\.5155\.$/,
  );
  t.regex(note(-1), /it stands for 0 likes\.( |$)/);
  t.regex(note(1e12), /it stands for more likes than are counted\./);
});

test('a label is a transform that is known and a unit that can be a part of a name, and nothing else', (t) => {
  t.true(isLabel({ transform: 'sqrt-log', unit: 'likes' }));
  for (const value of [
    null,
    'log1p',
    { transform: 'log1p' },
    { transform: 'log2', unit: 'likes' },
    { transform: 'toString', unit: 'likes' },
    { transform: 'log1p', unit: '' },
    { transform: 'log1p', unit: 'Likes' },
    { transform: 'log1p', unit: 'likes"; --' },
    { transform: 'log1p', unit: 'x'.repeat(33) },
    { transform: 'log1p', unit: 'likes', base: 2 },
  ])
    t.false(isLabel(value), JSON.stringify(value));
});
