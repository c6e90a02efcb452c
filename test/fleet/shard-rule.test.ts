import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { describeRest } from '../../src/cli/run-rest.ts';
import { describeStatus } from '../../src/cli/status-view.ts';
import { FolderBackend } from '../../src/fleet/folder-backend.ts';
import { ObjectBackend } from '../../src/fleet/object-backend.ts';
import { findObstacles } from '../../src/fleet/obstacles.ts';
import type { PlannedRun } from '../../src/fleet/plan-file.ts';
import type { RunBackend } from '../../src/fleet/run-backend.ts';
import { ShardRule } from '../../src/fleet/shard-rule.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import { StatusReader } from '../../src/fleet/status/run-status.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { cutShards } from '../../src/shards/cut-shards.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { recordWith, THRESHOLDS } from '../runs/setup.ts';
import { makeSharedRun, workShard } from './worked-shard.ts';

const INPUTS = [
  { path: '/a.parquet', fingerprint: 'a', rowCount: 15 },
  { path: '/b.parquet', fingerprint: 'b', rowCount: 10 },
];

/** The rule of a plan, by default of one input in two shards. */
function ruleOf(
  changes: Partial<RunRecord> = {},
  inputs = INPUTS.slice(0, 1),
  samplesPerShard = 10,
): ShardRule {
  const plan = { inputs, shards: cutShards(inputs, samplesPerShard) } as unknown as PlannedRun['plan'];
  return new ShardRule({ plan, record: recordWith(changes) });
}

const named = (rule: ShardRule, shard_id = 0) => ({ shard_id, plan: rule.digestOf(shard_id) });

test('a shard that was done by an earlier plan counts where this one would make the same of the same rows', (t) => {
  const earlier = named(ruleOf());
  t.is(ruleOf().misfit(earlier), undefined);
  t.is(ruleOf({}, INPUTS).misfit(earlier), undefined, 'inputs were added');
  t.is(ruleOf({ sessions: [], rows: 99, state: 'done' }).misfit(earlier), undefined);
  const { settings } = recordWith();
  t.is(ruleOf({ settings: { ...settings, allow_private_addresses: true } }).misfit(earlier), undefined);
  const turned = Object.fromEntries(Object.entries({ ...settings, unset: null }).reverse());
  t.is(ruleOf({ settings: turned }).misfit(earlier), undefined, 'in another order');
});

test('a shard that was done with another setting, encoder, head, version, input or cut does not count', (t) => {
  const earlier = named(ruleOf());
  const { settings, encoder, heads } = recordWith();
  const others = [
    ruleOf({ settings: { ...settings, image_size: 1 } }),
    ruleOf({ encoder: { ...encoder, digest: 'x' } }),
    ruleOf({ heads: { ...heads, aesthetic: { name: 'builtin', digest: 'x' } } as RunRecord['heads'] }),
    ruleOf({ bowerbird_version: '9.0.0' }),
    ruleOf({}, INPUTS.slice(1)),
    ruleOf({}, [{ ...INPUTS[0]!, fingerprint: 'x' }]),
    ruleOf({}, undefined, 5),
  ];
  for (const rule of others) t.regex(rule.misfit(earlier) ?? '', /another plan/);
  t.regex(ruleOf().misfit({ shard_id: 2 }) ?? '', /no shard of the plan/);
});

test('a shard that a single process did counts, unless it is still judged by other thresholds than the plan has', (t) => {
  t.is(ruleOf().misfit({ shard_id: 0 }), undefined);
  t.is(ruleOf().misfit({ shard_id: 0, thresholds: THRESHOLDS }), undefined);
  const thresholds = { ...THRESHOLDS, min_aesthetic: 9 };
  t.regex(ruleOf().misfit({ shard_id: 0, thresholds }) ?? '', /other thresholds/);
  t.is(ruleOf({ thresholds }).misfit({ ...named(ruleOf()), thresholds }), undefined, 'judged anew since');
});

/** A run with a shard that was committed by another plan, as whoever works by this one sees it. */
async function foreignRun(backend: RunBackend): Promise<SharedRun> {
  const run = new SharedRun(backend);
  const stats = { ...(await workShard(run, 'stale', 'stale', ['tags'])), plan: 'of another plan' };
  await run.commit('stale', stats);
  return new SharedRun(backend, ruleOf());
}

const WAY_OUT = ['stats/00000_stats.json', '.commits/00000.json', 'images/00000'];

for (const [what, isStored] of [
  ['a folder', false],
  ['object storage', true],
] as const)
  test(`a shard of another plan in ${what} is refused by whoever comes to it, and done again once what is named is removed`, async (t) => {
    let backend: RunBackend;
    let remove: (name: string) => Promise<void>;
    if (isStored) {
      const server = await startS3Server();
      t.teardown(() => server.stop());
      Object.assign(process.env, server.environment);
      const storage = await openStorage('s3://bucket/x', { retry: { attempts: 1 } });
      backend = new ObjectBackend('s3://bucket/foreign', storage);
      remove = async (name) => backend.remove(name);
    } else {
      const path = join(await makeFolder(t), 'run');
      await makeSharedRun(path);
      backend = new FolderBackend(path);
      remove = (name) => rm(join(path, name), { recursive: true, force: true });
    }
    const run = await foreignRun(backend);
    const isRefused = async (name: string): Promise<void> => {
      const error = await t.throwsAsync(run.committed(0), { code: 'BB_RUN_CORRUPT' });
      t.true(error?.message.startsWith(backend.place(name)), error?.message);
      for (const each of WAY_OUT) t.true(error?.message.includes(backend.place(each)), each);
    };
    await isRefused(WAY_OUT[0]!);
    const { damaged } = await findObstacles(backend, ruleOf());
    t.deepEqual(damaged, [0]);
    t.regex(
      describeRest({ open: 0, replacing: [], damaged }, 'run'),
      /do not count.*\(0\).*`bowerbird merge run` names/,
    );
    // Half of the way out brings nothing back.
    await remove(WAY_OUT[0]!);
    await isRefused(WAY_OUT[1]!);
    const own = { ...(await workShard(run, 'own', 'own', ['tags'])), plan: ruleOf().digestOf(0) };
    await t.throwsAsync(run.commit('own', own), { code: 'BB_RUN_CORRUPT' });
    for (const name of WAY_OUT) await remove(name);
    const again = { ...(await workShard(run, 'own', 'own', ['tags'])), plan: ruleOf().digestOf(0) };
    t.true((await run.commit('own', again)).isOurs);
    t.is((await run.committed(0))?.input, 'own');
    t.deepEqual((await findObstacles(backend, ruleOf())).damaged, []);
  });

test('a run whose stats are cut is not done, and its status says which of its shards are', async (t) => {
  const path = join(await makeFolder(t), 'run');
  const run = await makeSharedRun(path);
  await writeFile(join(path, 'run.json'), JSON.stringify(recordWith({ shards: 1 })));
  await run.commit('w', await workShard(run, 'w', 'w', ['tags']));
  t.is((await (await StatusReader.open(path)).look()).state, 'done');
  await writeFile(join(path, 'stats', '00000_stats.json'), '{"format":"bowerbird-shard-');
  const status = await (await StatusReader.open(path)).look();
  t.like(status, { state: 'damaged', damaged: [0] });
  t.regex(describeStatus(status), /^damaged {4}1 \(0\), whose stats are cut/m);
  t.notRegex(describeStatus(status), /, done$/m);
});
