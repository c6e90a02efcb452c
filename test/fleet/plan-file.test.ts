import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readPlan } from '../../src/fleet/plan-file.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { recordWith } from '../runs/setup.ts';

const INPUT = { path: '/a.parquet', readPath: '/a.parquet', rowCount: 15 };
const PLAN = { columns: {}, samplesPerShard: 10, inputs: [INPUT] };
const DOCUMENT = {
  format: 'bowerbird-plan',
  version: 1,
  inputs: ['/a.parquet'],
  flags: {},
  plan: PLAN,
  record: recordWith(),
};

test('a plan.json that lacks what workers go by is told, and no defect of the program', async (t) => {
  const run = await makeFolder(t);
  const write = (document: unknown) => writeFile(join(run, 'plan.json'), JSON.stringify(document));
  await write(DOCUMENT);
  t.is((await readPlan(run))?.plan.shards.length, 2);
  for (const document of [
    null,
    { ...DOCUMENT, version: 2 },
    { ...DOCUMENT, plan: {}, record: {} },
    { ...DOCUMENT, record: {} },
    { ...DOCUMENT, inputs: undefined },
    { ...DOCUMENT, plan: { ...PLAN, inputs: [null] } },
    { ...DOCUMENT, plan: { ...PLAN, inputs: [{ ...INPUT, rowCount: -5 }] } },
    { ...DOCUMENT, plan: { ...PLAN, samplesPerShard: 0 } },
    { ...DOCUMENT, plan: { ...PLAN, columns: undefined } },
  ]) {
    await write(document);
    await t.throwsAsync(readPlan(run), { code: 'BB_PLAN_CORRUPT', message: /plan\.json is not the plan/ });
  }
});
