import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type MirroredFile, sha256Of } from '../helpers/model-mirror.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';
import {
  fetchFails,
  fetchHead,
  filesInCache,
  headOf,
  makeLibraryWorld,
  WEIGHTS_URL,
} from './library-world.ts';

const random = randomNumbers(11);

function weightsOf(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, () => Math.floor(256 * random())));
}

const WEIGHTS = weightsOf(300_000);

const STATED = [{ url: WEIGHTS_URL, size_bytes: WEIGHTS.length, sha256: sha256Of(WEIGHTS) }];
const UNSTATED = [{ url: WEIGHTS_URL }];

test('a model is fetched, checked and kept with nothing beside it but what it was', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS });
  const { paths, fetched } = await fetchHead(world);
  t.true((await readFile(paths[0]!)).equals(WEIGHTS));
  const facts = { file: 'weights.bin', from: WEIGHTS_URL, size_bytes: WEIGHTS.length };
  t.deepEqual(fetched, [{ ...facts, sha256: sha256Of(WEIGHTS) }]);
  t.deepEqual(await filesInCache(world), ['test-head.json', 'test-head/weights.bin']);
  t.is(world.progress.at(-1)?.receivedBytes, WEIGHTS.length);
  t.is(world.progress.at(-1)?.totalBytes, WEIGHTS.length);
  await fetchHead(world);
  t.is(world.mirror.requests.length, 1);
});

test('a fetch that is cut off at twenty places goes on from each, and comes out whole', async (t) => {
  const cuts = Array.from({ length: 20 }, () => Math.floor(14_000 * random()));
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS, cutAfter: () => cuts.shift() });
  const { paths } = await fetchHead(world);
  t.true((await readFile(paths[0]!)).equals(WEIGHTS));
  t.is(world.mirror.requests.length, 21);
  const starts = world.mirror.requests.map(({ headers }) => /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
  t.is(starts[0], undefined);
  t.true(starts.slice(2).every((start, i) => Number(start) >= Number(starts[i + 1])));
  t.true(Number(starts.at(-1)) > 0);
});

test('what has arrived when a command is interrupted is not asked for again', async (t) => {
  const interrupt = new AbortController();
  const world = await makeLibraryWorld(t, [headOf(UNSTATED)], { bytes: WEIGHTS });
  const onProgress = ({ receivedBytes }: { readonly receivedBytes: number }): void => {
    if (receivedBytes > WEIGHTS.length / 2) interrupt.abort(new Error('interrupted'));
  };
  const stopped = await t.throwsAsync(fetchHead(world, { signal: interrupt.signal, onProgress }));
  t.is(stopped?.message, 'interrupted');
  const { paths } = await fetchHead(world);
  t.true((await readFile(paths[0]!)).equals(WEIGHTS));
  const [, start] = /^bytes=(\d+)-$/.exec(world.mirror.requests[1]?.headers.range ?? '') ?? [];
  t.true(Number(start) > WEIGHTS.length / 2);
});

for (const [what, change] of [
  ['with another entity tag', {}],
  ['without an entity tag', { etag: undefined }],
  ['that answers the rest of the new file even so', { intervene: restOfAnother }],
] satisfies [string, Partial<MirroredFile>][]) {
  test(`a file that changes while it is fetched, ${what}, is fetched anew`, async (t) => {
    const changed = weightsOf(WEIGHTS.length);
    const file: MirroredFile = {
      bytes: WEIGHTS,
      ...('etag' in change && change),
      cutAfter: () => {
        if (file.bytes === changed) return undefined;
        file.bytes = changed;
        Object.assign(file, change);
        return 100_000;
      },
    };
    const world = await makeLibraryWorld(t, [headOf(UNSTATED)], file);
    const { paths } = await fetchHead(world);
    t.true((await readFile(paths[0]!)).equals(changed));
  });
}

/** As a cache does that knows ranges and no conditions. */
function restOfAnother(
  this: MirroredFile,
  { request, response, count }: Parameters<NonNullable<MirroredFile['intervene']>>[0],
): boolean {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (start === undefined || count > 2) return false;
  const body = this.bytes.subarray(Number(start));
  const range = `bytes ${start}-${this.bytes.length - 1}/${this.bytes.length}`;
  response
    .writeHead(206, { etag: '"another"', 'content-range': range, 'content-length': body.length })
    .end(body);
  return true;
}

test('bytes that were damaged on the disk between two tries are found by the digest and fetched anew', async (t) => {
  let cut: number | undefined = 200_000;
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS, cutAfter: () => cut });
  const interrupt = new AbortController();
  const onProgress = (): void => {
    if (world.mirror.requests.length > 1) interrupt.abort(new Error('interrupted'));
  };
  await t.throwsAsync(fetchHead(world, { signal: interrupt.signal, onProgress }));
  const part = join(world.cache, 'models', 'test-head', 'weights.bin.part');
  const arrived = await readFile(part);
  arrived[1000]! ^= 1;
  await writeFile(part, arrived);
  cut = undefined;
  const { paths } = await fetchHead(world);
  t.true((await readFile(paths[0]!)).equals(WEIGHTS));
});

test('a file with another digest than the registry states is refused and not kept', async (t) => {
  const world = await makeLibraryWorld(t, [headOf([{ url: WEIGHTS_URL, sha256: '0'.repeat(64) }])], {
    bytes: WEIGHTS,
  });
  const error = await fetchFails(t, world, 'BB_MODEL_DIGEST');
  t.true(error.message.includes(sha256Of(WEIGHTS)));
  t.regex(error.message, /the registry states 0{64}/);
  t.deepEqual(await filesInCache(world), []);
});

test('a file of another size than the registry states is refused before its body is taken', async (t) => {
  const world = await makeLibraryWorld(t, [headOf([{ url: WEIGHTS_URL, size_bytes: 299_999 }])], {
    bytes: WEIGHTS,
  });
  const error = await fetchFails(t, world, 'BB_MODEL_DIGEST');
  t.regex(error.message, /has 300000 bytes, but the registry states 299999/);
  t.deepEqual(world.progress, []);
});

test('a file of which no digest is known is held against its first fetch', async (t) => {
  const file = { bytes: WEIGHTS };
  const world = await makeLibraryWorld(t, [headOf(UNSTATED)], file);
  await fetchHead(world);
  const folder = join(world.cache, 'models', 'test-head');
  await rm(folder, { recursive: true });
  await fetchHead(world);
  await rm(folder, { recursive: true });
  file.bytes = weightsOf(WEIGHTS.length);
  const error = await fetchFails(t, world, 'BB_MODEL_DIGEST');
  t.regex(
    error.message,
    new RegExp(`test-head\\.json, which was written when it was first fetched .* ${sha256Of(WEIGHTS)}`),
  );
  await rm(`${folder}.json`);
  t.is((await fetchHead(world)).fetched[0]?.sha256, sha256Of(file.bytes));
});

test('a full disk ends a fetch; with room again it goes on', async (t) => {
  const disk = await mountSmallDisk(t, 2);
  if (!disk) return;
  const bytes = weightsOf(3_000_000);
  const world = await makeLibraryWorld(t, [headOf([{ url: WEIGHTS_URL, sha256: sha256Of(bytes) }])], {
    bytes,
  });
  const environment = { BOWERBIRD_CACHE: join(disk.path, 'cache') };
  const ballast = join(disk.path, 'ballast');
  await disk.resize(4);
  await writeFile(ballast, weightsOf(2_000_000));
  const error = await fetchFails(t, world, 'BB_DISK_FULL', { environment });
  t.regex(error.message, /BOWERBIRD_CACHE/);
  await rm(ballast);
  const { paths } = await fetchHead(world, { environment });
  t.true((await readFile(paths[0]!)).equals(bytes));
  t.regex(world.mirror.requests[1]?.headers.range ?? '', /^bytes=[1-9]\d*-$/);
});

test('a cache that may only be read serves what it holds, and refuses what it does not by its code', async (t) => {
  const disk = await mountSmallDisk(t, 4);
  if (!disk) return;
  const other = headOf([{ url: 'https://models.example.org/other.bin' }], { name: 'other-head' });
  const world = await makeLibraryWorld(t, [headOf(STATED), other], { bytes: WEIGHTS });
  const environment = { BOWERBIRD_CACHE: join(disk.path, 'cache') };
  const query = { name: 'test-head', tag: 'aesthetic', encoder: 'test-encoder' } as const;
  await (await world.open({ environment })).tagSource(query);
  await disk.makeReadOnly();
  const library = await world.open({ environment });
  t.true((await readFile(await library.tagSource(query))).equals(WEIGHTS));
  await t.throwsAsync(library.fetch(library.called('other-head')[0]!), { code: 'BB_MODEL_CACHE' });
});

test('two that want the same model at once fetch it once', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS });
  const [first, second] = await Promise.all([fetchHead(world), fetchHead(world)]);
  t.deepEqual(first, second);
  t.is(world.mirror.requests.length, 1);
  t.true(world.notes.some((note) => note.includes('Waiting for it')));
});

test('offline, nothing is asked for: what is there is found, what is not is refused with where to get it', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS });
  const error = await fetchFails(t, world, 'BB_MODEL_OFFLINE', { isOffline: true });
  t.regex(error.message, /models fetch test-head/);
  t.false(existsSync(world.cache));
  t.is(world.mirror.requests.length, 0);
  const { paths } = await fetchHead(world);
  t.deepEqual((await fetchHead(world, { isOffline: true })).paths, paths);
  t.is(world.mirror.requests.length, 1);
});

test('a file that was cut short in the cache is fetched again', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS });
  const { paths } = await fetchHead(world);
  await writeFile(paths[0]!, WEIGHTS.subarray(0, 5));
  await fetchHead(world);
  t.true((await readFile(paths[0]!)).equals(WEIGHTS));
});
