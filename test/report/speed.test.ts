import test from 'ava';
import { timelineOf } from '../../src/report/charts/timeline.ts';
import type { ReportPace } from '../../src/report/report-data.ts';
import { describeBottleneck, stageLoads } from '../../src/report/stage-loads.ts';

const STAGE_SECONDS = { download: 400, decode: 20, embed: 95 };

function pace(startSeconds: number, endSeconds: number, rows: number): ReportPace {
  return { shardId: 0, rows, successes: rows, startSeconds, endSeconds, stageSeconds: STAGE_SECONDS };
}

test('the timeline holds all rows, whatever overlaps', (t) => {
  const { activeSeconds, steps } = timelineOf([pace(0, 60, 600), pace(50, 100, 400), pace(90, 130, 1000)]);
  t.is(activeSeconds, 130);
  const rows = steps.reduce((sum, step) => sum + step.rowsPerSecond * (step.toSeconds - step.fromSeconds), 0);
  t.true(Math.abs(rows - 2000) < 1e-6);
});

test('a steady shard is a level line', (t) => {
  for (const { rowsPerSecond } of timelineOf([pace(1000, 1100, 700)]).steps) {
    t.true(Math.abs(rowsPerSecond - 7) < 1e-9);
  }
});

test('a pause between two sessions is no time of work', (t) => {
  const { activeSeconds, steps } = timelineOf([pace(0, 10, 100), pace(5000, 5010, 100)]);
  t.is(activeSeconds, 20);
  t.true(steps.every(({ rowsPerSecond }) => Math.abs(rowsPerSecond - 10) < 1e-9));
});

test('no shards and shards without a duration have no timeline', (t) => {
  t.deepEqual(timelineOf([]), { activeSeconds: 0, steps: [] });
  t.deepEqual(timelineOf([pace(5, 5, 10)]), { activeSeconds: 0, steps: [] });
});

test('with the number of places known, the busiest stage is the bottleneck, not the longest', (t) => {
  const slots = { download: 64, decode: 2, embed: 1 };
  const loads = stageLoads([{ ...pace(0, 100, 1000), stageSlots: slots }], 100);
  t.deepEqual(
    loads.map(({ busyShare }) => busyShare),
    [400 / 100 / 64, 20 / 100 / 2, 0.95],
  );
  t.regex(describeBottleneck(loads), /^The bottleneck was embed: 95.0%/);
});

test('each of several processes has places of its own, for as long as it was at work', (t) => {
  const slots = { download: 64, decode: 2, embed: 1 };
  // Two at once for 100 seconds, and a third for the second half.
  const paces = [pace(0, 100, 1000), pace(0, 100, 1000), pace(50, 100, 1000)].map((one, i) => ({
    ...one,
    ...{ stageSlots: slots, worker: `w${i}` },
  }));
  const [download, decode, embed] = stageLoads(paces, 100);
  t.is(download!.busyShare, 1200 / (250 * 64));
  t.is(decode!.busyShare, 60 / (250 * 2));
  t.is(embed!.busyShare, 1);
  t.is(embed!.atOnce, 285 / 100);
});

test('without it, the page says where a row spent its time', (t) => {
  const loads = stageLoads([pace(0, 100, 1000)], 100);
  t.regex(describeBottleneck(loads), /^A row spent most of its time in download: 400\u00A0ms of 515\u00A0ms/);
});

test('where no stage was at its limit, none is called the bottleneck', (t) => {
  const slots = { download: 64, decode: 2, embed: 4 };
  t.regex(
    describeBottleneck(stageLoads([{ ...pace(0, 100, 1000), stageSlots: slots }], 100)),
    /^No stage was at its limit/,
  );
});
