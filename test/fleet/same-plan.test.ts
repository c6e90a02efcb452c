import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { refuseHalfJudged } from '../../src/fleet/same-plan.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { emptyCounts } from '../../src/runs/stats.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { recordWith, THRESHOLDS } from '../runs/setup.ts';

test('a run whose process was ended while it judged shards anew is not planned, and the way that downloads nothing is named', async (t) => {
  const folder = new RunFolder(join(await makeFolder(t), 'run'));
  await t.notThrowsAsync(refuseHalfJudged(folder, recordWith()), 'nothing is finished');
  await mkdir(dirname(folder.stats(0)), { recursive: true });
  const judge = async (id: number, thresholds?: object): Promise<void> => {
    const stats = { ...emptyCounts(), format: 'bowerbird-shard-stats', version: 1, shard_id: id };
    const tables = { score_histogram: {}, stage_seconds: {}, stage_slots: {}, files: {} };
    await writeFile(folder.stats(id), JSON.stringify({ ...stats, ...tables, thresholds }));
  };
  for (const id of [0, 1, 2]) await judge(id, THRESHOLDS);
  await judge(3);
  await t.notThrowsAsync(refuseHalfJudged(folder, recordWith()));
  const now = { ...THRESHOLDS, min_aesthetic: 6 };
  await judge(1, now);
  await t.throwsAsync(refuseHalfJudged(folder, recordWith({ thresholds: now })), {
    code: 'BB_RUN_CHANGED',
    message: /run holds 2 finished shards .* `bowerbird score` .* downloads nothing/,
  });
});
