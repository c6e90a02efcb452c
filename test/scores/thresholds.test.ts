import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import {
  filterOptions,
  resolveThresholds,
  sameThresholds,
  type Thresholds,
} from '../../src/scores/thresholds.ts';

const NO_HEADS = {
  aestheticHead: 'none',
  nsfwHead: 'none',
  watermarkModel: 'none',
  missingTags: 'drop',
} as const;
const HEADS = { ...NO_HEADS, aestheticHead: 'a.json', nsfwHead: 'n.json', watermarkModel: 'w' };
const COLUMNS = { aesthetic: 'AESTHETIC_SCORE', punsafe: 'punsafe', pwatermark: 'pwatermark' };
const NO_RULES = {
  min_aesthetic: null,
  max_punsafe: null,
  max_pwatermark: null,
  missing_tags: 'drop',
} as const;

test("LAION's thresholds hold for each tag that has a source, a head or a column, and for no other", (t) => {
  t.deepEqual(resolveThresholds(NO_HEADS, { columns: {} }), NO_RULES);
  const both = { ...NO_RULES, max_punsafe: 0.5, max_pwatermark: 0.8 };
  t.deepEqual(resolveThresholds(HEADS, { columns: {} }), both);
  t.deepEqual(resolveThresholds(NO_HEADS, { columns: COLUMNS }), both);
  const { punsafe, pwatermark } = COLUMNS;
  t.deepEqual(resolveThresholds(NO_HEADS, { columns: { punsafe } }), { ...NO_RULES, max_punsafe: 0.5 });
  t.deepEqual(resolveThresholds(NO_HEADS, { columns: { pwatermark } }), { ...NO_RULES, max_pwatermark: 0.8 });
});

for (const [flag, headFlag, setting, column, field] of [
  ['--min-aesthetic', '--aesthetic-head', 'minAesthetic', 'aesthetic', 'min_aesthetic'],
  ['--max-punsafe', '--nsfw-head', 'maxPunsafe', 'punsafe', 'max_punsafe'],
  ['--max-pwatermark', '--watermark-model', 'maxPwatermark', 'pwatermark', 'max_pwatermark'],
] as const) {
  test(`${flag} is taken where a head or a column gives the score, and refused where none does`, (t) => {
    const wanted = { [setting]: 0 };
    const ofColumn = resolveThresholds({ ...NO_HEADS, ...wanted }, { columns: { [column]: 'c' } });
    t.deepEqual(ofColumn, { ...NO_RULES, [field]: 0 });
    t.is(resolveThresholds({ ...HEADS, ...wanted }, { columns: {} })[field], 0);
    const { [column]: _, ...others } = COLUMNS;
    const error = t.throws<BowerbirdError>(
      () => resolveThresholds({ ...NO_HEADS, ...wanted }, { columns: others }),
      { code: 'BB_USAGE' },
    );
    t.deepEqual(error?.fields, { flag, value: 0 });
    t.true(error?.message.includes(`${headFlag} is none`));
  });
}

test('thresholds are the same when every one of them is', (t) => {
  const one: Thresholds = { min_aesthetic: 5, max_punsafe: 0.5, max_pwatermark: null, missing_tags: 'keep' };
  t.true(sameThresholds(one, { ...one }));
  t.false(sameThresholds(undefined, one));
  for (const other of [
    { min_aesthetic: null },
    { max_punsafe: 0.4 },
    { max_pwatermark: 0.8 },
    { missing_tags: 'drop' as const },
  ])
    t.false(sameThresholds(one, { ...one, ...other }), JSON.stringify(other));
});

test('a threshold of 0 is a rule, and one that is not there is none', (t) => {
  t.deepEqual(filterOptions(NO_RULES), { missingTags: 'drop' });
  t.deepEqual(filterOptions({ min_aesthetic: 0, max_punsafe: 0, max_pwatermark: 0, missing_tags: 'keep' }), {
    minAesthetic: 0,
    maxPunsafe: 0,
    maxPwatermark: 0,
    missingTags: 'keep',
  });
});
