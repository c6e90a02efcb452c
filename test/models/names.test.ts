import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { ModelFinder } from '../../src/models/library/finder.ts';
import type { ModelLibrary } from '../../src/models/library/library.ts';
import { resolveEncoder, resolveTagModel } from '../../src/models/registry.ts';
import { modelOrigin } from '../../src/pipeline/provenance.ts';
import { isSameModel } from '../../src/samples/provenance/origin.ts';
import { writeOddModel } from '../helpers/odd-models.ts';
import { encoderOf, headOf, type LibraryWorld, makeLibraryWorld } from './library-world.ts';

const ENCODER = encoderOf([{ hub: 'tests/tiny', revision: 'v1', path: 'model.onnx' }], {
  name: 'tests/tiny',
  aliases: ['Tiny', 'Tiny/tests'],
  aesthetic_head: 'tiny-head',
});

const HEAD = headOf([{ hub: 'tests/tiny', revision: 'v1', path: 'head.json' }], {
  name: 'tiny-head',
  aliases: ['taste'],
  encoder: 'tests/tiny',
});

const HEAD_FILE = {
  format: 'bowerbird-head',
  version: 1,
  tag: 'aesthetic',
  encoder: { name: 'tests/tiny' },
  layers: [{ weights: [[1, 2, 3]], bias: [4] }],
};

/** A mirror with an encoder in ONNX and its head. */
async function makeNamedWorld(t: ExecutionContext): Promise<LibraryWorld> {
  const world = await makeLibraryWorld(t, [ENCODER, HEAD]);
  const published = join(world.folder, 'published');
  await mkdir(published);
  const model = await readFile(await writeOddModel(published));
  world.mirror.files.set('/tests/tiny/resolve/v1/model.onnx', { bytes: model });
  world.mirror.files.set('/tests/tiny/resolve/v1/head.json', {
    bytes: Buffer.from(JSON.stringify(HEAD_FILE)),
  });
  return world;
}

test('an encoder in ONNX is ready by any of its names, with the manifest that the registry gives it', async (t) => {
  const world = await makeNamedWorld(t);
  const library: ModelLibrary = await world.open();
  for (const name of ['Tiny', 'tests/tiny', 'open_clip:Tiny/tests']) {
    const { manifest, name: known } = await resolveEncoder(await library.encoder(name));
    t.is(known, 'tests/tiny');
    t.like(manifest, {
      dimension: 3,
      transform: { sizePx: 8, resize: 'short-side', interpolation: 'bicubic' },
    });
  }
  t.is(world.mirror.requests.length, 1);
});

const WEIGHTS_ENTRY = {
  ...ENCODER,
  name: 'tests/weights',
  aliases: ['Weighty'],
  files: ['pytorch_model.bin', 'config.json'].map((path) => ({ hub: 'tests/weights', revision: 'v1', path })),
  ...{ input_size: 16, dimension: 10, aesthetic_head: undefined, mean: [0.1, 0.2, 0.3] },
};

/** What weights of CLIP are taken to have where nobody states it. */
const CLIP_NORMALISATION = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** A mirror with the weights of a tiny CLIP. */
async function makeWeightsWorld(t: ExecutionContext, entry: object): Promise<LibraryWorld> {
  const world = await makeLibraryWorld(t, [entry]);
  for (const { path } of WEIGHTS_ENTRY.files) {
    const bytes = await readFile(join(packageFolder, 'test', 'models', 'fixtures', 'clip-bin', path));
    world.mirror.files.set(`/tests/weights/resolve/v1/${path}`, { bytes });
  }
  return world;
}

test('an encoder that is published as weights is converted once, as its registry says', async (t) => {
  const world = await makeWeightsWorld(t, WEIGHTS_ENTRY);
  const { manifest, headPath } = await resolveEncoder(await (await world.open()).encoder('Weighty'));
  t.is(headPath, undefined);
  t.like(manifest, {
    name: 'tests/weights',
    dimension: 10,
    transform: { sizePx: 16, mean: [0.1, 0.2, 0.3] },
  });
  t.is(manifest.convertedFrom?.activation, 'gelu');
  const again = await resolveEncoder(await (await world.open({ isOffline: true })).encoder('Weighty'));
  t.deepEqual(again.manifest, manifest);
  t.is(world.notes.filter((note) => note.startsWith('Converting')).length, 1);
});

test('the same weights by name and by path are one model, and their scores are of one origin', async (t) => {
  const world = await makeWeightsWorld(t, { ...WEIGHTS_ENTRY, ...CLIP_NORMALISATION });
  const byName = await resolveEncoder(await (await world.open()).encoder('Weighty'));
  const finder = await ModelFinder.open({
    ...{
      isOffline: true,
      network: {},
      environment: { BOWERBIRD_CACHE: world.cache },
      onNote: () => undefined,
    },
  });
  t.teardown(() => finder.close());
  const folder = join(packageFolder, 'test', 'models', 'fixtures', 'clip-bin');
  const byPath = await resolveEncoder(await finder.encoder(folder));
  t.not(byPath.name, byName.name);
  t.is(byPath.digest, byName.digest);
  const [ofName, ofPath] = [byName, byPath].map(({ name, digest, manifest: { transform } }) =>
    modelOrigin({ name, digest, transform, provider: 'cpu', runtimeVersion: '1' }, 'exact'),
  );
  t.true(isSameModel(ofName!, ofPath!));
});

test('weights of which a registry comes to say something else are converted anew, and not fetched', async (t) => {
  const world = await makeWeightsWorld(t, WEIGHTS_ENTRY);
  await (await world.open()).encoder('Weighty');
  const corrected = { ...WEIGHTS_ENTRY, mean: [0.4, 0.5, 0.6] };
  await writeFile(world.registryFile, JSON.stringify({ version: 1, models: [corrected] }));
  const { manifest } = await resolveEncoder(await (await world.open()).encoder('Weighty'));
  t.deepEqual(manifest.transform.mean, [0.4, 0.5, 0.6]);
  t.is(world.mirror.requests.length, WEIGHTS_ENTRY.files.length);
});

test('a configuration that a registry names no more is not read with the weights', async (t) => {
  const world = await makeWeightsWorld(t, WEIGHTS_ENTRY);
  await (await world.open()).encoder('Weighty');
  const config = join(world.cache, 'models', 'tests--weights', 'config.json');
  const state = (entry: object): Promise<void> =>
    writeFile(world.registryFile, JSON.stringify({ version: 1, models: [entry] }));
  await state({ ...WEIGHTS_ENTRY, files: WEIGHTS_ENTRY.files.slice(0, 1), attention_heads: 2 });
  await (await world.open()).encoder('Weighty');
  t.false(existsSync(config));
  await state(WEIGHTS_ENTRY);
  await (await world.open()).encoder('Weighty');
  t.true(existsSync(config));
  t.is(world.notes.filter((note) => note.startsWith('Converting')).length, 3);
});

test('each way to write a model has its place in the cache, and all go when the weights come anew', async (t) => {
  const world = await makeWeightsWorld(t, WEIGHTS_ENTRY);
  const variants = (['float32', 'float16'] as const).flatMap((precision) =>
    (['standard', 'fused'] as const).map((operators) => ({ precision, operators })),
  );
  const digests = new Set<string>();
  for (const variant of variants) {
    const library = await world.open({ variant });
    const entry = library.called('Weighty')[0]!;
    t.is(library.converted(entry), undefined);
    const { manifest, digest, modelPath } = await resolveEncoder(await library.encoder('Weighty'));
    t.like(manifest.convertedFrom, variant);
    t.is(library.converted(entry), modelPath);
    digests.add(digest);
  }
  t.is(digests.size, variants.length);
  t.is(world.notes.filter((note) => note.startsWith('Converting')).length, variants.length);
  t.is(world.mirror.requests.length, WEIGHTS_ENTRY.files.length);
  await rm(join(world.cache, 'models', 'tests--weights', 'config.json'));
  const library = await world.open({ variant: variants[3]! });
  await library.fetch(library.called('Weighty')[0]!);
  t.is(library.converted(library.called('Weighty')[0]!), undefined);
});

test('what a registry says of weights must be so', async (t) => {
  const narrow = await makeWeightsWorld(t, { ...WEIGHTS_ENTRY, dimension: 12 });
  await t.throwsAsync((await narrow.open()).encoder('Weighty'), {
    code: 'BB_MODEL_REGISTRY',
    message: /rows of 10 values, but its registry states 12/,
  });
  const quick = await makeWeightsWorld(t, { ...WEIGHTS_ENTRY, activation: 'quick_gelu' });
  await t.throwsAsync((await quick.open()).encoder('Weighty'), { code: 'BB_WEIGHTS_UNSTATED' });
});

test('a model of a tag is converted, and says of which of its values the tag is made', async (t) => {
  const entry = {
    ...{
      name: 'tests/marks',
      kind: 'tag-model',
      aliases: ['marks'],
      description: 'a detector',
      licence: 'none',
    },
    files: [{ hub: 'tests/marks', revision: 'v1', path: 'model.pt' }],
    ...{ input_size: 256, transform: 'squash', interpolation: 'bilinear', activation: 'silu' },
    ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    ...{ tag: 'pwatermark', output_index: 0, output_activation: 'softmax' },
  };
  const world = await makeLibraryWorld(t, [entry]);
  const bytes = await readFile(join(packageFolder, 'test', 'models', 'fixtures', 'efficientnet', 'model.pt'));
  world.mirror.files.set('/tests/marks/resolve/v1/model.pt', { bytes });
  const library = await world.open();
  const path = await library.tagSource({ name: 'marks', tag: 'pwatermark', encoder: 'tests/tiny' });
  const { score, manifest } = await resolveTagModel(path);
  t.deepEqual(score, { tag: 'pwatermark', class: 0, activation: 'softmax' });
  t.like(manifest.transform, { sizePx: 256, resize: 'squash', interpolation: 'bilinear' });
});

test('a regressor by name is converted with the label that its registry states', async (t) => {
  const files = ['model.safetensors', 'config.json', 'preprocessor_config.json'];
  const label = { transform: 'cbrt-log', unit: 'likes' };
  const entry = {
    ...encoderOf(files.map((path) => ({ hub: 'tests/likes', revision: 'v1', path }))),
    ...{ name: 'tests/likes', kind: 'tag-model', dimension: undefined, aliases: ['likes'] },
    ...{ input_size: 16, transform: 'squash', interpolation: 'bilinear', activation: 'gelu_tanh' },
    ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    ...{ tag: 'aesthetic', output_index: 0, output_activation: 'none', label },
  };
  const world = await makeLibraryWorld(t, [entry]);
  for (const path of files) {
    const fixture = join(packageFolder, 'test', 'models', 'fixtures', 'siglip-classifier', path);
    world.mirror.files.set(`/tests/likes/resolve/v1/${path}`, { bytes: await readFile(fixture) });
  }
  const library = await world.open();
  const path = await library.tagSource({ name: 'likes', tag: 'aesthetic', encoder: 'tests/tiny' });
  const { score } = await resolveTagModel(path);
  t.deepEqual(score, { tag: 'aesthetic', class: 0, activation: 'none', label });
});

test('weights that are fetched anew are converted anew', async (t) => {
  const world = await makeWeightsWorld(t, WEIGHTS_ENTRY);
  const library = await world.open();
  const folder = await library.encoder('Weighty');
  const ofEarlierWeights = join(folder, 'of-earlier-weights');
  await writeFile(ofEarlierWeights, '');
  t.is(await library.encoder('Weighty'), folder);
  t.true(existsSync(ofEarlierWeights));
  await rm(join(world.cache, 'models', 'tests--weights', 'pytorch_model.bin'));
  t.is(await library.encoder('Weighty'), folder);
  t.false(existsSync(ofEarlierWeights));
});

test('a head is found by the name that its encoder shares with others, or as the one that comes with the encoder', async (t) => {
  const world = await makeNamedWorld(t);
  const library = await world.open();
  const named = await library.tagSource({ name: 'taste', tag: 'aesthetic', encoder: 'tests/tiny' });
  t.is(await library.ownHead('tests/tiny', 'aesthetic'), named);
  t.is(await library.ownHead('tests/tiny', 'punsafe'), undefined);
  t.is(await library.ownHead('another', 'aesthetic'), undefined);
  t.deepEqual(JSON.parse(await readFile(named, 'utf8')), HEAD_FILE);
});

test('what a head’s file does not say is written beside it', async (t) => {
  const manifest = { activation: 'sigmoid', hidden_activation: ['relu'] };
  const entry = headOf([{ hub: 'tests/other', revision: 'v1', path: 'head.pth' }], {
    tag: 'punsafe',
    manifest,
  });
  const world = await makeLibraryWorld(t, [entry]);
  world.mirror.files.set('/tests/other/resolve/v1/head.pth', { bytes: Buffer.from('weights') });
  const library = await world.open();
  const path = await library.tagSource({ name: 'test-head', tag: 'punsafe', encoder: undefined });
  const beside: unknown = JSON.parse(await readFile(`${path}.json`, 'utf8'));
  t.deepEqual(beside, { tag: 'punsafe', encoder: { name: 'test-encoder' }, ...manifest });
});

test('a name that nobody has is refused with where names are listed', async (t) => {
  const library = await (await makeNamedWorld(t)).open();
  for (const asking of [
    () => library.encoder('ViT-Z-99'),
    () => library.encoder('taste'),
    () => library.tagSource({ name: 'nothing', tag: 'aesthetic', encoder: undefined }),
  ])
    await t.throwsAsync(asking, { code: 'BB_MODEL_UNKNOWN', message: /models list/ });
  t.throws(() => library.called('nothing'), { code: 'BB_MODEL_UNKNOWN' });
});

test('a registry in the cache counts beside the others, and may not take their names', async (t) => {
  const world = await makeNamedWorld(t);
  await mkdir(world.cache);
  const own = {
    version: 1,
    models: [headOf([{ url: 'https://models.example.org/a.pth' }], { name: 'my-head' })],
  };
  await writeFile(join(world.cache, 'registry.json'), JSON.stringify(own));
  t.is((await world.open()).called('my-head').length, 1);
  const taken = { version: 1, models: [{ ...own.models[0], name: 'ViT-L-14' }] };
  await writeFile(join(world.cache, 'registry.json'), JSON.stringify(taken));
  await t.throwsAsync(world.open(), { code: 'BB_MODEL_REGISTRY', message: /ViT-L-14/ });
});
