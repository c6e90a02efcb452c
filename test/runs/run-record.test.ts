import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageVersion } from '../../src/base/package.ts';
import { describeRun, endSession, readRunRecord, writeRunRecord } from '../../src/runs/run-record.ts';
import type { RunPlan } from '../../src/shards/plan.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { recordWith, sessionAt, THRESHOLDS } from './setup.ts';

const PLAN: RunPlan = {
  inputs: [
    {
      ...{ path: '/in/a.tsv', format: 'tsv', rowCount: 3, sizeBytes: 50, fingerprint: 'f', readPath: '/x' },
      ...{ malformedRowCount: 0, firstMalformed: null },
    },
  ],
  shards: [{ id: 0, inputIndex: 0, firstRow: 0, rowCount: 3 }],
  rowCount: 3,
  samplesPerShard: 10,
  columns: { url: 'URL' },
  parts: [],
  schema: [{ name: 'URL', type: 'VARCHAR' }],
  badFiles: [],
};

function describePlan(plan: RunPlan): ReturnType<typeof describeRun> {
  const { encoder, settings } = recordWith();
  return describeRun({
    settings,
    commandLine: 'bowerbird score x',
    plan,
    thresholds: THRESHOLDS,
    encoder,
    heads: {},
    tagModels: [{ tag: 'pwatermark', name: 'marks', digest: 'd' }],
  });
}

test('a record names the inputs as they were given, not where they are read from', (t) => {
  const record = describePlan(PLAN);
  t.deepEqual(record.inputs, [{ path: '/in/a.tsv', format: 'tsv', rows: 3, bytes: 50, fingerprint: 'f' }]);
  t.like(record, { bowerbird_version: packageVersion, state: 'running', rows: 3, shards: 1 });
  const marks = { name: 'marks', digest: 'd', takes: 'pixels' } as const;
  t.deepEqual(record.heads, { aesthetic: null, punsafe: null, pwatermark: marks });
  t.like(record.sessions[0], { command: 'bowerbird score x', provider: 'cpu', ended_at: null });
});

test('inputs that were passed over are recorded where there are any', (t) => {
  t.false('bad_files' in describePlan(PLAN));
  const badFiles = [{ path: '/in/b.tsv', message: 'is empty' }];
  t.deepEqual(describePlan({ ...PLAN, badFiles }).bad_files, badFiles);
});

test('the end of a session is that of the latest one', (t) => {
  const [first, second] = [sessionAt('2024-01-01T00:00:00.000Z'), sessionAt('2024-02-01T00:00:00.000Z')];
  const ended = endSession(recordWith({ sessions: [first, second] }), 'done');
  t.is(ended.state, 'done');
  t.deepEqual(ended.sessions[0], first);
  t.regex(ended.sessions[1]!.ended_at!, /^\d{4}-\d\d-\d\dT/);
  t.deepEqual(endSession(recordWith({ sessions: [] }), 'interrupted').sessions, []);
});

test('a record is read as it was written; where there is none, or the path leads through a file, nothing is', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'run.json');
  t.is(await readRunRecord(path), undefined);
  await writeRunRecord(path, recordWith());
  t.deepEqual(await readRunRecord(path), recordWith());
  t.is(await readRunRecord(join(path, 'run.json')), undefined);
});

test('what is no whole record of this version is refused by its path', async (t) => {
  const path = join(await makeFolder(t), 'run.json');
  const { inputs: _, ...partial } = recordWith();
  const others = [
    '',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...recordWith(), version: 2 }),
    JSON.stringify(partial),
  ];
  others.push(JSON.stringify({ ...recordWith(), heads: null }), JSON.stringify(recordWith()).slice(0, -1));
  for (const text of others) {
    await writeFile(path, text);
    const error = await t.throwsAsync(readRunRecord(path), { code: 'BB_RUN_CORRUPT' }, text);
    t.true(error?.message.includes(path));
  }
});
