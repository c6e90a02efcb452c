import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { formatFixed6 } from '../../src/heads/categories.ts';
import { loadHead } from '../../src/heads/load.ts';
import { SAVED_MODELS } from './saved-model-writer.ts';
import { filesIn, refusal } from './setup.ts';

interface Expected {
  readonly embeddings: readonly (readonly number[])[];
  /** By TensorFlow, in float32. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
}

const { embeddings, scores } = JSON.parse(
  readFileSync(join(SAVED_MODELS, 'expected.json'), 'utf8'),
) as Expected;
const rows = Float32Array.from(embeddings.flat());

const encoded = join(SAVED_MODELS, 'encoded.zip');

for (const name of ['encoded', 'plain']) {
  test(`the SavedModel ${name} gives what TensorFlow gives of it`, async (t) => {
    const head = await loadHead(join(SAVED_MODELS, `${name}.zip`), { tag: 'punsafe' });
    t.is(head.dimension, embeddings[0]!.length);
    t.is(head.linear, undefined);
    for (const [row, score] of head.score(rows, embeddings.length).entries()) {
      const expected = scores[name]![row]!;
      t.true(Math.abs(score - expected) <= 1e-6 * expected, `row ${row}: ${score}, not ${expected}`);
    }
  });
}

test('a row of a SavedModel has the same score to the last bit whatever is scored with it', async (t) => {
  const head = await loadHead(encoded, { tag: 'punsafe' });
  const together = head.score(rows, embeddings.length);
  for (const [row, embedding] of embeddings.entries())
    t.is(head.score(Float32Array.from(embedding), 1)[0], together[row]);
});

test('embeddings that float16 does not tell apart have one score where columns are looked up', async (t) => {
  const head = await loadHead(encoded, { tag: 'punsafe' });
  const stored = Float32Array.from(embeddings[100]!, (value) => Number(value.toPrecision(2)));
  const nudged = stored.map((value) => value * (1 + 2 ** -20));
  t.notDeepEqual(stored, nudged);
  t.deepEqual(head.score(nudged, 1), head.score(stored, 1));
});

test('a value that is no number gives no score where columns are looked up', async (t) => {
  const head = await loadHead(encoded, { tag: 'punsafe' });
  for (const column of [0, 2, 7]) {
    const row = Float32Array.from(embeddings[0]!);
    row[column] = Number.NaN;
    t.is(head.score(row, 1)[0], Number.NaN);
  }
});

test('values are written as by "%f" of C: six decimals, a half to the even one, a sign also before zero', (t) => {
  const written: readonly (readonly [value: number, text: string])[] = [
    // 17/128 and 19/128 end in a half of the sixth decimal; C gives the even one, toFixed the greater.
    [0.1328125, '0.132812'],
    [-0.1328125, '-0.132812'],
    [0.1484375, '0.148438'],
    [0.5, '0.500000'],
    [1, '1.000000'],
    [0, '0.000000'],
    [-0, '-0.000000'],
    [-(2 ** -24), '-0.000000'],
    [2 ** -20, '0.000001'],
    [-65504, '-65504.000000'],
    [Number.POSITIVE_INFINITY, 'inf'],
  ];
  for (const [value, text] of written) t.is(formatFixed6(value), text);
});

test('a SavedModel that looks columns up is taken for a safety head: given as another tag it is refused', async (t) => {
  t.regex((await loadHead(encoded, { tag: 'punsafe' })).layout!, /AutoKeras/);
  const error = await refusal(encoded, 'aesthetic');
  t.is(error.code, 'BB_HEAD_MISMATCH');
  t.regex(error.message, /safety head/);
});

test('a manifest beside a SavedModel may state its tag and encoder, but no activations', async (t) => {
  const content = readFileSync(encoded);
  const load = async (manifest: object): Promise<string> => {
    const folder = await filesIn(t, { 'm.zip': content, 'm.zip.json': JSON.stringify(manifest) });
    return join(folder, 'm.zip');
  };
  const stated = await loadHead(await load({ tag: 'pwatermark', encoder: { name: 'vit' } }), {
    tag: 'pwatermark',
  });
  t.deepEqual(stated.encoder, { name: 'vit' });
  t.regex((await refusal(await load({ hidden_activation: 'relu' }), 'punsafe')).message, /activations/);
  t.regex((await refusal(await load({ activation: 'none' }), 'punsafe')).message, /ends with sigmoid/);
});

for (const [name, message] of [
  ['tanh', /operation "Tanh"/],
  ['unknown-text', /texts that no float16 value has/],
] as const) {
  test(`the SavedModel ${name} is refused, and what is wrong is named`, async (t) => {
    const error = await refusal(join(SAVED_MODELS, `${name}.zip`), 'punsafe');
    t.is(error.code, 'BB_HEAD_REFUSED');
    t.regex(error.message, message);
  });
}
