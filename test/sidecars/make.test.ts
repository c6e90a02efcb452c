import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { makeSidecars } from '../../src/sidecars/make.ts';
import { UNSYNCED } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet, readProvenance } from '../helpers/read-parquet.ts';
import { aestheticHead, errorOf, headWeights, rescore, writeHead } from '../rescore/setup.ts';
import { makeFinishedRun } from '../runs/finished-run.ts';

async function makeRun(t: ExecutionContext): Promise<{ folder: string; run: string; out: string }> {
  const folder = await makeFolder(t);
  return { folder, run: await makeFinishedRun(folder), out: join(folder, 'out') };
}

const NAMES = ['img_emb_0.scores.parquet', 'img_emb_1.scores.parquet'];

test('each input has a sidecar with the scores and verdicts of its rows, numbered in its order, and where they come from', async (t) => {
  const { run } = await makeRun(t);
  const report = await makeSidecars({ run, columns: ['caption'] });
  t.deepEqual(
    report.sidecars,
    NAMES.map((name) => join(run, 'sidecars', name)),
  );
  t.deepEqual([report.written, report.unchanged, report.rows], [2, 0, 48]);
  for (const [shard, path] of report.sidecars.entries()) {
    const rows = await readParquet(path);
    const tags = join(run, 'tags', `0000${shard}.parquet`);
    const expected = (await readParquet(tags)).map(({ error_message, ...tag }, row) => ({
      row: BigInt(row),
      ...tag,
    }));
    t.is(rows.length, 24);
    t.deepEqual(rows, expected);
    t.deepEqual(await readProvenance(path), await readProvenance(tags));
  }
  const [first] = await readParquet(report.sidecars[0]!);
  t.deepEqual(Object.keys(first!).slice(0, 4), ['row', 'key', 'hash', 'caption']);
});

test('sidecars that stand are left alone, and one that is gone comes back with the same bytes', async (t) => {
  const { run, out } = await makeRun(t);
  await makeSidecars({ run, outputFolder: out });
  const bytes = await Promise.all(NAMES.map((name) => readFile(join(out, name))));
  const { ino } = await stat(join(out, NAMES[0]!));
  await rm(join(out, NAMES[1]!));
  const again = await makeSidecars({ run, outputFolder: out });
  t.deepEqual([again.written, again.unchanged], [1, 1]);
  t.is((await stat(join(out, NAMES[0]!))).ino, ino);
  t.deepEqual(await Promise.all(NAMES.map((name) => readFile(join(out, name)))), bytes);
  t.deepEqual((await readdir(out)).sort(), NAMES);
});

test('what is no sidecar is not replaced, and nothing is written before that is known', async (t) => {
  const { run, out } = await makeRun(t);
  await mkdir(out);
  await writeFile(join(out, NAMES[1]!), 'a diary');
  const error = await errorOf(makeSidecars({ run, outputFolder: out, overwrite: true }));
  t.is(error.code, 'BB_OUTPUT_EXISTS');
  t.deepEqual(await readdir(out), [NAMES[1]!]);
  t.is(await readFile(join(out, NAMES[1]!), 'utf8'), 'a diary');
});

test('scores of another head are replaced only where that is asked for; verdicts by other thresholds always are', async (t) => {
  const { folder, run, out } = await makeRun(t);
  const heads = [aestheticHead(join(folder, 'head.json'))];
  const inputs = [join(folder, 'run-inputs')];
  await makeSidecars({ run, outputFolder: out });
  await withFileSystem(UNSYNCED, () => rescore(inputs, run, { heads, minAesthetic: 4 }));
  const judged = await makeSidecars({ run, outputFolder: out });
  t.is(judged.written, 2);
  const kept = (await readParquet(join(out, NAMES[0]!))).map(({ kept: verdict }) => verdict);
  t.true(kept.includes(true) && kept.includes(false));

  const other = await writeHead(join(folder, 'other.json'), headWeights(2, 8), 4);
  const rescored = join(folder, 'rescored');
  await withFileSystem(UNSYNCED, () => rescore(inputs, rescored, { heads: [aestheticHead(other)] }));
  const before = await readFile(join(out, NAMES[0]!));
  const error = await errorOf(makeSidecars({ run: rescored, outputFolder: out }));
  t.is(error.code, 'BB_OUTPUT_EXISTS');
  t.deepEqual(await readFile(join(out, NAMES[0]!)), before);
  t.is((await makeSidecars({ run: rescored, outputFolder: out, overwrite: true })).written, 2);
});

test('an input that is not scored to its end is refused, or left out where that is asked for', async (t) => {
  const { run, out } = await makeRun(t);
  await rm(join(run, 'stats', '00000_stats.json'));
  const error = await errorOf(makeSidecars({ run, outputFolder: out }));
  t.is(error.code, 'BB_RUN_UNFINISHED');
  t.regex(error.message, /0 of the 24 rows of .*img_emb_0\.npy/);
  const report = await makeSidecars({ run, outputFolder: out, skipUnfinished: true });
  t.deepEqual(await readdir(out), [NAMES[1]!]);
  t.is(report.unfinished.length, 1);
});

test('of damaged tags no sidecar is made', async (t) => {
  const { run, out } = await makeRun(t);
  const tags = join(run, 'tags', '00000.parquet');
  const bytes = await readFile(tags);
  bytes[40]! ^= 1;
  await writeFile(tags, bytes);
  const error = await errorOf(makeSidecars({ run, outputFolder: out }));
  t.is(error.code, 'BB_RUN_CORRUPT');
  t.deepEqual(await readdir(out), []);
});

test('a sidecar that cannot get its name leaves nothing behind', async (t) => {
  const { run, out } = await makeRun(t);
  const failing = {
    ...UNSYNCED,
    rename: () => Promise.reject(Object.assign(new Error('no'), { errno: -5, code: 'EIO' })),
  };
  const error = await errorOf(
    withFileSystem(failing as never, () => makeSidecars({ run, outputFolder: out })),
  );
  t.is(error.code, 'BB_SHARD_WRITE');
  t.deepEqual(await readdir(out), []);
});

test('beside the inputs: where they lie they are, and what belongs to a run is not written into', async (t) => {
  const { folder, run } = await makeRun(t);
  const report = await makeSidecars({ run, beside: true });
  t.deepEqual(
    report.sidecars,
    NAMES.map((name) => join(folder, 'run-inputs', 'img_emb', name)),
  );
  await writeFile(join(folder, 'run-inputs', 'run.json'), '{}');
  t.is((await errorOf(makeSidecars({ run, beside: true }))).code, 'BB_OUTPUT_EXISTS');
});

test("in a folder of a subset, of another run or of its sidecars none is written; in the run's own folder of them they are", async (t) => {
  const { folder, run } = await makeRun(t);
  const other = join(folder, 'other');
  for (const [name, marker] of [
    ['subset', 'subset.json'],
    ['other', 'run.json'],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, marker), '{}');
  }
  const places = [join(folder, 'subset'), other, join(other, 'sidecars'), join(folder, 'subset', '0'), run];
  for (const outputFolder of places) {
    const error = await errorOf(makeSidecars({ run, outputFolder }));
    t.is(error.code, 'BB_OUTPUT_EXISTS', outputFolder);
  }
  t.deepEqual(await readdir(other), ['run.json']);
  t.deepEqual(await readdir(join(folder, 'subset')), ['subset.json']);
  t.is((await makeSidecars({ run, outputFolder: join(run, 'sidecars') })).written, 2);
});

test('a run that is made anew takes the sidecars of the old one with it', async (t) => {
  const { folder, run } = await makeRun(t);
  await makeSidecars({ run });
  await writeFile(join(run, 'sidecars', 'notes.txt'), 'mine');
  const heads = [aestheticHead(join(folder, 'head.json'))];
  await withFileSystem(UNSYNCED, () =>
    rescore([join(folder, 'run-inputs')], run, { heads, incrementalMode: 'overwrite' }),
  );
  t.deepEqual(await readdir(join(run, 'sidecars')), ['notes.txt']);
});

test('a column that the tags do not have is refused with those that there are', async (t) => {
  const { run } = await makeRun(t);
  const error = await errorOf(makeSidecars({ run, columns: ['nope'] }));
  t.is(error.code, 'BB_COLUMN_MISSING');
  t.regex(error.message, /"nope".*They have: key, hash, caption/);
});

test('a stop is heeded between two sidecars, and the next command makes the rest', async (t) => {
  const { run } = await makeRun(t);
  const stop = new AbortController();
  const first = await makeSidecars({ run, signal: stop.signal, onProgress: () => stop.abort() });
  t.deepEqual([first.state, first.written], ['interrupted', 1]);
  const second = await makeSidecars({ run });
  t.deepEqual([second.state, second.written, second.unchanged], ['done', 1, 1]);
});

const writer = fileURLToPath(new URL('../helpers/sidecar-writer-process.js', import.meta.url));

test('killed before a sidecar is on the disk, before it has its name, or after: no part of one stands, and the next command leaves the same bytes alone', async (t) => {
  const { folder, run, out } = await makeRun(t);
  await makeSidecars({ run, outputFolder: out });
  const whole = await Promise.all(NAMES.map((name) => readFile(join(out, name))));
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  // The folder is synced once it is made; then each sidecar is, renamed, and its folder synced.
  for (const [call, nth, standing] of [
    ['fsync', '2', 0],
    ['rename', '2', 1],
    ['fsync', '5', 2],
  ] as const) {
    const killed = join(folder, `killed-${call}-${nth}`);
    const env = { ...process.env, TMPDIR: temporary };
    const { signal, stderr } = spawnSync(process.execPath, [writer, run, killed, call, nth], { env });
    t.is(signal, 'SIGKILL', String(stderr));
    const left = await readdir(killed);
    const named = left.filter((name) => !name.startsWith('.'));
    t.deepEqual(named, NAMES.slice(0, standing));
    for (const [i, name] of named.entries()) t.deepEqual(await readFile(join(killed, name)), whole[i]);
    t.is(left.length > named.length, standing < 2, 'what was being written lies under a hidden name');
    const again = await makeSidecars({ run, outputFolder: killed });
    t.deepEqual([again.written, again.unchanged], [2 - standing, standing]);
    t.deepEqual((await readdir(killed)).sort(), NAMES);
    t.deepEqual(await Promise.all(NAMES.map((name) => readFile(join(killed, name)))), whole);
  }
});
