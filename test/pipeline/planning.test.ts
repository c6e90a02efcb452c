import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { resultSettings, type ScoreConfig } from '../../src/pipeline/config.ts';
import { planScore } from '../../src/pipeline/planning.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import type { RunPlan } from '../../src/shards/plan.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { configOf } from './setup.ts';

interface Planned {
  readonly plan: RunPlan;
  readonly notes: readonly string[];
}

async function plan(
  folder: string,
  changes: Partial<ScoreConfig> = {},
  inputs?: readonly string[],
): Promise<Planned> {
  const notes: string[] = [];
  const existing =
    inputs && ({ inputs: inputs.map((name) => ({ path: join(folder, name) })) } as unknown as RunRecord);
  const out = join(folder, 'out');
  const config = { ...configOf([join(folder, '*.txt')], out), ...changes };
  const progress = new ScoreProgress((note) => notes.push(note));
  return { plan: await planScore(config, new RunFolder(out), existing, progress), notes };
}

async function fill(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await writeFile(join(folder, name), 'http://a/1\nhttp://a/2\nhttp://a/3\n');
}

const namesOf = ({ plan: { inputs } }: Planned): string[] =>
  inputs.map(({ path }) => path.split('/').at(-1)!);

test('an extended run keeps its inputs, and so its shards, at their places; new ones come after them by path', async (t) => {
  const folder = await makeFolder(t);
  await fill(folder, ['a.txt', 'b.txt', 'c.txt', 'd.txt']);
  const extended = await plan(folder, { incrementalMode: 'extend' }, ['d.txt', 'b.txt']);
  t.deepEqual(namesOf(extended), ['d.txt', 'b.txt', 'a.txt', 'c.txt']);
  t.deepEqual(extended.plan.shards.slice(0, 3), [
    { id: 0, inputIndex: 0, firstRow: 0, rowCount: 2 },
    { id: 1, inputIndex: 0, firstRow: 2, rowCount: 1 },
    { id: 2, inputIndex: 1, firstRow: 0, rowCount: 2 },
  ]);
});

test('any other run has its inputs by path', async (t) => {
  const folder = await makeFolder(t);
  await fill(folder, ['b.txt', 'a.txt']);
  t.deepEqual(namesOf(await plan(folder, {}, ['b.txt', 'a.txt'])), ['a.txt', 'b.txt']);
  t.deepEqual(namesOf(await plan(folder, { incrementalMode: 'extend' })), ['a.txt', 'b.txt']);
});

test('lines that are no rows, and files that are passed over, are told', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'a.jsonl'), '{"url": "http://a/1"}\n{"url": \n{"url": "http://a/3"}\n');
  await writeFile(join(folder, 'b.parquet'), 'no Parquet file');
  const inputs = [join(folder, 'a.jsonl'), join(folder, 'b.parquet')];
  const { plan: found, notes } = await plan(folder, { inputs, skipBadFiles: true });
  t.is(found.badFiles.length, 1);
  t.true(notes.includes(`Passed over: ${found.badFiles[0]!.message}`), notes.join('\n'));
  t.true(
    notes.some((note) => note.includes('a.jsonl') && note.includes('Rows without a URL end as url_missing.')),
    notes.join('\n'),
  );
});

test('a run is bound to the settings that decide what is written, and to no others', (t) => {
  const config = configOf(['/in'], '/out');
  const settings = resultSettings(config);
  const bound: readonly Partial<ScoreConfig>[] = [
    { samplesPerShard: 3 },
    { transform: 'fast' },
    { saveEmbeddings: true },
    { saveConsent: true },
    { text: { delimiter: ';' } },
    { download: { ...config.download, maxBytes: 1 } },
    { download: { ...config.download, obeysTdm: false } },
    { download: { ...config.download, obeysRobots: true } },
  ];
  for (const changes of bound) t.notDeepEqual(resultSettings({ ...config, ...changes }), settings);
  const free: readonly Partial<ScoreConfig>[] = [
    { retry: { reasons: new Set(['timed_out']), minAgeMs: 0 } },
    { device: 'cuda' },
    { outageLimitMs: 5 },
    { download: { ...config.download, userAgentContact: 'me@lab.example' } },
    { download: { ...config.download, threadCount: 9, perHost: 9, timeoutMs: 9, retries: 9 } },
    { resources: { ...config.resources, decodeProcesses: 9, encoderThreads: 9, memoryLimitMb: 9 } },
  ];
  for (const changes of free) t.deepEqual(resultSettings({ ...config, ...changes }), settings);
});

test('columns that flags name have to be there, and one of digests has to hold texts', async (t) => {
  const folder = await makeFolder(t);
  const inputs = [join(folder, 'a.csv')];
  await writeFile(inputs[0]!, 'url,Sum,size\nhttp://a/1,d41d8cd98f00b204e9800998ecf8427e,5\n');
  const planned = (changes: Partial<ScoreConfig>): Promise<Planned> => plan(folder, { inputs, ...changes });
  const { plan: found } = await planned({
    verifiedHash: { column: 'sum', type: 'md5' },
    savedColumns: ['SUM', 'size'],
  });
  t.deepEqual(found.savedColumns, ['Sum', 'size']);
  t.is((await planned({})).plan.savedColumns, undefined);
  await t.throwsAsync(planned({ savedColumns: ['size', 'similarity'] }), {
    code: 'BB_COLUMN_MISSING',
    message: /no column "similarity", which --save-additional-columns names\. They have: url, Sum, size\./,
  });
  await t.throwsAsync(planned({ verifiedHash: { column: 'md5', type: 'md5' } }), {
    code: 'BB_COLUMN_MISSING',
    message: /no column "md5", which --verify-hash names/,
  });
  await t.throwsAsync(planned({ verifiedHash: { column: 'size', type: 'md5' } }), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /"size" holds BIGINT, not digests/,
  });
});
