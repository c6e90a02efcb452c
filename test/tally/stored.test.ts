import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BUCKET_NAMES } from '../../src/scores/bucket-names.ts';
import { TallyError } from '../../src/tally/errors.ts';
import { readStored } from '../../src/tally/stored.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { cubeOf } from './scored-rows.ts';

/** A run folder that holds no tags: two scored rows of 6.5, one without a score, one failed. */
async function storedRun(folder: string, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const cube = cubeOf([6.5, 6.5, null].map((aesthetic) => ({ aesthetic, punsafe: 0.25, pwatermark: null })));
  const files: Record<string, unknown> = {
    'run.json': { state: 'done', rows: 4 },
    'buckets.json': {
      buckets: BUCKET_NAMES.map((bucket) => ({
        bucket,
        count: bucket === '6' ? 2 : 0,
        mean_score: bucket === '6' ? 6.5 : null,
      })),
    },
    'what-if.json': cube,
    ...changes,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue;
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

test('runs answer from what they have stored, added up', async (t) => {
  const folder = await makeFolder(t);
  const runs = [join(folder, 'a'), join(folder, 'b')];
  for (const run of runs) await storedRun(run);
  const { tally } = await readStored(runs);
  t.deepEqual(tally.states, { scored: 4, nullScores: 2, nanScores: 0, failed: 2 });
  t.deepEqual(tally.buckets()[7], { bucket: '6', count: 4, meanScore: 6.5 });
  const thresholds = { minAesthetic: 6, maxPunsafe: 0.5, maxPwatermark: null, missingTags: 'keep' as const };
  t.is(tally.cube.count(thresholds).lower, 6);
});

test('what is not finished, is no run, or does not belong together gives no answer', async (t) => {
  const cases: [Record<string, unknown>, string][] = [
    [{ 'run.json': { state: 'running', rows: 4 } }, 'BB_USAGE'],
    [{ 'run.json': undefined }, 'BB_USAGE'],
    [{ 'what-if.json': undefined }, 'BB_USAGE'],
    [{ 'run.json': { state: 'done', rows: 2 } }, 'BB_RUN_CORRUPT'],
    [{ 'buckets.json': '{"buckets":' }, 'BB_RUN_CORRUPT'],
    [{ 'buckets.json': {} }, 'BB_RUN_CORRUPT'],
    [{ 'buckets.json': { buckets: [{ bucket: '6', count: 1, mean_score: 6.5 }] } }, 'BB_RUN_CORRUPT'],
    [{ 'buckets.json': { buckets: [{ bucket: 'six', count: 2, mean_score: 6.5 }] } }, 'BB_RUN_CORRUPT'],
  ];
  for (const [changes, code] of cases) {
    const folder = join(await makeFolder(t), 'run');
    await storedRun(folder, changes);
    const error = await t.throwsAsync(
      readStored([folder]),
      { instanceOf: TallyError },
      JSON.stringify(changes),
    );
    t.is(error.code as string, code);
    t.true(error.message.includes(folder));
  }
});
