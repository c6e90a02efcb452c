import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { readFinishedShard } from '../../src/runs/finished-shard.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { rejudgeShards } from '../../src/runs/rejudge.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { parseThumbnails } from '../../src/runs/thumbnails.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { commitRows, type MadeRow, type TakenFolder, THRESHOLDS, takeFolder, thumbnailOf } from './setup.ts';

const ROWS: readonly MadeRow[] = [
  { failed: true },
  { aesthetic: 4, punsafe: 0.1 },
  { aesthetic: 6, punsafe: 0.1 },
  { aesthetic: 8, punsafe: 0.9 },
  { aesthetic: 8, punsafe: null },
  { aesthetic: null, punsafe: 0.1 },
];
const NEW = { ...THRESHOLDS, min_aesthetic: 7, max_punsafe: null };

async function rejudge(
  { folder, lock }: TakenFolder,
  shards: readonly ShardStats[],
  { closing = new AbortController().signal, progress = new ScoreProgress() } = {},
): Promise<void> {
  await rejudgeShards(shards, { folder, lock, thresholds: NEW, memoryLimitMb: 256, progress, closing });
}

test('a shard that is judged anew is what it would be if it had been judged so at first', async (t) => {
  const [place, fresh] = [await takeFolder(t), await takeFolder(t)];
  const thumbnails = [thumbnailOf('0/2', 6), thumbnailOf('0/3', 8, { punsafe: 0.9, kept: false })];
  const before = await commitRows(place, 0, ROWS, { thumbnails });
  await rejudge(place, [before]);
  const wanted = await commitRows(fresh, 0, ROWS, { thresholds: NEW });
  const after = (await readFinishedShard(place.folder.stats(0), 0))!;
  for (const key of ['kept', 'dropped_by', 'score_histogram', 'thresholds', 'successes', 'reasons'] as const)
    t.deepEqual(after[key], wanted[key], key);
  t.deepEqual(await readParquet(place.folder.tags(0)), await readParquet(fresh.folder.tags(0)));
  t.deepEqual(await readParquet(place.folder.metadata(0)), await readParquet(fresh.folder.metadata(0)));
});

test('pictures of the report change sides with their rows', async (t) => {
  const place = await takeFolder(t);
  const thumbnails = [
    thumbnailOf('0/2', 6),
    thumbnailOf('0/3', 8, { punsafe: 0.9, kept: false, dropped_by: 'punsafe' }),
  ];
  await rejudge(place, [await commitRows(place, 0, ROWS, { thumbnails })]);
  const after = parseThumbnails(await readFile(place.folder.thumbnails(0)));
  t.deepEqual(
    after.map(({ kept, dropped_by }) => [kept, dropped_by]),
    [
      [false, 'aesthetic'],
      [true, null],
    ],
  );
});

test('what was measured keeps its bytes: sums, embeddings, times and the order of the files', async (t) => {
  const place = await takeFolder(t);
  const before = await commitRows(place, 0, ROWS);
  await rejudge(place, [before]);
  const after = (await readFinishedShard(place.folder.stats(0), 0))!;
  t.deepEqual(Object.keys(after), Object.keys(before));
  t.deepEqual(Object.keys(after.files), Object.keys(before.files));
  for (const name of ['partials/00000.arrow', 'img_emb/img_emb_00000.npy'])
    t.deepEqual(after.files[name], before.files[name]);
  t.like(after, {
    start_time: before.start_time,
    duration: before.duration,
    stage_seconds: before.stage_seconds,
  });
});

test('a damaged file of a shard is named, and the shard stays as it was', async (t) => {
  for (const kind of ['tags', 'metadata', 'thumbnails'] as const) {
    const place = await takeFolder(t);
    const path = place.folder.shardFile(kind, 0);
    const before = await commitRows(place, 0, ROWS, { thumbnails: [thumbnailOf('0/2', 6)] });
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const error = await t.throwsAsync(rejudge(place, [before]), { code: 'BB_RUN_CORRUPT' });
    t.true(error?.message.startsWith(`${path} is damaged`), error?.message);
    t.deepEqual(await readFinishedShard(place.folder.stats(0), 0), before);
  }
});

test('a run that closes begins no further shard, and what is judged counts', async (t) => {
  const place = await takeFolder(t);
  const shards = [await commitRows(place, 0, ROWS), await commitRows(place, 1, ROWS)];
  const notes: string[] = [];
  const progress = new ScoreProgress((note) => notes.push(note));
  await rejudge(place, shards, { closing: AbortSignal.abort(), progress });
  t.deepEqual(await readFinishedShard(place.folder.stats(0), 0), shards[0]);
  await rejudge(place, shards, { progress });
  t.like(progress, { phase: 'judging', finishedShards: 2, kept: 4 });
  t.regex(notes[0]!, /judged anew: 2;/);
});

test('with no shard to judge nothing is said', async (t) => {
  const progress = new ScoreProgress((note) => t.fail(note));
  await rejudge(await takeFolder(t), [], { progress });
  t.is(progress.phase, 'planning');
});
