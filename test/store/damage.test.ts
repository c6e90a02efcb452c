import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { fuzzStores } from '../../scripts/store-fuzz/fuzz.ts';
import { codeOf } from '../../src/base/errors.ts';
import { addToStore } from '../../src/store/add.ts';
import type { ReadOptions } from '../../src/store/part.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { build, inBatches, makeFolder, randomHashes } from './rows.ts';

const PAGE = 4096;
const ROWS = 30_000;
const hashes = randomHashes(ROWS, 8);
const scores = Float32Array.from(hashes, (_, i) => i % 64);

/** How many of the rows are answered rightly, wrongly, and refused, one by one. */
async function answers(
  path: string,
  options: ReadOptions,
): Promise<{ right: number; wrong: number; refused: number }> {
  const counts = { right: 0, wrong: 0, refused: 0 };
  const store = await openStore(path, options).catch(() => undefined);
  if (!store) return { ...counts, refused: ROWS };
  for (const [i, hash] of hashes.entries()) {
    try {
      if (store.get(hash)?.aesthetic === scores[i]) counts.right++;
      else counts.wrong++;
    } catch (thrown) {
      if (codeOf(thrown) !== 'BB_STORE_CORRUPT') throw thrown;
      counts.refused++;
    }
  }
  await store.close();
  return counts;
}

test('two bytes that change in any page never give a wrong answer: those of the page are refused, the others right', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const { version } = await build(path, { hashes, columns: [scores] });
  const dataPath = join(version, 'blocks.mdb');
  const whole = await readFile(dataPath);
  let wrongUnchecked = 0;
  let pagesOfData = 0;
  for (let page = 0; page * PAGE < whole.length; page += 1 + Math.floor(page / 8)) {
    const damaged = Buffer.from(whole);
    // Where the scores of a full block lie, and the nodes of a page of the tree.
    for (const place of [3000, 3001]) damaged[page * PAGE + place]! ^= 0x15;
    await writeFile(dataPath, damaged);
    const { wrong, refused, right } = await answers(path, {});
    t.is(wrong, 0, `page ${page}`);
    t.is(right + refused, ROWS);
    t.true(refused > 0 || right === ROWS);
    if (refused > 0 && refused < 1000) {
      pagesOfData++;
      wrongUnchecked += (await answers(path, { checkPages: false })).wrong;
    }
  }
  t.true(pagesOfData > 10);
  t.true(wrongUnchecked > 10, 'without the check the same damage gives wrong answers');
});

test('batches, exports and additions do not take a damaged page either', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const { version } = await build(path, { hashes, columns: [scores] });
  const dataPath = join(version, 'blocks.mdb');
  const damaged = await readFile(dataPath);
  damaged[30 * PAGE + 3000]! ^= 0x15;
  await writeFile(dataPath, damaged);
  const message = /block 30 of 4096 bytes/;
  const store = await openStore(path);
  t.throws(() => store.getMany(hashes), { code: 'BB_STORE_CORRUPT', message });
  t.throws(() => [...store.entries()], { code: 'BB_STORE_CORRUPT', message });
  await store.close();
  const rows = inBatches({ hashes, columns: [scores] });
  await t.throwsAsync(addToStore({ store: path, rows, memoryMb: 64 }), { code: 'BB_STORE_CORRUPT', message });
  t.deepEqual((await readdir(path)).sort(), ['CURRENT', 'v0001']);
});

test('CURRENT that came to name an older version is refused, not followed', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] });
  await addToStore({
    store: path,
    rows: inBatches({ hashes: BigInt64Array.of(1n), columns: [Float32Array.of(2)] }),
    memoryMb: 64,
  });
  const current = await readFile(join(path, 'CURRENT'), 'utf8');
  await writeFile(join(path, 'CURRENT'), current.replace('v0002', 'v0001'));
  await t.throwsAsync(openStore(path), { code: 'BB_STORE_CORRUPT', message: /CURRENT/ });
  await t.throwsAsync(verifyStore(path), { code: 'BB_STORE_CORRUPT', message: /CURRENT/ });
  // A store of before there was a digest in it.
  await writeFile(join(path, 'CURRENT'), 'v0002\n');
  const store = await openStore(path);
  t.deepEqual(store.get(1n), { aesthetic: 2 });
  await store.close();
});

test('a store is built over one whose CURRENT is damaged, and keeps what may be in use until then', async (t) => {
  for (const damaged of ['', 'v0002', '../elsewhere\n', 'v0009\n', `v0001 ${'0'.repeat(64)}\n`]) {
    const path = join(await makeFolder(t), 'scores');
    await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] });
    await writeFile(join(path, 'CURRENT'), damaged);
    let versions: string[] = [];
    const watched = (async function* () {
      versions = (await readdir(path)).filter((name) => name.startsWith('v'));
      yield { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(3)] };
    })();
    const { version } = await build(
      path,
      { hashes: BigInt64Array.of(), columns: [Float32Array.of()] },
      { rows: watched },
    );
    t.deepEqual([versions, version], [['v0001'], join(path, 'v0002')], JSON.stringify(damaged));
    const store = await openStore(path);
    t.deepEqual(store.get(1n), { aesthetic: 3 });
    await store.close();
  }
});

test('a folder in the place of CURRENT is told before any work', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await mkdir(join(path, 'CURRENT'), { recursive: true });
  await t.throwsAsync(build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] }), {
    code: 'BB_STORE_EXISTS',
    message: /CURRENT \(a folder\)/,
  });
});

test('what killed processes leave in a store folder keeps nobody from building there', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] });
  const id = '0b5a7a3e-97a4-4d4c-9a60-5d3f3a5d2f10';
  for (const folder of [`.v0002.${id}.tmp`, `.output.${id}.tmp`])
    await mkdir(join(path, folder, 'spill'), { recursive: true });
  for (const file of [`.CURRENT.${id}.tmp`, `.lock.${id}.heir`]) await writeFile(join(path, file), '{}');
  await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(2)] });
  t.deepEqual((await readdir(path)).sort(), ['CURRENT', 'v0001', 'v0002']);
});

test('an open reader notices a store that was removed and built again under the same names', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const one = { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(1)] };
  await build(path, one);
  let nowMs = 0;
  const store = await openStore(path, { nowMs: () => nowMs });
  t.deepEqual(store.get(1n), { aesthetic: 1 });
  await rm(path, { recursive: true });
  await build(path, { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(2)] });
  nowMs += 1000;
  t.deepEqual(store.get(1n), { aesthetic: 2 });
  // The same scores under another name of their column.
  await rm(path, { recursive: true });
  await build(
    path,
    { hashes: BigInt64Array.of(1n), columns: [Float32Array.of(2)] },
    { columns: ['punsafe'] },
  );
  nowMs += 1000;
  t.deepEqual(store.get(1n), { punsafe: 2 });
  await store.close();
});

test('stores that are damaged at random answer rightly or refuse', async (t) => {
  const report = await fuzzStores(25, 11);
  t.like(report, { wrong: [], raw: [], unseen: [] });
  t.true(report.refused > 10);
});
