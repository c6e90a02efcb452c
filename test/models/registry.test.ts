import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
import { writeVitModel } from '../../scripts/make-vit-model.ts';
import { packageFolder } from '../../src/base/package.ts';
import { resolveEncoder, resolveHead, resolveTagModel } from '../../src/models/registry.ts';
import { smallManifest, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';

const SHAPE = { imageSize: 16, patchSize: 8, width: 8, layers: 1, heads: 2, dimension: 4 };

const sha256 = (...parts: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');

test('the built-in encoder is found by its name, with its head', async (t) => {
  const files = await resolveEncoder('builtin');
  t.is(files.name, 'builtin');
  t.is(files.headPath, await resolveHead('builtin'));
  t.is(files.digest, sha256(readFileSync(files.modelPath)));
});

test('a model is found by its file or its folder, with its manifest under any of three names', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder);
  t.is((await resolveEncoder(folder)).modelPath, path);
  t.is((await resolveEncoder(path)).manifest.transform.sizePx, 8);
  for (const name of ['model.onnx.json', 'model.json']) {
    await writeFile(join(folder, name), JSON.stringify(smallManifest({ name })));
    t.is((await resolveEncoder(path)).name, name);
  }
  t.false('headPath' in (await resolveEncoder(path)));
});

test('the digest of a model covers its external weights', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeVitModel(folder, { shape: SHAPE, external: true });
  const weights = join(folder, 'model.onnx.data');
  const { digest } = await resolveEncoder(path);
  t.is(digest, sha256(await readFile(path), await readFile(weights)));
  await appendFile(weights, 'x');
  t.not((await resolveEncoder(path)).digest, digest);
  await rm(weights);
  await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_GRAPH', message: /model\.onnx\.data/ });
});

test('a model that is not the one of its manifest is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder, {}, { sha256: '0'.repeat(64) });
  const error = await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_DIGEST' });
  t.true(error?.message.includes(sha256(await readFile(path))));
  const sha = sha256(await readFile(path));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(smallManifest({ sha256: sha })));
  t.is((await resolveEncoder(path)).digest, sha);
});

test('an unknown name is refused, naming what there is', async (t) => {
  const error = await t.throwsAsync(resolveEncoder('openai/clip-vit-large-patch14'), {
    code: 'BB_MODEL_UNKNOWN',
  });
  t.regex(error?.message ?? '', /builtin.*docs\/encoders\.md/);
  await t.throwsAsync(resolveHead('no-such-head'), { code: 'BB_MODEL_UNKNOWN' });
});

test('a model without a manifest is refused with an example of one that is valid', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder);
  await rename(join(folder, 'manifest.json'), join(folder, 'other.json'));
  const error = await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_MANIFEST' });
  const example = JSON.parse(/\{.*\}/s.exec(error?.message ?? '')?.[0] ?? '') as unknown;
  t.true(validate(example), JSON.stringify(validate.errors));
});

test('a file that is no model is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder);
  await writeFile(path, 'Not Found\n');
  await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_GRAPH', message: /cannot be read as ONNX/ });
});

const validate = new Ajv().compile(
  JSON.parse(readFileSync(join(packageFolder, 'schemas', 'encoder-manifest.schema.json'), 'utf8')) as object,
);

const CHANGES: readonly [what: string, change: Record<string, unknown>][] = [
  ['no name', { name: undefined }],
  ['an empty description', { description: '' }],
  ['a size that is no whole number', { input_size: 22.5 }],
  ['two means', { mean: [0, 0] }],
  ['a mean of text', { mean: ['0', 0, 0] }],
  ['a deviation of zero', { std: [1, 0, 1] }],
  ['a negative dimension', { dimension: -3 }],
  ['another transform', { transform: 'stretch' }],
  ['another filter', { interpolation: 'nearest' }],
  ['no side before the crop', { transform: 'short-side' }],
  ['a side before a crop that there is not', { transform: 'squash', resize_size: 256 }],
  ['a kind that nobody knows', { kind: 'painter' }],
  ['a digest that is too short', { sha256: 'abc' }],
  ['an output that is no text', { output: 3 }],
  ['a field that nobody knows', { outputs: 'image_embeds' }],
  ['a kind that there is not', { kind: 'regressor' }],
  ['a tag of an encoder', { tag: 'pwatermark', class: 0, activation: 'softmax' }],
  ['a tag that there is not', { tag: 'watermark', kind: 'classifier', class: 0, activation: 'softmax' }],
  [
    'an activation without a class',
    { class: undefined, kind: 'classifier', tag: 'pwatermark', activation: 'softmax' },
  ],
  ['a label of an encoder', { label: { transform: 'log1p', unit: 'likes' } }],
  ...[
    { transform: 'log2', unit: 'likes' },
    { transform: 'log1p', unit: 'Likes of all' },
    { transform: 'log1p' },
    'log1p',
  ].map((label): [string, Record<string, unknown>] => [
    `the label ${JSON.stringify(label)}`,
    { label, kind: 'classifier', tag: 'aesthetic', class: 0, activation: 'none' },
  ]),
  ...[
    { tag: 'punsafe', activation: 'none' },
    { tag: 'aesthetic', activation: 'sigmoid' },
  ].map((score): [string, Record<string, unknown>] => [
    `a label of ${Object.values(score).join(' ')}`,
    { label: { transform: 'log1p', unit: 'likes' }, kind: 'classifier', class: 0, ...score },
  ]),
  ['a class that is no place', { class: -1, kind: 'classifier', tag: 'pwatermark', activation: 'none' }],
];

for (const [what, change] of CHANGES) {
  test(`a manifest with ${what} is refused, by its schema too`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeOddModel(folder, {}, change);
    const [field] = Object.keys(change);
    t.false(validate(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))));
    const error = await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_MANIFEST' });
    t.true(error?.message.includes(field!));
  });
}

const STATEMENT = { kind: 'classifier', tag: 'pwatermark', class: 2, activation: 'softmax' };

test('a classifier says which of its values is the score of which tag; an encoder it is not', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder, {}, STATEMENT);
  t.true(validate(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))));
  t.deepEqual((await resolveTagModel(path)).score, { tag: 'pwatermark', class: 2, activation: 'softmax' });
  await t.throwsAsync(resolveEncoder(path), { code: 'BB_MODEL_MANIFEST', message: /rows are scores/ });
});

test('a model that is to give a tag must say which of its values that is', async (t) => {
  const folder = await temporaryFolder(t);
  await t.throwsAsync(resolveTagModel(await writeOddModel(folder)), { message: /"kind": "classifier"/ });
  const beyond = await writeOddModel(folder, {}, { ...STATEMENT, class: 3 });
  await t.throwsAsync(resolveTagModel(beyond), {
    code: 'BB_MODEL_MANIFEST',
    message: /"class" is not one of/,
  });
});

test('manifests that are read are valid by the schema', async (t) => {
  const folder = await temporaryFolder(t);
  await writeVitModel(folder, { shape: SHAPE, withTokens: true });
  const builtin = join(packageFolder, 'assets', 'encoders', 'builtin');
  for (const place of [folder, builtin]) {
    const manifest: unknown = JSON.parse(await readFile(join(place, 'manifest.json'), 'utf8'));
    t.true(validate(manifest), JSON.stringify(validate.errors));
  }
  t.is((await resolveEncoder(folder)).manifest.output, 'image_embeds');
});
