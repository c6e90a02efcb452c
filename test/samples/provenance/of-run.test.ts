import test from 'ava';
import { provenanceOfRecord, scoresOf } from '../../../src/samples/provenance/of-run.ts';
import type { ScoreOrigin } from '../../../src/samples/provenance/origin.ts';
import { BY_MODEL, byHead } from './origins.ts';

const GIVEN: ScoreOrigin = { from: 'column', column: 'punsafe' };

test('a punsafe of the input keeps its origin beside the head that fills its gaps; an aesthetic is the run’s own', (t) => {
  const facts = {
    computed: { aesthetic: byHead('a'), punsafe: byHead('n'), likes: byHead('l') },
    given: { aesthetic: [{ ...GIVEN, column: 'aesthetic' }], punsafe: [GIVEN] },
    recomputeTags: false,
  };
  t.deepEqual(scoresOf(facts), {
    aesthetic: [byHead('a')],
    punsafe: [GIVEN, byHead('n')],
    pwatermark: [],
    likes: [byHead('l')],
  });
  t.deepEqual(scoresOf({ ...facts, recomputeTags: true })['punsafe'], [byHead('n')]);
  t.deepEqual(scoresOf({ ...facts, computed: {} })['aesthetic'], [{ ...GIVEN, column: 'aesthetic' }]);
});

const RECORD = {
  format: 'bowerbird-run',
  settings: { input_format: 'parquet', transform: 'fast' },
  encoder: { name: 'L/14', digest: 'e' },
  heads: {
    aesthetic: { name: 'a', digest: 'd' },
    punsafe: null,
    pwatermark: { name: 'w', digest: 'm', takes: 'pixels' },
  },
  columns: { url: 'URL', punsafe: 'punsafe' },
};

test('the run.json of an older run says what its files do not', (t) => {
  const encoder = { model: { name: 'L/14', digest: 'e' }, transform: 'fast', runtimes: [] };
  t.deepEqual(provenanceOfRecord(RECORD), {
    embeddings: encoder,
    scores: {
      aesthetic: [{ from: 'head', head: { name: 'a', digest: 'd' }, encoder }],
      punsafe: [GIVEN],
      pwatermark: [{ from: 'model', model: { name: 'w', digest: 'm' }, transform: 'fast', runtimes: [] }],
    },
  });
});

test('an older run over stored embeddings says that they were, and of an unknown encoder nothing', (t) => {
  const settings = { input_format: 'embeddings' };
  const known = provenanceOfRecord({ ...RECORD, settings });
  t.deepEqual(known?.scores['aesthetic'], [
    {
      from: 'head',
      head: { name: 'a', digest: 'd' },
      encoder: { model: { name: 'L/14', digest: 'e' }, runtimes: [] },
      stored: true,
    },
  ]);
  const unknown = provenanceOfRecord({
    ...RECORD,
    settings,
    encoder: { name: 'unknown encoder', digest: '' },
  });
  t.is(unknown?.embeddings, undefined);
  t.like(unknown?.scores['aesthetic']?.[0], { encoder: null });
});

test('what is no record of a run says nothing', (t) => {
  for (const value of [
    null,
    1,
    {},
    { ...RECORD, format: 'x' },
    { ...RECORD, heads: null },
    { ...RECORD, columns: [] },
  ]) {
    t.is(provenanceOfRecord(value), undefined, JSON.stringify(value));
  }
});

test('scores in the unit of their label have the origin of the scores, and the label', (t) => {
  const label = { transform: 'log1p', unit: 'likes' } as const;
  const facts = { given: {}, recomputeTags: false, labels: { aesthetic: label } };
  t.deepEqual(scoresOf({ ...facts, computed: { aesthetic: byHead('a') } })['aesthetic_likes'], [
    { ...byHead('a'), label },
  ]);
  t.deepEqual(scoresOf({ ...facts, computed: { aesthetic: BY_MODEL } })['aesthetic_likes'], [
    { ...BY_MODEL, label },
  ]);
});

test('an image model is a model of its own, whatever encoder a run has', (t) => {
  const scores = scoresOf({ computed: { pwatermark: BY_MODEL }, given: {}, recomputeTags: false });
  t.deepEqual(scores['pwatermark'], [BY_MODEL]);
});
