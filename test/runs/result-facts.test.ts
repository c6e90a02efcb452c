import test from 'ava';
import { reportThresholds, scoreSourceOf, uncheckedOf } from '../../src/runs/result-facts.ts';
import { emptyCounts } from '../../src/runs/stats.ts';
import { recordWith, THRESHOLDS } from './setup.ts';

const counts = { ...emptyCounts(), kept: 10 };

test('kept rows are unchecked for a tag without a rule, whether or not rows have it', (t) => {
  const none = recordWith({ thresholds: { ...THRESHOLDS, max_punsafe: null } });
  t.deepEqual(uncheckedOf(none, { counts, keptWithout: { punsafe: 3, pwatermark: 10 } }), [
    { tag: 'punsafe', rows: 10, hasRule: false, hasSource: false },
    { tag: 'pwatermark', rows: 10, hasRule: false, hasSource: false },
  ]);
});

test('with a rule, those are unchecked that were kept without the tag', (t) => {
  const record = recordWith({
    thresholds: { ...THRESHOLDS, max_pwatermark: 0.8, missing_tags: 'keep' },
    columns: { url: 'URL', punsafe: 'punsafe' },
    heads: { pwatermark: { name: 'w', digest: 'd' } },
  });
  t.deepEqual(uncheckedOf(record, { counts, keptWithout: { punsafe: 3, pwatermark: 0 } }), [
    { tag: 'punsafe', rows: 3, hasRule: true, hasSource: true },
  ]);
  t.deepEqual(uncheckedOf(record, { counts, keptWithout: { punsafe: 0, pwatermark: 0 } }), []);
});

test('nothing is unchecked in a run that kept nothing', (t) => {
  t.deepEqual(
    uncheckedOf(recordWith(), { counts: emptyCounts(), keptWithout: { punsafe: 0, pwatermark: 0 } }),
    [],
  );
});

test('a report has the thresholds of the record', (t) => {
  t.deepEqual(reportThresholds({ ...THRESHOLDS, max_pwatermark: 0.8 }), {
    ...{ minAesthetic: 5, maxPunsafe: 0.5, maxPwatermark: 0.8, missingTags: 'drop' },
  });
});

test('scores come from a head, from a column, or from a head on stored embeddings', (t) => {
  t.like(scoreSourceOf(recordWith()), { head: 'builtin', column: null, storedEmbeddings: false });
  const column = recordWith({ heads: { aesthetic: null }, columns: { aesthetic: 'AESTHETIC_SCORE' } });
  t.like(scoreSourceOf(column), { head: null, column: 'AESTHETIC_SCORE' });
  const stored = scoreSourceOf(recordWith({ settings: { input_format: 'embeddings' } }));
  t.true(stored.storedEmbeddings);
  t.is(stored.encoder.name, 'builtin');
});
