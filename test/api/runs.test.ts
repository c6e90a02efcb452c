import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC, tableToIPC } from 'apache-arrow';
import test from 'ava';
import { openRun, openStore, openSubset, readRun, type Sample } from '../../src/api/index.ts';
import { decodeNpy } from '../../src/base/npy.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { isOpen } from '../helpers/open-files.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { errorOf } from '../rescore/setup.ts';
import { makeFinishedRun } from '../runs/finished-run.ts';
import { apiWorld } from './world.ts';

const world = apiWorld();

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const row of rows) taken.push(row);
  return taken;
}

async function tagsOf(files: readonly string[]): Promise<Record<string, unknown>[]> {
  return (await Promise.all(files.map(readParquet))).flat();
}

test('a run gives all its rows, in the order of its shards, as its tags have them', async (t) => {
  const { path } = await world();
  const run = await openRun(path('out'));
  t.is(readRun, openRun);
  t.deepEqual(run.shards, [0, 1, 2]);
  t.is(run.counts.rows, 12);
  const samples = await all(run.samples());
  const tags = await tagsOf(run.tagFiles);
  t.deepEqual(
    samples.map(({ key, hash, url, path: file, status, reason, message, width, scores, droppedBy }) => ({
      ...{ key, hash, url, path: file, status, reason, error_message: message, original_width: width },
      ...{ ...scores, dropped_by: droppedBy },
    })),
    tags.map((tag) =>
      Object.fromEntries(
        [
          'key',
          'hash',
          'url',
          'path',
          'status',
          'reason',
          'error_message',
          'original_width',
          'aesthetic',
          'punsafe',
          'pwatermark',
          'dropped_by',
        ].map((name) => [name, tag[name]]),
      ),
    ) as never,
  );
  t.deepEqual(
    samples.map(({ input, row }) => [input, row]),
    samples.map((_, i) => (i < 8 ? [path('shards/00000.tar'), i] : [path('shards/00001.tar'), i - 8])),
  );
  const [first] = samples;
  t.is(first!.caption, 'naïve 😀 000000000');
  t.like(first!.columns, { input_key: '000000000', license: null, similarity: 0 });
  const own = ['url', 'caption', 'path'];
  t.deepEqual(
    own.filter((name) => name in first!.columns),
    [],
    'what has a field of its own is not repeated',
  );
  const [asked] = await all(run.samples({ columns: own }));
  t.deepEqual(asked!.columns, { url: first!.url, caption: first!.caption, path: first!.path });
});

test('verdicts and scores choose rows, strictly, and one projection names the columns', async (t) => {
  const { path } = await world();
  const run = await openRun(path('out'));
  const every = await all(run.samples());
  const keys = async (options: Parameters<typeof run.samples>[0]): Promise<string[]> =>
    (await all(run.samples(options))).map(({ key }) => key);
  const where = (passes: (sample: Sample) => boolean): string[] => every.filter(passes).map(({ key }) => key);
  t.deepEqual(
    await keys({ verdict: 'kept' }),
    where(({ verdict }) => verdict === 'kept'),
  );
  t.deepEqual(await keys({ verdict: 'failed' }), ['000003', '000023']);
  t.deepEqual(
    await keys({ verdict: ['dropped', 'failed'] }),
    where(({ verdict }) => verdict !== 'kept'),
  );
  t.is((await keys({ verdict: 'dropped' })).length, run.counts.droppedBy['aesthetic']!);
  t.deepEqual(await keys({ verdict: [] }), []);
  const one = every[1]!.scores.aesthetic!;
  t.deepEqual(
    await keys({ minAesthetic: one }),
    where(({ scores }) => (scores.aesthetic ?? -1) > one),
  );
  t.deepEqual(await keys({ maxPunsafe: 1 }), []);
  t.deepEqual(
    await keys({ shards: [1] }),
    where(({ shard }) => shard === 1),
  );
  const [picked] = await all(run.samples({ columns: ['license'], shards: [2] }));
  t.deepEqual(picked!.columns, { license: picked!.columns.license });
  t.is(picked!.url, 'http://127.0.0.1/000010000.jpg');
});

test('embeddings come with the keys of their rows, as blocks and one by one, bit for bit as they were saved', async (t) => {
  const { path } = await world();
  const run = await openRun(path('out'));
  t.true(run.hasEmbeddings);
  const rows = await all(run.embeddings());
  const scored = (await all(run.samples())).filter(({ status }) => status === 'success');
  t.deepEqual(
    rows.map(({ key, hash }) => [key, hash]),
    scored.map(({ key, hash }) => [key, hash]),
  );
  const saved = await Promise.all(
    run.shards.map(async (id) => decodeNpy(await readFile(path('out', `img_emb/img_emb_0000${id}.npy`)))),
  );
  t.deepEqual(
    rows.flatMap(({ embedding }) => [...embedding]),
    saved.flatMap(({ data }) => [...data]),
  );
  const kept = await all(run.embeddingBlocks({ verdict: 'kept' }));
  const wanted = new Set(scored.filter(({ verdict }) => verdict === 'kept').map(({ key }) => key));
  t.true(wanted.size > 0 && wanted.size < rows.length);
  t.deepEqual(
    kept.flatMap(({ keys }) => keys),
    rows.flatMap(({ key }) => (wanted.has(key) ? key : [])),
  );
  t.deepEqual(
    kept.flatMap(({ values }) => [...values]),
    rows.flatMap(({ key, embedding }) => (wanted.has(key) ? [...embedding] : [])),
  );
  for (const { count, dimension, values, keys, hashes } of kept) {
    t.is(values.length, count * dimension);
    t.deepEqual([keys.length, hashes.length], [count, count]);
  }
});

test('batches are Arrow with the types of the tags, and a table is all of them', async (t) => {
  const { path } = await world();
  const run = await openRun(path('out'));
  const table = await run.table({
    columns: ['key', 'hash', 'caption', 'similarity', 'aesthetic', 'kept', 'reason'],
  });
  t.is(
    String(table.schema),
    'Schema<{ 0: key: Utf8, 1: hash: Int64, 2: caption: Utf8, 3: similarity: Float64, 4: aesthetic: Float32, 5: kept: Bool, 6: reason: Utf8 }>',
  );
  const tags = await tagsOf(run.tagFiles);
  t.is(table.numRows, tags.length);
  for (const [i, row] of [...table].entries()) {
    const { key, hash, caption, similarity, aesthetic, kept, reason } = tags[i]!;
    t.deepEqual(row!.toJSON(), { key, hash, caption, similarity, aesthetic, kept, reason } as never);
  }
  const copy = tableFromIPC(tableToIPC(table));
  t.deepEqual([String(copy.schema), copy.numRows], [String(table.schema), table.numRows]);
  const kept = await all(run.batches({ verdict: 'kept', columns: ['key'] }));
  t.is(
    kept.reduce((sum, batch) => sum + batch.numRows, 0),
    run.counts.kept,
  );
  t.is((await run.table({ shards: [] })).numRows, 0);
});

// Alone: what other tests of this file have open shows in the same process.
test.serial('a loop that is left closes what it had open, and others go on', async (t) => {
  const { path } = await world();
  const run = await openRun(path('out'));
  for await (const sample of run.samples()) {
    for await (const { key } of run.embeddings()) {
      t.true(isOpen(path('out', 'img_emb')));
      t.is(key, '000000');
      break;
    }
    if (sample.row === 1) break;
  }
  await t.throwsAsync(async () => {
    for await (const _ of run.batches()) throw new Error('enough');
  });
  t.false(isOpen(path('out')));
});

test('what is not there or not what was written is an error with its code', async (t) => {
  const folder = await makeFolder(t);
  const path = await makeFinishedRun(folder);
  const run = await openRun(path);
  const codeOf = async (rows: AsyncIterable<unknown>): Promise<string> => (await errorOf(all(rows))).code;
  t.is(await codeOf(run.embeddings()), 'BB_EMBEDDINGS_MISSING');
  t.false(run.hasEmbeddings);
  t.is(await codeOf(run.samples({ columns: ['nope'] })), 'BB_COLUMN_MISSING');
  t.is(await codeOf(run.samples({ columns: ['key'] })), 'BB_COLUMN_MISSING', 'it has a field of its own');
  t.is(await codeOf(run.samples({ minAesthetic: Number.NaN })), 'BB_USAGE');
  t.is(await codeOf(run.samples({ verdict: 'good' as never })), 'BB_USAGE');
  t.is(await codeOf(run.batches({ minAesthetic: Number.NaN })), 'BB_USAGE', 'once a row is asked for');
  for (const options of [{ columns: 'caption' }, { shards: 1 }, { shards: [0, 2] }] as never[]) {
    t.is(await codeOf(run.samples(options)), 'BB_USAGE', JSON.stringify(options));
    t.is(await codeOf(run.batches(options)), 'BB_USAGE', JSON.stringify(options));
  }
  t.is(await codeOf(run.batches({ columns: [] })), 'BB_USAGE', 'there is no Arrow without columns');
  for (const options of [null, 5, [], { minAesthetic: 5n }] as never[]) {
    for (const rows of [run.samples(options), run.batches(options), run.embeddings(options)])
      t.is(await codeOf(rows), 'BB_USAGE', String(options));
    t.is((await errorOf(run.table(options))).code, 'BB_USAGE');
    if (!('minAesthetic' in Object(options)))
      t.is((await errorOf(openRun(path, options))).code, 'BB_USAGE', String(options));
  }
  for (const notPath of [5, null, undefined, ''] as never[])
    for (const opening of [openRun(notPath), openSubset(notPath), openStore(notPath)])
      t.is((await errorOf(opening)).code, 'BB_USAGE', String(notPath));
  const [tags] = run.tagFiles;
  const bytes = await readFile(tags!);
  bytes[30]! ^= 1;
  await writeFile(tags!, bytes);
  t.is(await codeOf(run.samples()), 'BB_RUN_CORRUPT');
  t.is((await all(run.samples({ shards: [1] }))).length, 24);
});

test('a run that is done is refused with the file that is gone, cut or damaged; one that is not is read without its shard', async (t) => {
  const path = await makeFinishedRun(await makeFolder(t));
  const [tags, stats] = [join(path, 'tags/00001.parquet'), join(path, 'stats/00001_stats.json')];
  const whole = { [tags]: await readFile(tags), [stats]: await readFile(stats) };
  const damages: [string, () => Promise<void>][] = [
    [tags, () => truncate(tags, 100)],
    [tags, () => rm(tags)],
    [stats, () => rm(stats)],
    [stats, () => writeFile(stats, '{"format":')],
    [stats, () => writeFile(stats, String(whole[stats]).replace(/"count": ?\d+/, '"count": 7'))],
  ];
  for (const [file, damage] of damages) {
    await damage();
    for (const verify of [true, false]) {
      const { code, fields, message } = await errorOf(openRun(path, { verify }));
      t.deepEqual([code, fields['path']], ['BB_RUN_CORRUPT', file]);
      t.true(message.includes(file));
    }
    await writeFile(file, whole[file]!);
  }
  t.is((await openRun(path)).finishedShardCount, 2);
  await rm(stats);
  await markUnfinished(path);
  const { state, shards } = await openRun(path);
  t.deepEqual([state, shards], ['interrupted', [0]]);
});

async function markUnfinished(run: string): Promise<void> {
  const record = JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as object;
  await writeFile(join(run, 'run.json'), JSON.stringify({ ...record, state: 'interrupted' }));
}

test('a run of which no shard is finished has no rows and no embeddings', async (t) => {
  const path = await makeFinishedRun(await makeFolder(t));
  await rm(join(path, 'stats'), { recursive: true });
  await markUnfinished(path);
  const run = await openRun(path);
  t.deepEqual([run.shardCount, run.finishedShardCount, run.counts.rows, run.hasEmbeddings], [2, 0, 0, false]);
  t.deepEqual(await all(run.samples()), []);
  t.is((await run.table()).numRows, 0);
});
