import test from 'ava';
import { carryOver, tallyRetried } from '../../src/pipeline/carry-over.ts';
import type { EarlierRow, EarlierShard } from '../../src/pipeline/earlier-shard.ts';
import { ShardWork } from '../../src/pipeline/shard-work.ts';
import { ThumbnailPicker } from '../../src/pipeline/thumbnail-picker.ts';
import { emptyCounts } from '../../src/runs/stats.ts';
import { type ConsentSignals, NO_SIGNALS } from '../../src/samples/consent.ts';
import type { FailureReason } from '../../src/samples/reasons.ts';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import { openShard } from './setup.ts';

const LATE = new Set<FailureReason>(['timed_out']);
const UNREADABLE = { kind: 'failed', reason: 'input_unreadable', message: 'damaged' } as const;

const rowsOf = (count: number): { URL: string }[] =>
  Array.from({ length: count }, (_, row) => ({ URL: `http://a/${row}` }));

const scored = (aesthetic: number): EarlierRow => ({
  ...{ reason: null, message: null, failure: undefined, width: 20, height: 10 },
  ...{ aesthetic, punsafe: Number.NaN, pwatermark: Number.NaN, digest: null, exif: null, phash: null },
});

/** A row that had failed, decoded or not. */
const failed = (reason: FailureReason, width = 0, height = 0): EarlierRow => ({
  ...scored(Number.NaN),
  ...{ reason, message: 'why', failure: { kind: 'failed', reason, message: 'why' }, width, height },
});

const earlierOf = (rows: readonly EarlierRow[], more: Partial<EarlierShard> = {}): EarlierShard => ({
  ...{
    stats: emptyCounts() as never,
    rows,
    provenance: undefined,
    partials: [],
    thumbnails: [],
    consent: [],
    embeddings: undefined,
  },
  ...more,
});

test('scored rows end as they did, and of the failed ones those whose reasons are not asked for; the others are to do', async (t) => {
  const work = new ShardWork(await openShard(t, rowsOf(5)), 2, ['aesthetic'], undefined);
  const rows = [
    scored(5),
    failed('timed_out'),
    failed('http_not_found'),
    scored(7),
    failed('encoder_crashed', 40, 30),
  ];
  const signal = (xRobotsTag: string): ConsentSignals => ({ ...NO_SIGNALS, xRobotsTag });
  const consent = ['a', 'b', 'c', 'd', 'e'].map(signal);
  const embeddings = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  const retried = carryOver(work, earlierOf(rows, { consent, embeddings }), LATE);
  t.deepEqual([...retried], [[1, 'timed_out']]);
  t.deepEqual(work.states, [
    { kind: 'embedded', width: 20, height: 10, carried: true },
    { kind: 'pending' },
    { kind: 'failed', reason: 'http_not_found', message: 'why', width: 0, height: 0 },
    { kind: 'embedded', width: 20, height: 10, carried: true },
    { kind: 'failed', reason: 'encoder_crashed', message: 'why', width: 40, height: 30 },
  ]);
  t.deepEqual([...work.consent], [consent[0], undefined, consent[2], consent[3], consent[4]]);
  t.deepEqual([...work.headScores.aesthetic!], [5, Number.NaN, Number.NaN, 7, Number.NaN]);
  t.deepEqual([...work.embeddings], [...Float32Array.of(0.1, 0.2, 0, 0, 0, 0, 0.3, 0.4, 0, 0)]);
  work.decoded(1, 8, 8);
  work.embedded(1, Float32Array.of(1, 0));
  await work.completed;
  t.deepEqual(tallyRetried(work, retried), { timed_out: { rows: 1, successes: 1 } });
});

test('rows that fail once more were tried and not scored', async (t) => {
  const work = new ShardWork(await openShard(t, rowsOf(2)), 1, [], undefined);
  const retried = carryOver(work, earlierOf([failed('timed_out'), failed('timed_out')]), LATE);
  for (const index of [0, 1])
    work.failed(index, { kind: 'failed', reason: 'http_not_found', message: 'gone since' });
  t.deepEqual(tallyRetried(work, retried), { timed_out: { rows: 2, successes: 0 } });
});

test('a row that can be read since its file was mended is tried, whatever is asked for; one that cannot stays failed', async (t) => {
  const staged = await openShard(t, rowsOf(2));
  const shard = new Proxy(staged, {
    get: (target, name: keyof StagedShard) => (name === 'unread' ? new Map([[1, UNREADABLE]]) : target[name]),
  });
  const work = new ShardWork(shard, 1, [], undefined);
  const rows = [failed('input_unreadable'), failed('input_unreadable')];
  t.deepEqual([...carryOver(work, earlierOf(rows), LATE).keys()], [0]);
  t.deepEqual(
    work.states.map(({ kind }) => kind),
    ['pending', 'failed'],
  );
});

test('the pictures of a shard compete with those of the rows that are tried again', async (t) => {
  const shard = await openShard(t, rowsOf(3));
  const picker = new ThumbnailPicker(shard.hashes, undefined);
  const work = new ShardWork(shard, 1, ['aesthetic'], picker);
  const thumbnails = [{ key: shard.keys[2]!, score: 6 }] as never;
  carryOver(work, earlierOf([failed('timed_out'), scored(5), scored(6)], { thumbnails }), LATE);
  t.is(picker.picked().length, 1);
  t.like(picker.picked()[0], { index: 2, score: 6, crop: undefined });
});
