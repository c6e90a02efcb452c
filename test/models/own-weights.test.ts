import { cp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import type { Variant } from '../../src/models/convert/spec.ts';
import type { EncoderFiles } from '../../src/models/encoder-files.ts';
import { ModelFinder } from '../../src/models/library/finder.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { writeOddModel } from '../helpers/odd-models.ts';

const FIXTURES = join(packageFolder, 'test', 'models', 'fixtures');

interface Desk {
  readonly folder: string;
  readonly notes: string[];
  /** A copy of the fixture under another name. */
  copy(fixture: string, name: string): Promise<string>;
  open(variant?: Variant): Promise<ModelFinder>;
  encoder(path: string, variant?: Variant): Promise<EncoderFiles>;
}

async function makeDesk(t: ExecutionContext): Promise<Desk> {
  const folder = await makeFolder(t);
  const notes: string[] = [];
  const open = async (variant?: Variant): Promise<ModelFinder> => {
    const finder = await ModelFinder.open({
      ...{ isOffline: true, network: {}, variant },
      environment: { BOWERBIRD_CACHE: join(folder, 'cache') },
      onNote: (note) => notes.push(note),
    });
    t.teardown(() => finder.close());
    return finder;
  };
  return {
    folder,
    notes,
    open,
    copy: async (fixture, name) => {
      await cp(join(FIXTURES, fixture), join(folder, name), { recursive: true });
      return join(folder, name);
    },
    encoder: async (path, variant) => resolveEncoder(await (await open(variant)).encoder(path)),
  };
}

test('weights are converted into the cache once, whether their folder, their index or their file is given', async (t) => {
  const desk = await makeDesk(t);
  const folder = await desk.copy('clip', 'my-clip');
  const first = await desk.encoder(folder);
  t.like(first.manifest, { name: 'my-clip', dimension: 10 });
  t.like(await desk.encoder(join(folder, 'model.safetensors.index.json')), { digest: first.digest });
  const elsewhere = join(await makeFolder(t), basename(folder));
  await rename(folder, elsewhere);
  t.like(await desk.encoder(elsewhere), { digest: first.digest, modelPath: first.modelPath });
  t.is(desk.notes.length, 1);
  t.regex(desk.notes[0]!, /^Converting .*my-clip to ONNX/);
});

test('a file under a name of its own is called after itself', async (t) => {
  const desk = await makeDesk(t);
  const folder = await desk.copy('clip-gelu', 'weights');
  await rename(join(folder, 'model.safetensors'), join(folder, 'ViT-mine.safetensors'));
  t.is((await desk.encoder(join(folder, 'ViT-mine.safetensors'))).name, 'ViT-mine');
});

test('another config, another name and another way to write it make another model', async (t) => {
  const desk = await makeDesk(t);
  const folder = await desk.copy('clip-gelu', 'mine');
  const first = await desk.encoder(folder);
  const fused = await desk.encoder(folder, { precision: 'float32', operators: 'fused' });
  t.not(fused.digest, first.digest);
  const renamed = join(desk.folder, 'yours');
  await cp(folder, renamed, { recursive: true });
  t.is((await desk.encoder(renamed)).name, 'yours');
  const processor = { do_resize: true, size: { shortest_edge: 16 }, do_center_crop: true, resample: 2 };
  await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(processor));
  const other = await desk.encoder(folder);
  t.is(first.manifest.transform.interpolation, 'bicubic');
  t.is(other.manifest.transform.interpolation, 'bilinear');
  const made = await readdir(join(desk.folder, 'cache', 'weights'));
  t.is(made.filter((name) => /^[0-9a-f]{64}$/.test(name)).length, 4);
});

test('a fact that nobody states is asked for by the flag that states it, and nothing is left of the try', async (t) => {
  const desk = await makeDesk(t);
  const folder = await desk.copy('clip-gelu', 'mine');
  await rm(join(folder, 'config.json'));
  await t.throwsAsync(desk.encoder(folder), {
    code: 'BB_WEIGHTS_UNSTATED',
    message: /state it with --attention-heads of `bowerbird models convert`/,
  });
  t.deepEqual(await readdir(join(desk.folder, 'cache', 'weights')), []);
});

test('a model in ONNX goes before weights in its folder, and weights of which nobody knows what they give are no model of a tag', async (t) => {
  const desk = await makeDesk(t);
  const folder = await desk.copy('siglip-classifier', 'likes');
  const finder = await desk.open();
  await t.throwsAsync(finder.head({ name: folder, tag: 'aesthetic', encoder: 'any' }), {
    code: 'BB_MODEL_MANIFEST',
    message: /models convert .*likes --to FOLDER --tag TAG/,
  });
  await writeOddModel(folder);
  t.is(await finder.encoder(folder), folder);
  t.is(await finder.head({ name: folder, tag: 'aesthetic', encoder: 'any' }), folder);
  t.deepEqual(desk.notes, []);
});

test('what is in the way in the cache is told in the words of the cache, which no flag of a command names', async (t) => {
  const desk = await makeDesk(t);
  const weights = await desk.copy('clip', 'my-clip');
  const { modelPath } = await desk.encoder(weights);
  await rm(dirname(modelPath), { recursive: true });
  await writeFile(dirname(modelPath), '');
  const error = await t.throwsAsync(desk.encoder(weights), {
    code: 'BB_MODEL_CACHE',
    message: /BOWERBIRD_CACHE/,
  });
  t.notRegex(error.message, /--to/);
});
