import test from 'ava';
import fc from 'fast-check';
import { krippendorffAlpha } from '../../src/feedback/alpha.ts';
import type { PairChoice } from '../../src/feedback/answer.ts';
import { FeedbackSummary, type ModeSummary } from '../../src/feedback/summary.ts';
import { pair, rating, sample } from './records.ts';

const NONE = undefined;

/** Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units, missing values. */
const PUBLISHED = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
  [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
];

function unitsOf(raters: readonly (readonly (number | undefined)[])[]): number[][] {
  return raters[0]!.map((_, unit) => raters.flatMap((values) => values[unit] ?? []));
}

test("Krippendorff's alpha of his published data is the published 0.849", (t) => {
  t.is(krippendorffAlpha(unitsOf(PUBLISHED))!.toFixed(3), '0.849');
});

test('alpha is 1 where raters agree, below 0 where they oppose each other, and null where nothing can be said', (t) => {
  t.is(krippendorffAlpha([[1, 1], [2, 2], [5]]), 1);
  t.true(
    krippendorffAlpha([
      [0, 10],
      [10, 0],
    ])! < 0,
  );
  t.is(krippendorffAlpha([[1], [2]]), null);
  t.is(
    krippendorffAlpha([
      [3, 3],
      [3, 3],
    ]),
    null,
  );
  t.is(krippendorffAlpha([]), null);
});

/** By its definition, over all ordered pairs of values. */
function slowAlpha(units: readonly (readonly number[])[]): number {
  const paired = units.filter((values) => values.length > 1);
  const all = paired.flat();
  const disagreement = (values: readonly number[]): number =>
    values.reduce((sum, a) => sum + values.reduce((part, b) => part + (a - b) ** 2, 0), 0);
  const observed =
    paired.reduce((sum, values) => sum + disagreement(values) / (values.length - 1), 0) / all.length;
  return 1 - observed / (disagreement(all) / (all.length * (all.length - 1)));
}

test('alpha is what its definition gives, for values of any size', (t) => {
  const units = fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 5 }), {
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(
    fc.property(units, fc.constantFrom(0, 1e9), (given, shift) => {
      const expected = slowAlpha(given);
      const alpha = krippendorffAlpha(given.map((values) => values.map((value) => value / 8 + shift)));
      if (Number.isFinite(expected)) t.true(Math.abs(alpha! - expected) < 1e-6);
      else t.is(alpha, null);
    }),
  );
});

const summarise = (answers: readonly Parameters<FeedbackSummary['add']>[0][]): ModeSummary => {
  const summary = new FeedbackSummary();
  for (const answer of answers) summary.add(answer);
  const [first] = summary.result();
  return first!;
};

let nextId = 0;
const compare = (left: number, right: number, answer: PairChoice, rater = 'ada') =>
  pair(`a${nextId++}`, { left: sample(left), right: sample(right), answer, rater });

test('two answers about a pair agree whichever side each sample was on, and by how much does not count', (t) => {
  const summary = summarise([
    compare(1, 2, 'left'),
    compare(2, 1, 'much-right'),
    compare(2, 1, 'left', 'bob'),
    compare(3, 4, 'tie'),
    compare(3, 4, 'both-bad', 'bob'),
    compare(5, 6, 'skip'),
    compare(5, 6, 'left', 'bob'),
  ]);
  t.like(summary, {
    answers: 6,
    skips: 1,
    samples: 6,
    repeatedPairs: 2,
    betweenRaters: { compared: 3, agreed: 1 },
    withOneself: { compared: 1, agreed: 1 },
    withOneselfSwapped: { compared: 1, agreed: 1 },
    choices: { left: 3, 'much-right': 1, tie: 1, 'both-bad': 1 },
  });
});

test('three samples that beat each other in turn are a cycle; a long chain is none', (t) => {
  const round = summarise([
    compare(1, 2, 'left'),
    compare(2, 3, 'left'),
    compare(1, 3, 'right'),
    compare(4, 3, 'left'),
  ]);
  t.like(round.cycles, {
    decidedPairs: 4,
    triples: 1,
    cyclicTriples: 1,
    groups: 1,
    samplesInGroups: 3,
    largestGroup: 3,
  });
  const chain = summarise(Array.from({ length: 20_000 }, (_, i) => compare(i, i + 1, 'left')));
  t.like(chain.cycles, { decidedPairs: 20_000, triples: 0, groups: 0, samplesInGroups: 0 });
});

test('cycles among few samples are those that trying all finds', (t) => {
  const answers = fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.boolean()), { maxLength: 40 });
  fc.assert(
    fc.property(answers, (given) => {
      const pairs = given.filter(([a, b]) => a !== b);
      if (pairs.length === 0) return;
      const balance = new Map<string, number>();
      for (const [a, b, isLeft] of pairs) {
        balance.set(`${a} ${b}`, (balance.get(`${a} ${b}`) ?? 0) + (isLeft ? 1 : -1));
      }
      const beats = (a: number, b: number): boolean =>
        (balance.get(`${a} ${b}`) ?? 0) - (balance.get(`${b} ${a}`) ?? 0) > 0;
      let [triples, cyclicTriples] = [0, 0];
      const reach = Array.from({ length: 7 }, (_, a) => Array.from({ length: 7 }, (_b, b) => beats(a, b)));
      for (let a = 0; a < 7; a++) {
        for (let b = a + 1; b < 7; b++) {
          for (let c = b + 1; c < 7; c++) {
            const isDecided = (x: number, y: number): boolean => beats(x, y) || beats(y, x);
            if (isDecided(a, b) && isDecided(b, c) && isDecided(a, c)) triples++;
            if ((beats(a, b) && beats(b, c) && beats(c, a)) || (beats(b, a) && beats(c, b) && beats(a, c)))
              cyclicTriples++;
          }
        }
      }
      for (let k = 0; k < 7; k++)
        for (let a = 0; a < 7; a++)
          for (let b = 0; b < 7; b++) if (reach[a]![k] && reach[k]![b]) reach[a]![b] = true;
      const samplesInGroups = reach.filter((row, a) => row[a]).length;
      const { cycles } = summarise(pairs.map(([a, b, isLeft]) => compare(a, b, isLeft ? 'left' : 'right')));
      t.like(cycles, { triples, cyclicTriples, samplesInGroups });
    }),
    { numRuns: 300 },
  );
});

const rate = (number: number, answer: number, rater: string) =>
  rating(`a${nextId++}`, { sample: sample(number), answer, rater });

test("ratings have each rater's mean, spread and distance from others, and a rater's several ratings of a sample count as their mean", (t) => {
  const { ratings } = summarise([
    ...[rate(1, 4, 'ada'), rate(1, 6, 'ada'), rate(2, 5, 'ada'), rate(3, 9, 'ada')],
    ...[rate(1, 7, 'bob'), rate(2, 8, 'bob')],
  ]);
  t.like(ratings, { sharedSamples: 2, repeatedByOneRater: 1, meanDifference: 2 });
  t.is(
    ratings!.alpha,
    krippendorffAlpha([
      [5, 7],
      [5, 8],
    ]),
  );
  const [ada, bob] = ratings!.raters;
  t.like(ada, { ratings: 4, mean: 6, sharedSamples: 2, offset: -2.5 });
  t.true(Math.abs(ada!.spread! - Math.sqrt((4 + 0 + 1 + 9) / 3)) < 1e-12);
  t.like(bob, { mean: 7.5, offset: 2.5 });
});

test('raters are named who always choose one side, answer too fast, give one number or decide against all others', (t) => {
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  const honest = numbers.map((i) => compare(i, i + 100, i % 2 ? 'left' : 'right'));
  const against = numbers.map((i) => compare(i, i + 100, i % 2 ? 'right' : 'left', 'eve'));
  const lazy = numbers.map((i) => ({ ...compare(i + 200, i + 300, 'left', 'lou'), tookMs: 400 }));
  const found = summarise([...honest, ...against, ...lazy]).suspects.map(({ rater, suspicion }) => [
    rater,
    suspicion,
  ]);
  t.deepEqual(found, [
    ['ada', 'against-others'],
    ['eve', 'against-others'],
    ['lou', 'one-side'],
    ['lou', 'too-fast'],
  ]);
  const ones = summarise([
    ...numbers.map((i) => rate(i, 5, 'one')),
    ...numbers.map((i) => rate(i, i / 2, 'two')),
  ]);
  t.deepEqual(ones.suspects, [{ rater: 'one', suspicion: 'one-value', figure: 1, of: 20 }]);
  const few = summarise(numbers.slice(1).map((i) => compare(i + 200, i + 300, 'left', 'lou')));
  t.deepEqual(few.suspects, []);
});

test('without took_ms the time between two answers counts', (t) => {
  const at = (i: number, gapMs: number): string => new Date(1.7e12 + i * gapMs).toISOString();
  const times = (gapMs: number) =>
    Array.from({ length: 21 }, (_, i) => ({ ...rate(i, i / 4, `each ${gapMs} ms`), time: at(i, gapMs) }));
  const { suspects } = summarise([...times(499), ...times(501)]);
  t.deepEqual(suspects, [{ rater: 'each 499 ms', suspicion: 'too-fast', figure: 499, of: 20 }]);
});
