import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { readGolden } from '../../src/models/golden.ts';
import { placesOf } from '../../src/models/library/cache.ts';
import { originsFrom } from '../../src/models/library/origins.ts';
import { convertedWeights } from '../../src/models/library/own-weights.ts';
import { readRegistryFile } from '../../src/models/library/registry-file.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePipe } from '../helpers/make-pipe.ts';
import { smallManifest, writeOddModel } from '../helpers/odd-models.ts';
import { fetchFails, headOf, makeLibraryWorld, WEIGHTS_URL } from './library-world.ts';

const FIXTURES = join(packageFolder, 'test', 'models', 'fixtures');

async function convert(t: ExecutionContext, path: string, code: string): Promise<void> {
  const tools = {
    cache: join(await makeFolder(t), 'cache'),
    variant: { precision: 'float32', operators: 'standard' },
    onNote: () => undefined,
  } as const;
  await t.throwsAsync(convertedWeights(path, tools), { code, message: /no regular file/ });
}

test('a pipe in the place of a registry, of golden rows or of a token is not waited for', async (t) => {
  const folder = await makeFolder(t);
  const pipe = makePipe(join(folder, 'token'));
  await t.throwsAsync(readRegistryFile(pipe), { code: 'BB_MODEL_REGISTRY', message: /no regular file/ });
  await t.throwsAsync(readGolden(pipe), { code: 'BB_MODEL_GOLDEN', message: /no regular file/ });
  t.is(originsFrom({ HF_HOME: folder }).hubToken, undefined);
});

test('a pipe in the place of a model or of its manifest is not waited for', async (t) => {
  const folder = await makeFolder(t);
  const model = await writeOddModel(folder);
  const bare = join(folder, 'bare');
  await mkdir(bare);
  await copyFile(model, join(bare, 'model.onnx'));
  makePipe(join(bare, 'model.json'));
  await t.throwsAsync(resolveEncoder(bare), { code: 'BB_MODEL_MANIFEST', message: /no regular file/ });
  const hollow = join(folder, 'hollow');
  await mkdir(hollow);
  await writeFile(join(hollow, 'model.json'), JSON.stringify(smallManifest()));
  makePipe(join(hollow, 'model.onnx'));
  await t.throwsAsync(resolveEncoder(hollow), { code: 'BB_MODEL_GRAPH', message: /no regular file/ });
});

test('a pipe in the place of weights, their index, one of their parts or their config is not waited for', async (t) => {
  const folder = await makeFolder(t);
  const indexed = join(folder, 'indexed');
  await mkdir(indexed);
  makePipe(join(indexed, 'model.safetensors.index.json'));
  await convert(t, indexed, 'BB_WEIGHTS_UNREADABLE');
  const parts = join(folder, 'parts');
  await mkdir(parts);
  makePipe(join(parts, 'a.safetensors'));
  const index = { weight_map: { 'a.weight': 'a.safetensors' } };
  await writeFile(join(parts, 'model.safetensors.index.json'), JSON.stringify(index));
  await convert(t, parts, 'BB_WEIGHTS_UNREADABLE');
  const configured = join(folder, 'configured');
  await mkdir(configured);
  await cp(join(FIXTURES, 'clip-bin', 'pytorch_model.bin'), join(configured, 'pytorch_model.bin'));
  makePipe(join(configured, 'config.json'));
  await convert(t, configured, 'BB_WEIGHTS_UNREADABLE');
});

test('a pipe in the place of a record or of a mirror’s file is not waited for', async (t) => {
  const world = await makeLibraryWorld(t, [headOf([{ url: WEIGHTS_URL }])]);
  const mirror = join(world.folder, 'mirror');
  await mkdir(join(mirror, 'models.example.org'), { recursive: true });
  makePipe(join(mirror, 'models.example.org', 'weights.bin'));
  const environment = { BOWERBIRD_MODEL_MIRROR: mirror };
  t.regex((await fetchFails(t, world, 'BB_MODEL_FETCH', { environment })).message, /no regular file/);
  makePipe(placesOf(world.cache, 'test-head').record);
  t.regex((await fetchFails(t, world, 'BB_MODEL_CACHE')).message, /no regular file/);
});
