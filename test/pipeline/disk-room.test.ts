import test from 'ava';
import { DiskRoom } from '../../src/pipeline/disk-room.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

const MEGABYTE = 1e6;
/** More than any disk has. */
const ENDLESS = 1e24;

/** A run of so many rows, and what a person reads of it. */
function makeProgress(totalRows: number): { progress: ScoreProgress; notes: string[] } {
  const notes: string[] = [];
  const progress = new ScoreProgress((note) => notes.push(note));
  progress.totalRows = totalRows;
  return { progress, notes };
}

/** A shard of 100 rows, with the bytes of its files by their names. */
function shardWith(bytes: Readonly<Record<string, number>>): ShardStats {
  const files = Object.entries(bytes).map(([name, size]) => [name, { bytes: size, sha256: '' }]);
  return { count: 100, files: Object.fromEntries(files) } as ShardStats;
}

test('what would leave a disk less than 32 MiB is refused, with what is needed and what is free', async (t) => {
  const disk = await mountSmallDisk(t, 40);
  if (!disk) return;
  const room = new DiskRoom(disk.path, makeProgress(100).progress);
  await t.notThrowsAsync(room.expect(8 * 2 ** 20));
  await t.throwsAsync(room.expect(8 * 2 ** 20 + 1), {
    code: 'BB_DISK_FULL',
    message: new RegExp(
      `need 8\\.4 MB on the disk of ${disk.path}, and 33\\.6 MB are to stay free there; only 41\\.9 MB are free now.*run the same command again`,
    ),
  });
  await disk.resize(41);
  await t.notThrowsAsync(room.expect(9 * 2 ** 20));
});

test('after the first shard it is told what images took, what the others will take, and what is free', async (t) => {
  const { progress, notes } = makeProgress(1000);
  progress.resumedRows = 300;
  const room = new DiskRoom(await makeFolder(t), progress);
  const bytes = { 'images/00000.tar': 3 * MEGABYTE, 'images/00000.parquet': MEGABYTE };
  await room.committed(shardWith({ ...bytes, 'tags/00000.parquet': 500 * MEGABYTE }));
  // 4 MB for 100 rows; 600 of 1000 are left.
  t.is(notes.length, 1);
  t.regex(
    notes[0]!,
    /^Saved images: 4\.0 MB for 100 rows; at that, the 600 rows that are left need about 24\.0 MB, and [\d.]+ MB are free\.$/,
  );
  for (let shard = 1; shard < 7; shard++) await room.committed(shardWith(bytes));
  t.is(notes.length, 1, 'there is room: nothing more is said');
});

test('where the images will not fit, that is said whenever twice as many shards are done', async (t) => {
  const { progress, notes } = makeProgress(100_000);
  const room = new DiskRoom(await makeFolder(t), progress);
  const told: number[] = [];
  for (let shard = 1; shard <= 9; shard++) {
    const before = notes.length;
    await room.committed(shardWith({ 'images/00000.tar': ENDLESS }));
    if (notes.length > before) told.push(shard);
  }
  t.deepEqual(told, [1, 2, 4, 8]);
  for (const note of notes) t.regex(note, /will not fit\. Make room, or stop/);
});

test('nothing is foretold once no rows are left', async (t) => {
  const { progress, notes } = makeProgress(100);
  const room = new DiskRoom(await makeFolder(t), progress);
  await room.committed(shardWith({ 'images/00000.tar': ENDLESS }));
  t.deepEqual(notes, []);
});
