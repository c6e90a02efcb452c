import test from 'ava';
import {
  columnOrigins,
  originsOf,
  type Provenance,
  parseProvenance,
  provenanceText,
  uniteProvenance,
} from '../../../src/samples/provenance/provenance.ts';
import { valueProblems } from '../../helpers/schemas.ts';
import { BY_MODEL, byHead, ENCODER, ENCODER_ON_CUDA } from './origins.ts';

const WHOLE: Provenance = {
  embeddings: ENCODER,
  scores: {
    aesthetic: [{ ...byHead('a'), stored: true }],
    punsafe: [byHead('n', null), { from: 'column', column: 'punsafe', input: 'f'.repeat(64) }],
    pwatermark: [BY_MODEL],
    likes: [],
    aesthetic_likes: [{ ...byHead('a'), label: { transform: 'log1p', unit: 'likes' } }],
  },
};

test('what is written is read back, is what the schema says, and does not depend on the order of fields', (t) => {
  const text = provenanceText(WHOLE);
  t.deepEqual(parseProvenance(text), WHOLE);
  t.deepEqual(valueProblems('provenance.schema.json', JSON.parse(text)), []);
  const { runtimes, crop, transform, model } = ENCODER;
  const turned = { scores: WHOLE.scores, embeddings: { runtimes, crop, transform, model } } as Provenance;
  t.is(provenanceText(turned), text);
  t.notRegex(text, /\n/);
});

test('anything else is no provenance: other formats, later versions, damage, and what is too long', (t) => {
  const good = JSON.parse(provenanceText(WHOLE));
  const bad: unknown[] = [
    null,
    [],
    {},
    { ...good, format: 'other' },
    { ...good, version: 2 },
    { ...good, scores: [] },
    { ...good, scores: { aesthetic: {} } },
    { ...good, scores: { aesthetic: [{ from: 'dream' }] } },
    { ...good, scores: { aesthetic: [{ from: 'column', column: 1 }] } },
    { ...good, scores: { aesthetic: [{ from: 'head', head: { name: 'a' }, encoder: null }] } },
    { ...good, scores: { aesthetic: [{ ...BY_MODEL, output: { class: {} } }] } },
    { ...good, embeddings: { ...ENCODER, runtimes: 'cpu' } },
  ];
  for (const value of bad) t.is(parseProvenance(JSON.stringify(value)), undefined, JSON.stringify(value));
  t.is(parseProvenance('{'), undefined);
  const long = { ...good, scores: { aesthetic: [{ from: 'column', column: 'x'.repeat(2 ** 20) }] } };
  t.is(parseProvenance(JSON.stringify(long)), undefined);
});

test('a column is found whatever its case; one without a word comes from a file that says nothing', (t) => {
  t.deepEqual(originsOf(WHOLE, 'Aesthetic'), WHOLE.scores['aesthetic']);
  t.deepEqual(columnOrigins('likes', { provenance: WHOLE }), []);
  t.is(originsOf(WHOLE, 'constructor'), undefined);
  t.is(originsOf(undefined, 'aesthetic'), undefined);
  t.deepEqual(columnOrigins('prediction', { provenance: WHOLE, fingerprint: 'f' }), [
    { from: 'column', column: 'prediction', input: 'f' },
  ]);
});

test('rows of two sessions have the runtimes of both; embeddings of two models have no one origin', (t) => {
  const both = uniteProvenance([
    { embeddings: ENCODER, scores: { aesthetic: [byHead('a')] } },
    { embeddings: ENCODER_ON_CUDA, scores: { aesthetic: [byHead('a', ENCODER_ON_CUDA)], punsafe: [] } },
  ]);
  t.is(both.embeddings?.runtimes.length, 2);
  t.is(both.scores['aesthetic']!.length, 1);
  t.deepEqual(both.scores['punsafe'], []);
  const other = { ...ENCODER, model: { name: 'B/32', digest: 'b' } };
  t.is(
    uniteProvenance([
      { embeddings: ENCODER, scores: {} },
      { embeddings: other, scores: {} },
    ]).embeddings,
    undefined,
  );
  t.is(uniteProvenance([{ embeddings: ENCODER, scores: {} }, { scores: {} }]).embeddings, undefined);
});
