import test from 'ava';
import { shardProvenance } from '../../src/pipeline/provenance.ts';
import { parseProvenance, provenanceText } from '../../src/samples/provenance/provenance.ts';
import { valueProblems } from '../helpers/schemas.ts';

const TRANSFORM = {
  ...{ sizePx: 224, resize: 'short-side', interpolation: 'bicubic' },
  ...{ mean: [0.4, 0.5, 0.6], std: [0.1, 0.2, 0.3] },
} as const;
const ENCODER = {
  name: 'L/14',
  digest: 'e',
  transform: TRANSFORM,
  provider: 'cpu',
  runtimeVersion: '1.30.0',
};
const WATERMARK = {
  ...{ tag: 'pwatermark', name: 'w', digest: 'm', provider: 'cpu', runtimeVersion: '1.30.0' },
  statement: { tag: 'pwatermark', class: 0, activation: 'softmax' },
  transform: { ...TRANSFORM, sizePx: 256, resize: 'squash', interpolation: 'bilinear' },
};
const MODELS = {
  encoder: ENCODER,
  heads: { aesthetic: { name: 'a', digest: 'd', computes: 'c' } },
  tagModels: [WATERMARK],
  config: { transform: 'exact', recomputeTags: false },
} as unknown as Parameters<typeof shardProvenance>[0];

test('a shard names its encoder, heads and models, how they were given pictures, and what ran them', (t) => {
  const punsafe = [{ from: 'column', column: 'punsafe', input: 'f' }] as const;
  const provenance = shardProvenance(MODELS, { tagOrigins: { punsafe } }, undefined);
  const runtimes = [{ name: 'onnxruntime', version: '1.30.0', provider: 'cpu' }];
  const channels = { mean: TRANSFORM.mean, std: TRANSFORM.std };
  const encoder = {
    model: { name: 'L/14', digest: 'e' },
    transform: 'exact',
    crop: {
      transform: 'short-side',
      input_size: 224,
      resize_size: 224,
      interpolation: 'bicubic',
      ...channels,
    },
    runtimes,
  };
  const watermark = {
    from: 'model',
    model: { name: 'w', digest: 'm' },
    transform: 'exact',
    crop: { transform: 'squash', input_size: 256, interpolation: 'bilinear', ...channels },
    runtimes,
    output: { class: 0, activation: 'softmax' },
  };
  t.deepEqual(provenance, {
    embeddings: encoder,
    scores: {
      aesthetic: [{ from: 'head', head: { name: 'a', digest: 'd', computes: 'c' }, encoder }],
      punsafe,
      pwatermark: [watermark],
    },
  } as never);
  const text = provenanceText(provenance);
  t.deepEqual(parseProvenance(text), provenance);
  t.deepEqual(valueProblems('provenance.schema.json', JSON.parse(text)), []);
});

test('a short side that the manifest leaves out and one that it states as the same give one text', (t) => {
  const stated = { ...ENCODER, transform: { ...TRANSFORM, shortSidePx: 224 } };
  const textOf = (encoder: object): string =>
    provenanceText(shardProvenance({ ...MODELS, encoder } as typeof MODELS, {}, undefined));
  t.is(textOf(stated), textOf(ENCODER));
  t.not(textOf({ ...ENCODER, transform: { ...TRANSFORM, shortSidePx: 256 } }), textOf(ENCODER));
});

test('rows that are carried over bring the runtime of their time', (t) => {
  const earlier = shardProvenance(MODELS, {}, undefined);
  const newer = { ...MODELS, encoder: { ...ENCODER, runtimeVersion: '1.31.0' } } as unknown as typeof MODELS;
  const { embeddings, scores } = shardProvenance(newer, {}, earlier);
  t.deepEqual(
    embeddings?.runtimes.map(({ version }) => version),
    ['1.30.0', '1.31.0'],
  );
  t.is(scores['aesthetic']!.length, 1);
});
