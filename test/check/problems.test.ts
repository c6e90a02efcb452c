import test from 'ava';
import type { Change } from '../../src/check/model-check.ts';
import { problemsOf, type Seen } from '../../src/check/problems.ts';

const NOISE = { width: 2, values: Float32Array.of(1, 0, 0, 1) };

function seen(changes: Partial<Seen> = {}): Seen {
  const sound = { difference: 1e-7, cosine: 1 };
  return {
    name: 'model',
    digest: '0'.repeat(64),
    rows: 'embedding',
    provider: 'cuda',
    dimension: 2,
    norms: { least: 1, greatest: 2 },
    batches: [],
    spread: { least: 0.5, greatest: 0.9 },
    unsound: [],
    tolerance: 1e-3,
    reference: { ...sound, golden: sound },
    golden: { ...sound, source: 'torch' },
    activation: 'gelu',
    changes: [],
    ...changes,
  };
}

/** A change after which rows are this far from the golden ones. */
function changeAt(words: string, difference: number): Change {
  return { change: 'bgr', words, difference: 0.3, cosine: 0.9, golden: { difference, cosine: 1 } };
}

/** What is seen where rows are this far from the golden ones, here and in the plain way. */
function offBy(difference: number, changes: readonly Change[], plain = difference): Seen {
  const golden = { difference, cosine: 0.9 };
  const reference = { difference: 1e-7, cosine: 1, golden: { ...golden, difference: plain } };
  return seen({ golden: { ...golden, source: 'torch' }, reference, changes });
}

test('a provider whose rows are not those of the plain way is told', (t) => {
  const off = seen({ reference: { difference: 2e-3, cosine: 0.999, golden: null } });
  t.regex(problemsOf(off, NOISE).join(), /^On cuda, its rows are off by 0\.2 %/);
  t.deepEqual(problemsOf(seen(), NOISE), []);
});

test('of mistakes, the one that fits the golden rows best is told', (t) => {
  const changes = [changeAt('bilinear', 0.002), changeAt('squashed', 1e-7), changeAt('swapped', 0.4)];
  t.regex(problemsOf(offBy(0.1, changes), NOISE).join(), /squashed: most likely/);
});

test('a mistake that fits clearly better is told even where the rows are near the golden ones', (t) => {
  const changes = [changeAt('with gelu_tanh', 1e-6)];
  t.regex(problemsOf(offBy(2e-4, changes), NOISE).join(), /with gelu_tanh: most likely/);
  t.deepEqual(problemsOf(offBy(5e-6, [changeAt('with gelu_tanh', 1e-8)]), NOISE), []);
});

test('what only the provider brings is explained by no mistake', (t) => {
  const changes = [changeAt('bilinear', 1e-5)];
  t.deepEqual(problemsOf(offBy(9e-4, changes, 2e-5), NOISE), []);
});

test('golden rows that no mistake explains are told with the nearest', (t) => {
  const changes = [changeAt('squashed', 0.05), changeAt('swapped', 0.3)];
  const [problem] = problemsOf(offBy(0.1, changes), NOISE);
  t.regex(problem!, /No mistake that was tried explains it; the nearest is "squashed", off by 5 %/);
});

test('rows of a classifier may be of any length, but not NaN, and not the same for all pictures', (t) => {
  const rows = { rows: 'plain', golden: null } as const;
  t.deepEqual(problemsOf(seen(rows), { width: 1, values: Float32Array.of(7, 9) }), []);
  const alike = { ...rows, spread: { least: 0, greatest: 0.1 } };
  t.deepEqual(problemsOf(seen(alike), { width: 1, values: Float32Array.of(7, 7) }), []);
  const nan = { width: 1, values: Float32Array.of(7, Number.NaN) };
  t.regex(problemsOf(seen(rows), nan).join(), /not finite/);
  t.regex(problemsOf(seen({ ...rows, spread: { least: 0, greatest: 1e-7 } }), NOISE).join(), /the same row/);
});

test('rows that are not finite are told once, and nothing else is said of them', (t) => {
  const none = { difference: Number.NaN, cosine: Number.NaN };
  const golden = seen({ golden: { ...none, source: 'torch' }, reference: { ...none, golden: none } });
  const nan = { width: 2, values: Float32Array.of(Number.NaN, 0, 0, 1) };
  for (const problems of [problemsOf(golden, NOISE), problemsOf(offBy(0.1, []), nan)]) {
    t.deepEqual(problems, ['It gives embeddings that are not finite for sound pictures.']);
  }
});

test('rows that depend on their neighbours are laid to nobody else', (t) => {
  const batches = [{ batchSize: 4, batchInvariant: false, imagesPerSecond: 1, peakMemoryBytes: 1 }];
  const { golden, reference } = offBy(0.1, []);
  const check = seen({ batches, golden, reference: { ...reference, difference: 0.1 } });
  t.deepEqual(problemsOf(check, NOISE), ["In batches of 4 an image's embedding depends on its neighbours."]);
});

test('golden rows of crops that libraries round differently may be told from ours by that alone', (t) => {
  t.regex(problemsOf(offBy(0.1, []), NOISE, true).join(), /rounds the corner of a crop down/);
  t.notRegex(problemsOf(offBy(0.1, []), NOISE, false).join(), /corner/);
});
