import test from 'ava';
import { LotProgress } from '../../src/fleet/lot-progress.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { emptyCounts, type ShardStats } from '../../src/runs/stats.ts';

const SPECS = [0, 1].map((id) => ({ id, inputIndex: 0, firstRow: 10 * id, rowCount: 10 }));

function statsOf(shard_id: number): ShardStats {
  const counts = { ...emptyCounts(), count: 10, successes: 9, reasons: { connect_timeout: 1 } };
  return { ...counts, shard_id } as unknown as ShardStats;
}

/** As the stages count rows: as they end, whatever becomes of their shard. */
function endRows(progress: ScoreProgress, succeeded: number, failed: number): void {
  progress.succeeded += succeeded;
  for (let row = 0; row < failed; row++) progress.countFailure('connect_timeout');
}

function seen({ totalRows, totalShards, succeeded, failed, reasons }: ScoreProgress): object {
  return { totalRows, totalShards, succeeded, failed, reasons };
}

test('a shard that is given up and done again is counted once', (t) => {
  const progress = new ScoreProgress();
  const first = new LotProgress(progress, SPECS);
  endRows(progress, 9, 1);
  first.ended(statsOf(0));
  endRows(progress, 3, 2);
  first.close();
  t.deepEqual(seen(progress), {
    totalRows: 10,
    totalShards: 1,
    succeeded: 9,
    failed: 1,
    reasons: { connect_timeout: 1 },
  });

  const again = new LotProgress(progress, [SPECS[1]!]);
  t.is(progress.totalRows, 20);
  endRows(progress, 9, 1);
  again.ended(statsOf(1));
  again.close();
  t.deepEqual(seen(progress), {
    totalRows: 20,
    totalShards: 2,
    succeeded: 18,
    failed: 2,
    reasons: { connect_timeout: 2 },
  });
});

test('of a shard that is given up no reason is left that no other had', (t) => {
  const progress = new ScoreProgress();
  const lot = new LotProgress(progress, SPECS);
  lot.resumed(statsOf(0));
  endRows(progress, 0, 4);
  lot.close();
  t.deepEqual(seen(progress), { totalRows: 10, totalShards: 1, succeeded: 0, failed: 0, reasons: {} });
  t.like(progress, { resumedRows: 10, resumedFailures: 1, finishedShards: 1 });
});
