import test from 'ava';
import {
  type ColumnOrigin,
  describeOrigins,
  isSameOrigin,
  type ScoreOrigin,
  uniteOrigins,
} from '../../../src/samples/provenance/origin.ts';
import { BY_MODEL, byHead, ENCODER, ENCODER_ON_CUDA } from './origins.ts';

const column = (name: string, input?: string): ColumnOrigin => ({
  from: 'column',
  column: name,
  ...(input !== undefined && { input }),
});

test('a score is what head, model, crops and value make of it: another of any of these is another score', (t) => {
  const others: readonly [ScoreOrigin, ScoreOrigin][] = [
    [byHead('a'), byHead('b')],
    [byHead('a'), byHead('a', { ...ENCODER, model: { name: 'ViT-L/14', digest: 'f'.repeat(64) } })],
    [byHead('a'), byHead('a', { ...ENCODER, transform: 'fast' })],
    [byHead('a'), byHead('a', { ...ENCODER, crop: { ...ENCODER.crop, input_size: 336 } })],
    [byHead('a'), byHead('a', { ...ENCODER, crop: { ...ENCODER.crop, mean: [0.5, 0.5, 0.4] } })],
    [byHead('a'), byHead('a', null)],
    [byHead('a'), column('aesthetic')],
    [byHead('a'), BY_MODEL],
    [BY_MODEL, column('pwatermark')],
    [{ ...byHead('a'), label: { unit: 'likes' } }, byHead('a')],
    [
      { ...BY_MODEL, label: { unit: 'likes' } },
      { ...BY_MODEL, label: { unit: 'views' } },
    ],
    [BY_MODEL, { ...BY_MODEL, output: { class: 1, activation: 'softmax' } }],
  ];
  for (const [a, b] of others) {
    t.false(isSameOrigin(a, b), JSON.stringify(b));
    t.false(isSameOrigin(b, a), JSON.stringify(b));
    const [words, others] = describeOrigins([a, b]);
    t.not(words, others, 'a person sees the difference');
  }
});

test('names, runtimes, what was read back and the file of a column make no other score', (t) => {
  const head = byHead('a');
  const renamed = { ...head, head: { ...head.head, name: 'renamed' } };
  for (const other of [renamed, byHead('a', ENCODER_ON_CUDA), { ...head, stored: true as const }]) {
    t.true(isSameOrigin(head, other));
  }
  t.true(isSameOrigin(column('punsafe', 'x'), column('nsfw_score_opennsfw2', 'y')));
  t.true(isSameOrigin(byHead('a', null), byHead('a', null)));
});

test('what an older run does not state of its crops is taken for the other’s', (t) => {
  const { crop: _, transform: __, ...unstated } = ENCODER;
  t.true(isSameOrigin(byHead('a'), byHead('a', unstated)));
  t.deepEqual(uniteOrigins([[byHead('a', unstated)], [byHead('a')]]), [byHead('a')]);
});

test('origins are united each once, with all runtimes, in one order', (t) => {
  const lists = [
    [byHead('b')],
    [byHead('a', ENCODER_ON_CUDA), BY_MODEL],
    [byHead('a')],
    [{ ...byHead('b'), stored: true as const }],
  ];
  const united = uniteOrigins(lists);
  t.deepEqual(
    uniteOrigins([...lists].reverse()).map(({ from }) => from),
    united.map(({ from }) => from),
  );
  t.is(united.length, 3);
  const [a, b] = united as [ReturnType<typeof byHead>, ReturnType<typeof byHead>];
  t.deepEqual(
    a.encoder?.runtimes.map(({ provider }) => provider),
    ['cpu', 'cuda'],
  );
  t.is(b.stored, true);
});

test('of several files that say nothing one origin stays, without a fingerprint where they are many', (t) => {
  t.deepEqual(uniteOrigins([[column('punsafe', 'x')], [column('punsafe', 'x')]]), [column('punsafe', 'x')]);
  t.deepEqual(uniteOrigins([[column('punsafe', 'x')], [column('nsfw', 'y')]]), [column('nsfw')]);
});

test('origins in words have names and digests, settings where those do not tell them apart, and nothing that a terminal would obey', (t) => {
  t.deepEqual(describeOrigins([byHead('sac+logos'), byHead('a', null), column('punsafe'), BY_MODEL]), [
    'the head "sac+logos" (sha256 sac+logos000) on embeddings of "ViT-L/14" (sha256 eeeeeeeeeeee), exact transform',
    'the head "a" (sha256 a00000000000) on embeddings of which nothing states the encoder',
    'a file that does not say where its scores come from',
    'the image model "watermark" (sha256 wwwwwwwwwwww), exact transform',
  ]);
  const [, second] = describeOrigins([
    BY_MODEL,
    { ...BY_MODEL, output: { class: 1, activation: 'softmax' } },
  ]);
  t.regex(second!, /, output class 1, activation softmax$/);
  const model = { name: '\u001b[2J', digest: '\u0007' };
  const odd = { ...BY_MODEL, model, output: { '\u001b': '\u001b' } };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(describeOrigins([odd, odd]).join(), /[\u0000-\u001f]/);
});

test('a head in another file, or with a manifest beside it, is the same where it computes the same', (t) => {
  const [byName, byPath] = ['by name', 'by path'].map((name) => {
    const origin = byHead(name);
    return { ...origin, head: { ...origin.head, computes: 'c'.repeat(64) } };
  });
  t.true(isSameOrigin(byName!, byPath!));
  t.deepEqual(uniteOrigins([[byPath!], [byName!]]), uniteOrigins([[byName!], [byPath!]]));
  const another = { ...byPath!, head: { ...byPath!.head, computes: 'd'.repeat(64) } };
  t.false(isSameOrigin(byName!, another));
  t.false(isSameOrigin(byHead('by name'), byPath!), 'older versions did not say what it computes');
});

test('of one file, what states what it computes stays', (t) => {
  const { head, ...rest } = byHead('a');
  const stated = { ...rest, head: { ...head, computes: 'c'.repeat(64) } };
  t.deepEqual(uniteOrigins([[byHead('a')], [stated]]), [stated]);
  t.deepEqual(uniteOrigins([[stated], [byHead('a')]]), [stated]);
});
