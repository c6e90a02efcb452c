import test, { type ExecutionContext } from 'ava';
import { type TagValues, tagsAt } from '../../src/samples/tag-columns.ts';
import { createFilter, DROP_RULES, type FilterOptions } from '../../src/scores/filter.ts';

const GOOD: TagValues = { aesthetic: 9, punsafe: 0.01, pwatermark: 0.01 };
const ALL = { minAesthetic: 7, maxPunsafe: 0.5, maxPwatermark: 0.8, missingTags: 'drop' } as const;

function judgedAs(
  t: ExecutionContext,
  options: FilterOptions,
  tags: Partial<TagValues>,
  rule: string | null,
): void {
  const verdict = createFilter(options).judge({ ...GOOD, ...tags });
  t.like(verdict, { kept: rule === null, droppedBy: rule });
}

test('a sample that passes all rules is kept', (t) => {
  judgedAs(t, ALL, {}, null);
});

test('a value exactly on its threshold is dropped', (t) => {
  judgedAs(t, ALL, { aesthetic: 7 }, 'aesthetic');
  judgedAs(t, ALL, { punsafe: 0.5 }, 'punsafe');
  judgedAs(t, ALL, { pwatermark: 0.8 }, 'pwatermark');
});

test('the next double on the right side of a threshold is kept', (t) => {
  judgedAs(t, ALL, { aesthetic: 7 + 2 ** -50 }, null);
  judgedAs(t, ALL, { punsafe: 0.5 - 2 ** -54 }, null);
});

test('a float32 is compared as the double that it is', (t) => {
  // float32(0.7) is 0.699999988079071; float32(0.8) is 0.800000011920929.
  const options = { maxPunsafe: 0.7, maxPwatermark: 0.8, missingTags: 'drop' } as const;
  judgedAs(t, options, { punsafe: Math.fround(0.7) }, null);
  judgedAs(t, options, { punsafe: 0.7 }, 'punsafe');
  judgedAs(t, options, { pwatermark: Math.fround(0.8) }, 'pwatermark');
});

test('-0 is the same as 0 on either side', (t) => {
  judgedAs(t, { minAesthetic: 0, missingTags: 'drop' }, { aesthetic: -0 }, 'aesthetic');
  judgedAs(t, { minAesthetic: -0, missingTags: 'drop' }, { aesthetic: 0 }, 'aesthetic');
  judgedAs(t, { maxPunsafe: -0, missingTags: 'drop' }, { punsafe: 0 }, 'punsafe');
});

test('infinite tags are compared like other numbers', (t) => {
  judgedAs(t, ALL, { aesthetic: Number.POSITIVE_INFINITY }, null);
  judgedAs(t, ALL, { aesthetic: Number.NEGATIVE_INFINITY }, 'aesthetic');
  judgedAs(t, ALL, { punsafe: Number.POSITIVE_INFINITY }, 'punsafe');
});

test('a missing tag fails its rule under a name of its own', (t) => {
  judgedAs(t, ALL, { aesthetic: Number.NaN }, 'aesthetic_missing');
  judgedAs(t, ALL, { punsafe: Number.NaN }, 'punsafe_missing');
  judgedAs(t, ALL, { pwatermark: Number.NaN }, 'pwatermark_missing');
});

test('a missing tag passes its rule alone where missing tags are kept', (t) => {
  const options = { ...ALL, missingTags: 'keep' } as const;
  judgedAs(t, options, { aesthetic: Number.NaN, punsafe: Number.NaN, pwatermark: Number.NaN }, null);
  judgedAs(t, options, { aesthetic: Number.NaN, pwatermark: 0.9 }, 'pwatermark');
});

test('the first rule that failed is named, in a fixed order', (t) => {
  const bad = { aesthetic: 1, punsafe: 0.9, pwatermark: 0.9 };
  judgedAs(t, ALL, bad, 'aesthetic');
  judgedAs(t, ALL, { ...bad, aesthetic: 9 }, 'punsafe');
  judgedAs(t, ALL, { ...bad, aesthetic: 9, punsafe: Number.NaN }, 'punsafe_missing');
});

test('a rule without a threshold does not exist, so its tag may be missing', (t) => {
  judgedAs(t, { missingTags: 'drop' }, { aesthetic: Number.NaN, punsafe: 1, pwatermark: 1 }, null);
  judgedAs(
    t,
    { maxPwatermark: 0.8, missingTags: 'drop' },
    { aesthetic: Number.NaN, punsafe: Number.NaN },
    null,
  );
});

test('every rule can drop a sample and no other name is ever given', (t) => {
  const { judge } = createFilter(ALL);
  const values = [Number.NaN, -1, 9];
  const seen = new Set<string | null>();
  for (const aesthetic of values) {
    for (const punsafe of values) {
      for (const pwatermark of values) seen.add(judge({ aesthetic, punsafe, pwatermark }).droppedBy);
    }
  }
  t.deepEqual([...seen].sort(), [null, ...DROP_RULES].sort());
});

test('many rows are judged as each by itself', (t) => {
  const values = [Number.NaN, 0, 0.3, 0.5, 0.7, 7, 8, Number.POSITIVE_INFINITY];
  const places = values.flatMap((_, a) => values.flatMap((_, b) => values.map((_, c) => [a, b, c] as const)));
  const column = (axis: 0 | 1 | 2): Float32Array =>
    Float32Array.from(places, (place) => values[place[axis]]!);
  const tags = { aesthetic: column(0), punsafe: column(1), pwatermark: column(2) };
  for (const options of [ALL, { ...ALL, missingTags: 'keep' as const }, { missingTags: 'drop' as const }]) {
    const filter = createFilter(options);
    const alone = places.map((_, row) => filter.judge(tagsAt(tags, row)).droppedBy);
    const together = Array.from(filter.judgeAll(tags), (place) => DROP_RULES[place - 1] ?? null);
    t.deepEqual(together, alone);
  }
});
