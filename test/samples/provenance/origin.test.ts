import test from 'ava';
import {
  type ColumnOrigin,
  describeOrigin,
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
    t.not(describeOrigin(a), describeOrigin(b), 'a person sees the difference');
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

test('an origin in words has names and digests, and nothing that a terminal would obey', (t) => {
  t.regex(
    describeOrigin(byHead('sac+logos')),
    /head "sac\+logos" \(sha256 sac\+logos000\) on embeddings of "ViT-L\/14" \(sha256 e{12}\), exact transform, .*input_size 224/,
  );
  t.regex(describeOrigin(byHead('a', null)), /of which nothing states the encoder/);
  t.regex(describeOrigin(column('punsafe')), /no file states/);
  const odd = { ...BY_MODEL, model: { name: '\u001b[2J', digest: '\u0007' }, output: { '\u001b': '\u001b' } };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(describeOrigin(odd), /[\u0000-\u001f]/);
});
