import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { backendOf } from '../../src/fleet/backend-of.ts';
import { takeAtHand } from '../../src/fleet/run-at-hand.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunPlace } from '../../src/runs/run-place.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { recordWith } from '../runs/setup.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

/** As a plan keeps it. */
const RECORD = recordWith({ sessions: [] });
const PLAN = {
  ...{ format: 'bowerbird-plan', version: 1, inputs: ['/a.parquet'], flags: {}, record: RECORD },
  plan: {
    ...{ columns: {}, samplesPerShard: 10 },
    inputs: [{ path: '/a.parquet', readPath: '/a.parquet', rowCount: 15 }],
  },
};
const STATS = 'stats/00000_stats.json';

/** Takes a run as `merge` and `plan` do, and gives what it was begun with and what was said. */
async function take(run: string): Promise<{ existing: RunRecord | undefined; notes: readonly string[] }> {
  const notes: string[] = [];
  const hand = await takeAtHand(run, (text) => notes.push(text));
  try {
    const place = await RunPlace.take(
      {
        ...{ outputFolder: hand.folder, publishedPath: run, incrementalMode: 'incremental' },
        onTaken: () => hand.onTaken(),
      },
      new ScoreProgress(),
    );
    await place.release();
    return { existing: place.existing, notes };
  } finally {
    await hand.release();
  }
}

/** A run with a finished shard. @param texts of its files */
async function runIn(
  t: ExecutionContext,
  at: string,
  texts: Readonly<Record<string, string>>,
): Promise<string> {
  const run = at === 'a folder' ? join(await makeFolder(t), 'run') : `s3://bucket/${Math.random()}`;
  for (const [name, text] of Object.entries({ [STATS]: '{}', ...texts }))
    await backendOf(run).write(name, text);
  return run;
}

for (const at of ['a folder', 'object storage']) {
  for (const [what, damaged] of Object.entries({ gone: {}, damaged: { 'run.json': '{"format":"bowerb' } }))
    test(`a run.json that is ${what} is written anew from the plan of a run in ${at}, once, and that is said`, async (t) => {
      const run = await runIn(t, at, { 'plan.json': JSON.stringify(PLAN), ...damaged });
      const { existing, notes } = await take(run);
      t.deepEqual(existing, RECORD);
      t.is(notes.length, 1);
      t.true(notes[0]?.startsWith(`${backendOf(run).place('run.json')} was ${what}: `), notes[0]);
      t.deepEqual(JSON.parse((await backendOf(run).read('run.json'))!), RECORD);
      t.deepEqual(await take(run), { existing: RECORD, notes: [] });
    });

  test(`without a plan, a lost run.json of a run in ${at} is told, and nothing is written`, async (t) => {
    for (const texts of [{}, { 'run.json': 'null' }]) {
      const run = await runIn(t, at, texts);
      await t.throwsAsync(take(run), { code: 'BB_RUN_CORRUPT' });
      t.is(await backendOf(run).read('run.json'), texts['run.json']);
    }
  });

  test(`a run.json that is whole stays as it is, whatever the plan of a run in ${at} says`, async (t) => {
    const own = recordWith({ state: 'done' });
    const text = JSON.stringify(own);
    const run = await runIn(t, at, { 'plan.json': JSON.stringify(PLAN), 'run.json': text });
    t.deepEqual(await take(run), { existing: own, notes: [] });
    t.is(await backendOf(run).read('run.json'), text);
  });
}
