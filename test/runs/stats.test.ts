import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestFile } from '../../src/runs/file-digest.ts';
import { nameInRunFolder, readFinishedShard, readShardFile } from '../../src/runs/finished-shard.ts';
import { sortedTable } from '../../src/runs/sorted-table.ts';
import { addCounts, emptyCounts, type ShardStats } from '../../src/runs/stats.ts';
import { Histogram } from '../../src/scores/histogram.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('counts add up, table by table', (t) => {
  const total = emptyCounts();
  addCounts(total, {
    ...emptyCounts(),
    count: 3,
    successes: 2,
    failed_to_download: 1,
    kept: 1,
    reasons: { dns_not_found: 1 },
    dropped_by: { aesthetic: 1 },
  });
  addCounts(total, {
    ...emptyCounts(),
    count: 2,
    failed_to_resize: 2,
    reasons: { image_broken: 1, dns_not_found: 1 },
    status_dict: { x: 2 },
  });
  t.deepEqual(total, {
    count: 5,
    successes: 2,
    failed_to_download: 1,
    failed_to_resize: 2,
    failed_to_embed: 0,
    kept: 1,
    dropped_by: { aesthetic: 1 },
    missing_tags: {},
    reasons: { dns_not_found: 2, image_broken: 1 },
    status_dict: { x: 2 },
  });
});

test('a table sorts by name', (t) => {
  t.deepEqual(Object.keys(sortedTable({ b: 1, a: 2, B: 3 })), ['B', 'a', 'b']);
});

interface FinishedShard {
  readonly path: string;
  readonly tags: string;
  readonly stats: ShardStats;
}

async function finishShard(t: ExecutionContext): Promise<FinishedShard> {
  const folder = await makeFolder(t);
  const tags = join(folder, 'tags', '00003.parquet');
  const path = join(folder, 'stats', '00003_stats.json');
  for (const file of [tags, path]) await mkdir(dirname(file), { recursive: true });
  await writeFile(tags, 'some bytes');
  const numbers = { download: 1, decode: 1, embed: 1 };
  const stats: ShardStats = {
    format: 'bowerbird-shard-stats',
    version: 1,
    shard_id: 3,
    input: '/in.parquet',
    first_row: 0,
    ...emptyCounts(),
    start_time: 0,
    end_time: 1,
    duration: 1,
    stage_seconds: numbers,
    stage_slots: numbers,
    score_histogram: new Histogram().toJSON(),
    files: { [nameInRunFolder(tags)]: await digestFile(tags) },
  };
  await writeFile(path, JSON.stringify(stats));
  return { path, tags, stats };
}

test('a shard with all its files is finished', async (t) => {
  const { path, stats } = await finishShard(t);
  t.deepEqual(await readFinishedShard(path, 3), stats);
});

test('a shard without its marker, or with a file gone or cut, is not', async (t) => {
  const { path, tags } = await finishShard(t);
  await writeFile(tags, 'some byte');
  t.is(await readFinishedShard(path, 3), undefined);
  await rm(tags);
  t.is(await readFinishedShard(path, 3), undefined);
  await rm(path);
  t.is(await readFinishedShard(path, 3), undefined);
});

test("whatever else lies under a marker's name does not make a shard finished", async (t) => {
  const { path, stats } = await finishShard(t);
  const others = [
    null,
    7,
    [],
    {},
    { files: {} },
    { ...stats, version: 2 },
    { ...stats, shard_id: 4 },
    { ...stats, kept: -1 },
    { ...stats, count: '5' },
    { ...stats, reasons: null },
    // Each breaks one sum alone.
    { ...stats, count: 1, status_dict: { success: 1 } },
    { ...stats, count: 1, successes: 1, status_dict: { success: 1 } },
    { ...stats, count: 1, failed_to_download: 1, status_dict: { timed_out: 1 } },
    { ...stats, status_dict: { success: 1 } },
  ];
  for (const other of others) {
    await writeFile(path, JSON.stringify(other));
    t.is(await readFinishedShard(path, 3), undefined, JSON.stringify(other));
  }
  await writeFile(path, JSON.stringify(stats).slice(0, 100));
  t.is(await readFinishedShard(path, 3), undefined);
});

test('a file of the same size but other content is refused by its name', async (t) => {
  const { tags, stats } = await finishShard(t);
  t.is((await readShardFile(tags, stats)).toString(), 'some bytes');
  await writeFile(tags, 'SOME bytes');
  await t.throwsAsync(readShardFile(tags, stats), {
    code: 'BB_RUN_CORRUPT',
    message: /00003\.parquet is damaged/,
  });
});
