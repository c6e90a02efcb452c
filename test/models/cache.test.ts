import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { placesOf } from '../../src/models/library/cache.ts';
import { endOwner, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { sha256Of } from '../helpers/model-mirror.ts';
import { fetchFails, fetchHead, headOf, type LibraryWorld, makeLibraryWorld } from './library-world.ts';

const FIRST = Buffer.from('weights of the first version');
const SECOND = Buffer.from('weights of another, as long.');
const VERSIONS = { v1: FIRST, v2: SECOND } as const;

/** A mirror with two versions of a file, of one name and size. */
async function makeVersions(t: Parameters<typeof makeLibraryWorld>[0]): Promise<LibraryWorld> {
  const world = await makeLibraryWorld(t, []);
  for (const [version, bytes] of Object.entries(VERSIONS))
    world.mirror.files.set(`/models.example.org/${version}/weights.bin`, { bytes });
  return world;
}

async function stateVersion(world: LibraryWorld, version: string, sha256?: string): Promise<void> {
  const file = { url: `https://models.example.org/${version}/weights.bin`, ...(sha256 && { sha256 }) };
  await writeFile(world.registryFile, JSON.stringify({ version: 1, models: [headOf([file])] }));
}

test('a registry that names another file and then the first again gives each time the file that it names', async (t) => {
  for (const stated of [true, false]) {
    const world = await makeVersions(t);
    for (const version of ['v1', 'v2', 'v1', 'v1'] as const) {
      const bytes = VERSIONS[version];
      await stateVersion(world, version, stated ? sha256Of(bytes) : undefined);
      const { paths, fetched } = await fetchHead(world);
      t.deepEqual(await readFile(paths[0]!), bytes);
      t.is(fetched[0]?.sha256, sha256Of(bytes));
    }
    t.is(world.mirror.requests.length, 3);
  }
});

test('the digest of a first fetch is known still when another version came between', async (t) => {
  const world = await makeVersions(t);
  await stateVersion(world, 'v1');
  await fetchHead(world);
  await stateVersion(world, 'v2');
  await fetchHead(world);
  world.mirror.files.set('/models.example.org/v1/weights.bin', { bytes: Buffer.from('replaced') });
  await stateVersion(world, 'v1');
  const error = await fetchFails(t, world, 'BB_MODEL_DIGEST');
  t.is(error.fields['expected'], sha256Of(FIRST));
});

for (const then of [
  ['v1', 'v2'],
  ['v2', 'v1'],
] as const) {
  test(`whatever call fails while another version comes, ${then.join(' and then ')} are what they are afterwards`, async (t) => {
    const world = await makeVersions(t);
    await failEachCall(
      async (failing) => {
        const cache = join(world.folder, failing.name);
        const environment = { BOWERBIRD_CACHE: cache };
        await stateVersion(world, 'v1');
        await fetchHead(world, { environment });
        await stateVersion(world, 'v2');
        await thrownBy(() => withFileSystem(failing.files, () => fetchHead(world, { environment })));
        await endOwner(placesOf(cache, 'test-head').lock);
        for (const version of then) {
          await stateVersion(world, version);
          const { paths } = await fetchHead(world, { environment });
          t.deepEqual(
            await readFile(paths[0]!),
            VERSIONS[version],
            `${failing.name}: ${failing.failed?.call}`,
          );
        }
      },
      { oneIn: 1 },
    );
  });
}

test('names that differ have different places in the cache', (t) => {
  const names = [
    'x/y',
    'x--y',
    'x-/y',
    'x---y',
    'foo',
    'foo.json',
    'foo.lock',
    'a/foo',
    'a/foo.json',
    'a--foo.json',
  ];
  const places = names.flatMap((name) => {
    const { folder, record, lock } = placesOf('/cache', name);
    return [folder, record, lock];
  });
  t.is(new Set(places).size, 3 * names.length);
  t.is(placesOf('/cache', 'owner/model-x.y').folder, join('/cache', 'models', 'owner--model-x.y'));
});

for (const [what, damage] of [
  ['empty', () => ''],
  ['cut', (text) => text.slice(0, text.length / 2)],
  ['of another version', (text) => text.replace('"version": 1', '"version": 2')],
  ['without a digest', (text) => text.replace('"sha256"', '"sha"')],
] satisfies [string, (text: string) => string][]) {
  test(`a record that is ${what} is refused, and no other file is taken for the first`, async (t) => {
    const world = await makeVersions(t);
    await stateVersion(world, 'v1');
    await fetchHead(world);
    const { folder, record } = placesOf(world.cache, 'test-head');
    await writeFile(record, damage(await readFile(record, 'utf8')));
    await rm(folder, { recursive: true });
    const error = await fetchFails(t, world, 'BB_MODEL_CACHE');
    t.true(error.message.includes(record));
    t.is(world.mirror.requests.length, 1);
    await rm(record);
    t.is((await fetchHead(world)).fetched[0]?.sha256, sha256Of(FIRST));
  });
}
