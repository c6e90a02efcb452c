import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkHead, type EncoderProof } from '../../src/heads/check.ts';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { floats, writeStateDict } from './pth-writer.ts';
import { filesIn, jsonHead, refusal, writeSafetensors } from './setup.ts';

/** Layers as a Sequential has them: their places, and the sizes from the input on. */
interface Stack {
  readonly group: string;
  readonly places: readonly number[];
  readonly sizes: readonly number[];
}

const LINEAR: Stack = { group: 'layers', places: [0, 2, 4, 6, 7], sizes: [768, 1024, 128, 64, 16, 1] };
const RELU: Stack = { ...LINEAR, places: [0, 3, 6, 9, 11] };
const V2_5: Stack = { group: 'scoring_head', places: [0, 2, 4, 6, 8], sizes: [1152, 1024, 128, 64, 16, 1] };
const H14: Stack = {
  group: 'layers',
  places: [0, 3, 6, 9, 12, 15, 16],
  sizes: [1024, 1024, 2048, 1024, 256, 128, 16, 1],
};

/** Each layer turns its first input x into -x and drops the rest, so that ReLU anywhere between is seen. */
function negating({ group, places, sizes }: Stack): Parameters<typeof writeStateDict>[0] {
  return Object.fromEntries(
    places.flatMap((place, i) => {
      const [inputs, outputs] = [sizes[i]!, sizes[i + 1]!];
      const values = new Array<number>(inputs * outputs).fill(0);
      values[0] = -1;
      return [
        [`${group}.${place}.weight`, { shape: [outputs, inputs], values }],
        [`${group}.${place}.bias`, { shape: [outputs], values: new Array<number>(outputs).fill(0) }],
      ] as const;
    }),
  );
}

async function load(t: ExecutionContext, stack: Stack, tag?: Tag, manifest?: object): Promise<Head> {
  const folder = await filesIn(t, {
    'head.pth': writeStateDict(negating(stack)),
    ...(manifest && { 'head.pth.json': JSON.stringify(manifest) }),
  });
  return loadHead(join(folder, 'head.pth'), tag ? { tag } : {});
}

/** The scores of embeddings whose first value is 3 and -3. */
function scores(head: Head): number[] {
  const rows = new Float32Array(2 * head.dimension);
  rows[0] = 3;
  rows[head.dimension] = -3;
  return [...head.score(rows, 2)].map((score) => score + 0);
}

test('the linear stack of improved-aesthetic-predictor is recognised and has no ReLU', async (t) => {
  const head = await load(t, LINEAR, 'aesthetic');
  t.regex(head.layout ?? '', /improved-aesthetic-predictor, linear/);
  t.deepEqual(scores(head), [-3, 3]);
});

test('its sibling with ReLU numbers its layers otherwise, is recognised, and has ReLU between all', async (t) => {
  const head = await load(t, RELU, 'aesthetic');
  t.regex(head.layout ?? '', /improved-aesthetic-predictor, ReLU/);
  t.is(head.linear, undefined);
  // -3, 3, -3: the second layer's ReLU leaves 0.
  t.deepEqual(scores(head), [0, 0]);
});

test('the stack of aesthetic-predictor-v2-5 is recognised and has no ReLU', async (t) => {
  const head = await load(t, V2_5, 'aesthetic');
  t.regex(head.layout ?? '', /aesthetic-predictor-v2-5/);
  t.deepEqual(scores(head), [-3, 3]);
});

test('the safety head for H/14 is recognised: no ReLU between its last two layers, and no sigmoid', async (t) => {
  const tensors = negating(H14);
  // Every layer but the last two keeps x, so that -x reaches the last gap.
  const kept = H14.places.slice(0, -2).map((place) => {
    const name = `layers.${place}.weight`;
    const { shape, values } = tensors[name]!;
    return [name, { shape, values: values.map((value) => Math.abs(value)) }] as const;
  });
  const folder = await filesIn(t, { 'h14.pth': writeStateDict({ ...tensors, ...Object.fromEntries(kept) }) });
  const head = await loadHead(join(folder, 'h14.pth'), { tag: 'punsafe' });
  t.regex(head.layout ?? '', /safety head for H\/14/);
  t.deepEqual(scores(head), [3, 0]);
});

test('a recognised head is refused for another score than it gives, with the way to say that it is another head', async (t) => {
  const folder = await filesIn(t, { 'head.pth': writeStateDict(negating(LINEAR)) });
  const error = await refusal(join(folder, 'head.pth'), 'punsafe');
  t.is(error.code, 'BB_HEAD_MISMATCH');
  t.regex(error.message, /gives aesthetic, but is asked for punsafe.*"tag": "punsafe"/s);
  const own = await load(t, LINEAR, 'punsafe', { tag: 'punsafe', activation: 'sigmoid' });
  t.is(own.tag, 'punsafe');
  const stated = await load(t, LINEAR, 'punsafe', { activation: 'sigmoid' });
  for (const [i, score] of scores(stated).entries())
    t.true(Math.abs(score - 1 / (1 + Math.exp([3, -3][i]!))) < 1e-6, String(score));
});

test('what a manifest states goes before what is known of a layout', async (t) => {
  const head = await load(t, LINEAR, 'aesthetic', { hidden_activation: 'relu' });
  t.is(head.layout, undefined);
  t.deepEqual(scores(head), [0, 0]);
});

for (const [what, stack] of [
  ['one layer fewer', { ...LINEAR, places: [0, 2, 4, 6], sizes: [768, 1024, 128, 64, 1] }],
  ['another width', { ...LINEAR, sizes: [768, 512, 128, 64, 16, 1] }],
  ['other places', { ...LINEAR, places: [0, 2, 4, 6, 9] }],
  ['another stem', { ...LINEAR, group: 'mlp' }],
  ['the layers for H/14 on another dimension', { ...H14, sizes: [768, ...H14.sizes.slice(1)] }],
] as const) {
  test(`a stack with ${what} is none that is known, and is asked for its activations`, async (t) => {
    const folder = await filesIn(t, { 'head.pth': writeStateDict(negating(stack)) });
    const error = await refusal(join(folder, 'head.pth'));
    t.is(error.code, 'BB_HEAD_REFUSED');
    t.regex(error.message, /hidden_activation.*list with one of them for each of its \d gaps/);
  });
}

const THREE: Stack = { group: 'net', places: [0, 1, 2], sizes: [1, 1, 1, 1] };

test('a manifest lists one activation for each gap between two layers', async (t) => {
  // x -> -x -> x -> -x
  const by = async (list: unknown): Promise<number[]> =>
    scores(await load(t, THREE, 'aesthetic', { hidden_activation: list }));
  t.deepEqual(await by(['none', 'none']), [-3, 3]);
  t.deepEqual(await by(['relu', 'none']), [0, 3]);
  t.deepEqual(await by(['none', 'relu']), [-3, 0]);
  t.deepEqual(await by(['relu', 'relu']), [0, 0]);
});

for (const list of [
  ['relu'],
  ['relu', 'relu', 'relu'],
  [],
  ['relu', 'gelu'],
  [['relu'], 'relu'],
  { 0: 'relu' },
]) {
  test(`the list ${JSON.stringify(list)} does not fit two gaps and is refused`, async (t) => {
    const folder = await filesIn(t, {
      'head.pth': writeStateDict(negating(THREE)),
      'head.pth.json': JSON.stringify({ hidden_activation: list }),
    });
    const error = await refusal(join(folder, 'head.pth'));
    t.is(error.code, 'BB_HEAD_REFUSED');
    t.regex(error.message, /hidden_activation/);
  });
}

test('the metadata of a safetensors head parts the list by commas', async (t) => {
  const tensors = Object.fromEntries(
    Object.entries(negating(THREE)).map(([name, { shape, values }]) => [
      name,
      { dtype: 'F32', shape, bytes: floats(values) },
    ]),
  );
  const metadata = { format: 'bowerbird-head', version: '1', hidden_activation: 'relu,none' };
  const folder = await filesIn(t, { 'head.safetensors': writeSafetensors(tensors, metadata) });
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
  t.deepEqual(scores(head), [0, 3]);
});

test('what shows that a head belongs to an encoder is told: its digest, its name, or nothing', async (t) => {
  const digest = 'a'.repeat(64);
  const encoder = { encoderName: 'vit', encoderDigest: digest, dimension: 1 };
  const proofOf = async (claims: object): Promise<EncoderProof> => {
    const folder = await filesIn(t, { 'head.json': jsonHead([1], 0, claims) });
    return checkHead(await loadHead(join(folder, 'head.json'), {}), encoder);
  };
  t.is(await proofOf({ encoder: { name: 'vit', digest } }), 'digest');
  t.is(await proofOf({ encoder: { name: 'vit' } }), 'name');
  t.is(await proofOf({}), 'none');
});
