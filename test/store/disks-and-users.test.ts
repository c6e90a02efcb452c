import { spawnSync } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { addToStore } from '../../src/store/add.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';
import { build, inBatches, makeFolder, randomHashes } from './rows.ts';

const NOBODY = 65_534;
const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

function rowsOf(count: number, seed: number): ScoreRows {
  return { hashes: randomHashes(count, seed), columns: [new Float32Array(count).fill(5)] };
}

test('a store is read from a read-only file system, and not built there', async (t) => {
  const disk = await mountSmallDisk(t, 32);
  if (!disk) return;
  const path = join(disk.path, 'scores');
  const rows = rowsOf(1000, 51);
  await build(path, rows);
  await disk.makeReadOnly();
  const store = await openStore(path);
  t.teardown(() => store.close());
  await store.prefetch(rows.hashes);
  t.deepEqual(store.getMany(rows.hashes).columns, rows.columns);
  await t.notThrowsAsync(verifyStore(path));
  const expected = { code: 'BB_STORE_ACCESS', message: /cannot be written: its file system is read-only/ };
  await t.throwsAsync(build(path, rows), expected);
  await t.throwsAsync(addToStore({ store: path, rows: inBatches(rows), memoryMb: 64 }), expected);
});

for (const [place, rows] of [
  ['while rows are sorted', 500_000],
  ['while blocks are written', 225_000],
] as const) {
  test(`a disk that is full ${place} ends a build and an addition; the store before is whole`, async (t) => {
    const disk = await mountSmallDisk(t, 4);
    if (!disk) return;
    const path = join(disk.path, 'scores');
    const { meta } = await build(path, rowsOf(25_000, 52));
    const expected = { code: 'BB_DISK_FULL', message: /an earlier store is untouched/ };
    await t.throwsAsync(build(path, rowsOf(rows, 53), { memoryMb: 8 }), expected);
    const more = inBatches(rowsOf(rows, 54));
    await t.throwsAsync(addToStore({ store: path, rows: more, memoryMb: 8 }), expected);
    t.deepEqual(await verifyStore(path), [meta]);
    t.deepEqual((await readdir(path)).toSorted(), ['CURRENT', 'v0001']);
  });
}

/** Runs a command as a user who owns nothing here; undefined, and the test passed, where that cannot be. */
function runAsNobody(
  t: ExecutionContext,
  args: readonly string[],
): { code: number | null; output: string } | undefined {
  // Coverage would be written to a folder that is not theirs, and Node hands the variable on unless it is set here.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const options = { uid: NOBODY, gid: NOBODY, encoding: 'utf8', cwd: '/', env } as const;
  if (process.getuid?.() !== 0 || spawnSync(process.execPath, ['--check', main], options).status !== 0) {
    t.log('left out: no other user can run the command from here');
    t.pass();
    return undefined;
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
  return { code: status, output: `${stdout}${stderr}` };
}

test('another user, who may not write, looks scores up', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'scores');
  await build(path, { hashes: BigInt64Array.of(-7n), columns: [Float32Array.of(7.25)] });
  await chmod(folder, 0o755);
  const answer = runAsNobody(t, ['lookup', path, '-7', '--json']);
  if (!answer) return;
  t.deepEqual(answer, { code: 0, output: '{"hash":"-7","aesthetic":7.25}\n' });
  t.is(runAsNobody(t, ['store', 'verify', path])?.code, 0);
});

test('another user, who may not read or write, is told so', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'scores');
  const { version } = await build(path, { hashes: BigInt64Array.of(-7n), columns: [Float32Array.of(7.25)] });
  await chmod(folder, 0o755);
  await chmod(join(version, 'blocks.mdb'), 0o600);
  const lookup = runAsNobody(t, ['lookup', path, '-7']);
  if (!lookup) return;
  t.is(lookup.code, 2);
  t.regex(lookup.output, /blocks\.mdb cannot be read: permission denied\.\n\[BB_STORE_ACCESS\]/);
});
