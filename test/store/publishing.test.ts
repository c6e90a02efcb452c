import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { build, inBatches, makeFolder, randomHashes } from './rows.ts';

test('an aborted build publishes nothing and leaves nothing', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const closing = new AbortController();
  const rows = { hashes: randomHashes(50_000, 3), columns: [new Float32Array(50_000)] };
  const reason = new Error('enough');
  await t.throwsAsync(
    build(path, rows, {
      rows: inBatches(rows, 1000),
      signal: closing.signal,
      onProgress: ({ phase }) => phase === 'writing' && closing.abort(reason),
    }),
    { is: reason },
  );
  t.false(existsSync(path));
});

test('an open reader moves over to a new build and goes on through several', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const hashes = randomHashes(1000, 4);
  const buildWith = (score: number): Promise<unknown> =>
    build(path, { hashes, columns: [new Float32Array(hashes.length).fill(score)] });
  await buildWith(1);
  let nowMs = 0;
  const store = await openStore(path, { nowMs: () => nowMs });
  t.teardown(() => store.close());
  for (const score of [2, 3, 4]) {
    await buildWith(score);
    nowMs += 999;
    t.is(store.get(hashes[0]!)?.aesthetic, score - 1);
    nowMs += 1;
    t.is(store.get(hashes[0]!)?.aesthetic, score);
    t.deepEqual(new Set(store.getMany(hashes).columns[0]), new Set([score]));
  }
});

test('two builds of one store do not run at once', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const rows = { hashes: randomHashes(1000, 5), columns: [new Float32Array(1000)] };
  let asked = 0;
  // Rows are asked for once the lock is held.
  const whileLocked = async function* (): AsyncGenerator<ScoreRows> {
    await t.throwsAsync(build(path, rows), { code: 'BB_STORE_LOCKED' });
    asked++;
    yield* inBatches(rows);
  };
  await build(path, rows, { rows: whileLocked() });
  t.is(asked, 1);
  await t.notThrowsAsync(build(path, rows));
});

// The last two look like what builds leave, each at one end.
for (const name of ['holiday.jpg', '.CURRENT.swp', 'notes.tmp']) {
  test(`a folder with ${name} in it is not built into`, async (t) => {
    const path = join(await makeFolder(t), 'photos');
    await mkdir(path);
    await writeFile(join(path, name), '');
    const rows = { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] };
    const error = await t.throwsAsync(build(path, rows), { code: 'BB_STORE_EXISTS' });
    t.true(error.message.includes(name), error.message);
    t.deepEqual(await readdir(path), [name]);
  });
}

test('a byte that has changed anywhere in the data is found, and its block named', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const { version, meta } = await build(path, {
    hashes: randomHashes(20_000, 6),
    columns: [new Float32Array(20_000).fill(5)],
  });
  const file = await open(join(version, 'blocks.mdb'), 'r+');
  t.teardown(() => file.close());
  for (const position of [17, 4096 + 9, 30_000, 100_001, meta.dataBytes - 1]) {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, position);
    await file.write(Buffer.of(byte[0]! ^ 0x10), 0, 1, position);
    await t.throwsAsync(verifyStore(path), {
      code: 'BB_STORE_CORRUPT',
      message: new RegExp(`blocks\\.mdb is damaged: block ${Math.floor(position / 4096)} of`),
    });
    await file.write(byte, 0, 1, position);
  }
  await t.notThrowsAsync(verifyStore(path));
});

test('a data file that was cut short is refused when the store is opened', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const { version, meta } = await build(path, {
    hashes: randomHashes(20_000, 7),
    columns: [new Float32Array(20_000)],
  });
  await truncate(join(version, 'blocks.mdb'), meta.dataBytes - 4096);
  const expected = { code: 'BB_STORE_CORRUPT', message: new RegExp(`instead of ${meta.dataBytes}`) };
  await t.throwsAsync(openStore(path), expected);
  await t.throwsAsync(verifyStore(path), expected);
});

test('damage beside the data is named too', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const { version } = await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] });
  const metaPath = join(version, 'meta.json');
  const content = await readFile(metaPath, 'utf8');
  for (const damaged of ['', '{}', content.replace('"entries": 1', '"entries": -1')]) {
    await writeFile(metaPath, damaged);
    await t.throwsAsync(openStore(path), { code: 'BB_STORE_CORRUPT', message: /meta\.json/ });
  }
  await writeFile(metaPath, content.replace(/"checksum": "../, '"checksum": "zz'));
  await t.throwsAsync(openStore(path), { code: 'BB_STORE_CORRUPT', message: /does not belong/ });
  await writeFile(metaPath, content.replace('"entries": 1', '"entries": 2'));
  await t.throwsAsync(verifyStore(path), { code: 'BB_STORE_CORRUPT', message: /does not belong/ });
  await writeFile(join(path, 'CURRENT'), '../elsewhere\n');
  await t.throwsAsync(openStore(path), { code: 'BB_STORE_CORRUPT', message: /CURRENT/ });
});

test('a folder that this user may not write or read is told as such', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const rows = { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] };
  const { version } = await build(path, rows);
  if (process.getuid?.() === 0) {
    t.log('left out: the administrator may write and read everywhere');
    t.pass();
    return;
  }
  await chmod(path, 0o500);
  await t.throwsAsync(build(path, rows), { code: 'BB_STORE_ACCESS', message: /cannot be written/ });
  await chmod(path, 0o700);
  await chmod(join(version, 'blocks.mdb'), 0);
  await t.throwsAsync(openStore(path), { code: 'BB_STORE_ACCESS', message: /blocks\.mdb cannot be read/ });
});
