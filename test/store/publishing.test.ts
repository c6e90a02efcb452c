import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { codeOf } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { build, inBatches, makeFolder, randomHashes } from './rows.ts';

const builder = fileURLToPath(new URL('../helpers/store-build-process.js', import.meta.url));
const ROWS = 60_000;

/** Starts a build and ends it with SIGKILL `delayMs` after its `steps`th step; true where it was killed in time. */
async function killedBuild(path: string, score: number, steps: number, delayMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [builder, path, String(ROWS), String(score)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    if (++seen < steps) continue;
    await setTimeout(delayMs);
    child.kill('SIGKILL');
    break;
  }
  const [, signal] = (await closed) as [number | null, string | null];
  return signal === 'SIGKILL';
}

/** The one score that all entries have; undefined where there is no store. Any other state throws. */
async function scoreOf(path: string): Promise<number | undefined> {
  if (!existsSync(join(path, 'CURRENT'))) {
    const code = await openStore(path).catch(codeOf);
    if (code !== 'BB_STORE_NOT_FOUND') throw new Error(`opening a store that is none ended with ${code}`);
    return undefined;
  }
  await verifyStore(path);
  const store = await openStore(path);
  const { found, columns } = store.getMany(randomHashes(ROWS, 1));
  await store.close();
  const scores = new Set(columns[0]);
  if (found.includes(0) || scores.size !== 1) throw new Error('the store holds a part of a build');
  return [...scores][0];
}

test('a killed build leaves the last finished one, and the next build removes what it left', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  // The first steps read (6 of them), the others write (2048); the last ones fall into sealing and publishing.
  const kills = [
    { steps: 1, delayMs: 0 },
    { steps: 4, delayMs: 0 },
    { steps: 7, delayMs: 0 },
    { steps: 1000, delayMs: 0 },
    { steps: 2054, delayMs: 3 },
  ];
  let published: number | undefined;
  let killed = 0;
  for (const [i, { steps, delayMs }] of kills.entries()) {
    const score = 2 * i + 1;
    if (await killedBuild(path, score, steps, delayMs)) killed++;
    const found = await scoreOf(path);
    t.true(found === published || found === score, `after kill ${i}: ${found}`);
    published = found;
    if (i < 1) continue;
    await build(path, {
      hashes: randomHashes(ROWS, 1),
      columns: [new Float32Array(ROWS).fill(score + 1)],
    });
    published = score + 1;
    t.is(await scoreOf(path), published);
    const left = (await readdir(path)).filter((name) => name !== 'CURRENT');
    t.true(left.length <= 2 && left.every((name) => /^v\d{4}$/.test(name)), left.join());
  }
  t.true(killed >= 4);
});

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
  t.deepEqual(await readdir(path), []);
});

test('an open reader moves over to a new build and goes on through several', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const hashes = randomHashes(1000, 4);
  const buildWith = (score: number): Promise<unknown> =>
    build(path, { hashes, columns: [new Float32Array(hashes.length).fill(score)] });
  await buildWith(1);
  const store = await openStore(path);
  t.teardown(() => store.close());
  for (const score of [2, 3, 4]) {
    await buildWith(score);
    const meanwhile = store.get(hashes[0]!)?.aesthetic;
    t.true(meanwhile === score - 1 || meanwhile === score);
    await setTimeout(1100);
    t.is(store.get(hashes[0]!)?.aesthetic, score);
    t.deepEqual(new Set(store.getMany(hashes).columns[0]), new Set([score]));
  }
});

test('two builds of one store do not run at once', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const rows = { hashes: randomHashes(1000, 5), columns: [new Float32Array(1000)] };
  const first = build(path, rows);
  await t.throwsAsync(build(path, rows), { code: 'BB_STORE_LOCKED' });
  await first;
  await t.notThrowsAsync(build(path, rows));
});

test('a folder with other files in it is not built into', async (t) => {
  const path = join(await makeFolder(t), 'photos');
  await mkdir(path);
  await writeFile(join(path, 'holiday.jpg'), '');
  const rows = { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] };
  await t.throwsAsync(build(path, rows), { code: 'BB_STORE_EXISTS', message: /holiday\.jpg/ });
  t.deepEqual(await readdir(path), ['holiday.jpg']);
});

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
  await t.throwsAsync(verifyStore(path), { code: 'BB_STORE_CORRUPT', message: /holds 1 entries/ });
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
