import { rm } from 'node:fs/promises';
import test from 'ava';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RETRIED_BY_DEFAULT, type RetryRule } from '../../src/runs/retry-rule.ts';
import { type SortedShards, sortShards } from '../../src/runs/sort-shards.ts';
import type { Thresholds } from '../../src/scores/thresholds.ts';
import { commitRows, type TakenFolder, THRESHOLDS, takeFolder } from './setup.ts';

const SPECS = [0, 1, 2].map((id) => ({ id, inputIndex: 0, firstRow: 2 * id, rowCount: 2 }));

/** Shard 0 has a failed row, shard 1 none, shard 2 is not there. */
async function makeRun(place: TakenFolder): Promise<void> {
  await commitRows(place, 0, [{ failed: true }, { aesthetic: 6, punsafe: 0.1 }]);
  await commitRows(place, 1, [
    { aesthetic: 4, punsafe: 0.1 },
    { aesthetic: 7, punsafe: 0.1 },
  ]);
}

interface Sorted {
  readonly sorted: SortedShards;
  readonly progress: ScoreProgress;
  readonly notes: readonly string[];
}

/** The shards of `makeRun` ended at 3 s. */
async function sort(
  { folder }: TakenFolder,
  options: { readonly retry?: RetryRule; readonly nowMs?: number; readonly thresholds?: Thresholds } = {},
): Promise<Sorted> {
  const notes: string[] = [];
  const progress = new ScoreProgress((note) => notes.push(note));
  const sorted = await sortShards(SPECS, { thresholds: THRESHOLDS, ...options, folder, progress });
  return { sorted, progress, notes };
}

const idsOf = ({ wanted }: SortedShards): number[] => wanted.map(({ spec }) => spec.id);

test('shards without a marker are wanted whole; the others are done, and counted as resumed', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  const { sorted, progress } = await sort(place);
  t.deepEqual(sorted, { wanted: [{ spec: SPECS[2]! }], judgedOtherwise: [] });
  t.like(progress, {
    totalShards: 3,
    totalRows: 6,
    finishedShards: 2,
    resumedRows: 4,
    resumedFailures: 1,
    kept: 2,
  });
});

test('a finished shard that has lost a file is wanted again', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  await rm(place.folder.tags(1));
  t.deepEqual(idsOf((await sort(place)).sorted), [1, 2]);
});

test('finished shards with failed rows to retry are wanted with what they hold', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  const { sorted, progress, notes } = await sort(place, {
    retry: { reasons: RETRIED_BY_DEFAULT, minAgeMs: 0 },
  });
  t.deepEqual(idsOf(sorted), [0, 2]);
  t.is(sorted.wanted[0]!.finished?.shard_id, 0);
  t.is(sorted.wanted[1]!.finished, undefined);
  t.like(progress, { resumedRows: 3, resumedFailures: 0, finishedShards: 1 });
  t.deepEqual(notes, ['Failed rows of finished shards that are tried again: timed_out 1.']);
});

test('a finished shard whose failed rows are not asked for is done, or judged anew by other thresholds', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  const retry: RetryRule = { reasons: new Set(['dns_failed']), minAgeMs: 0 };
  const { sorted, progress, notes } = await sort(place, { retry });
  t.deepEqual(idsOf(sorted), [2]);
  t.like(progress, { resumedRows: 4, resumedFailures: 1, finishedShards: 2 });
  t.regex(notes[0]!, /tried again: none; left for their reasons \(--retry-reasons\): timed_out 1\.$/);
  const rejudged = await sort(place, { retry, thresholds: { ...THRESHOLDS, min_aesthetic: 6.5 } });
  t.is(rejudged.sorted.judgedOtherwise.length, 2);
});

test('with an age, only shards that ended so long ago are taken up', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  const retry: RetryRule = { reasons: RETRIED_BY_DEFAULT, minAgeMs: 1500 };
  const early = await sort(place, { retry, nowMs: 4499 });
  t.deepEqual(idsOf(early.sorted), [2]);
  // 3 s and 1.5 s after the beginning of 1970; said to be at the next whole second.
  t.true(
    early.notes[0]!.endsWith(
      'left for the age of their shards (--retry-after-days): timed_out 1; ' +
        'the first of these shards is old enough at 1970-01-01T00:00:05Z.',
    ),
    early.notes[0],
  );
  t.deepEqual(idsOf((await sort(place, { retry, nowMs: 4500 })).sorted), [0, 2]);
});

test('finished shards with verdicts by other thresholds are to be judged, and are not counted as finished yet', async (t) => {
  const place = await takeFolder(t);
  await makeRun(place);
  const { sorted, progress } = await sort(place, { thresholds: { ...THRESHOLDS, min_aesthetic: 6.5 } });
  t.deepEqual(idsOf(sorted), [2]);
  t.deepEqual(
    sorted.judgedOtherwise.map(({ shard_id }) => shard_id),
    [0, 1],
  );
  t.like(progress, { finishedShards: 0, resumedRows: 4, kept: 0 });
});
