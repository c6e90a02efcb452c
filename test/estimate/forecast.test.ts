import test from 'ava';
import { forecast } from '../../src/estimate/forecast.ts';
import type { Measured } from '../../src/estimate/measured.ts';
import { cutShards } from '../../src/shards/cut-shards.ts';
import type { RunPlan } from '../../src/shards/plan.ts';

const figure = (
  value: number,
  low: number,
  high: number,
): { value: number; interval: { low: number; high: number } } => ({
  value,
  interval: { low, high },
});

const SAMPLE: Measured = {
  ...{ rows: 1000, shards: 20, successes: 800, seconds: 25, startupSeconds: 36, stagedBytes: 5000 },
  perRow: { seconds: figure(0.02, 0.018, 0.022), cpuSeconds: figure(0.01, 0.01, 0.01) },
  imageBytesPerRow: figure(50_000, 40_000, 60_000),
  shares: {},
  files: {
    rowFiles: { bytesPerRow: figure(100, 90, 110), bytesPerShard: 3000 },
    ...{ fixedBytesPerShard: 1000, picturesBytes: 20_000, count: 3 },
  },
};

/** 10 shards of 10,000 rows, 2 GB. */
const PLAN = {
  inputs: [{ rowCount: 100_000, sizeBytes: 2e9 }],
  shards: cutShards([{ rowCount: 100_000 }], 10_000),
  rowCount: 100_000,
  samplesPerShard: 10_000,
} as unknown as RunPlan;

const of = (machines: number, prices = {}, savesImages = false): ReturnType<typeof forecast> =>
  forecast({ plan: PLAN, sample: SAMPLE, savesImages }, { machines, prices });

test('a run takes as long as the machine with the most shards', (t) => {
  const near = (value: number, expected: number): boolean =>
    t.true(Math.abs(value - expected) < 1e-9, `${value}`);
  near(of(1).hours.value, (100_000 * 0.02 + 36) / 3600);
  // Ten shards on four machines: three on two of them.
  near(of(4).hours.value, (30_000 * 0.02 + 36) / 3600);
  near(of(4).hours.interval!.high, (30_000 * 0.022 + 36) / 3600);
  near(of(4).machineHours.value, (100_000 * 0.02 + 4 * 36) / 3600);
  t.is(of(64).machinesUsed, 10);
  near(of(64).hours.value, (10_000 * 0.02 + 36) / 3600);
});

test('of inputs elsewhere archives leave storage twice: as they are listed, and for their images', (t) => {
  t.is(of(1).egressBytes.inputs, 2e9);
  const inputs = [...PLAN.inputs, { rowCount: 10, sizeBytes: 3e9, archiveTag: '"a"' }];
  const plan = { ...PLAN, inputs } as unknown as RunPlan;
  const { egressBytes } = forecast({ plan, sample: SAMPLE, savesImages: false }, { machines: 1, prices: {} });
  t.is(egressBytes.inputs, 2e9 + 2 * 3e9);
});

test('output, requests and temporary space are counted by rows and by shards', (t) => {
  const run = of(1);
  t.is(run.outputBytes.value, 100 * 100_000 + 10 * 4000 + 10 * 20_000);
  t.is(run.downloadedBytes.value, 5e9);
  // Three files put, looked at, copied and deleted; marker and stats put; what a merge reads.
  t.deepEqual(run.requests, { puts: 80, gets: 90, deletes: 30 });
  t.is(run.temporaryBytes, 5000 + 1_003_000);
  // Images are gathered while a shard is open: four, for 32,768 rows.
  t.is(of(1, {}, true).temporaryBytes, 5000 + 5 * 1_003_000);
});

test('dollars are only of what there is a price for', (t) => {
  t.deepEqual(of(1).dollars, { total: null });
  const { machines, egress, puts, total } = of(4, { machineHour: 3.6 }).dollars;
  t.true(Math.abs(machines!.value - (100_000 * 0.02 + 144) / 1000) < 1e-9);
  t.deepEqual([egress, puts], [undefined, undefined]);
  t.is(total!.value, machines!.value);
  const all = of(1, { machineHour: 0, egressGb: 0.1, thousandPuts: 5 }).dollars;
  t.is(all.puts, 0.4);
  t.true(Math.abs(all.egress!.value - 0.1 * (2 + 0.01024)) < 1e-9);
  t.true(Math.abs(all.total!.value - all.egress!.value - 0.4) < 1e-9);
});
