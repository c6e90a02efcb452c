import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { buildWorld } from './store-world.ts';

test('a store is built from CSV, described and verified', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe', '--precision', 'float32');
  const info = await runCli(['store', 'info', store, '--json']);
  t.like(JSON.parse(info.stdout), {
    entries: 4,
    columns: ['aesthetic', 'punsafe'],
    precision: 'float32',
    rows: { read: 5, withoutScore: 1, duplicates: 0 },
  });
  t.regex((await runCli(['store', 'info', store])).stdout, /v0001 +4 entries, of 6 rows; 1 without a hash/);
  t.deepEqual(schemaProblems('store-meta.schema.json', join(store, 'v0001', 'meta.json')), []);
  const verified = await runCli(['store', 'verify', store]);
  t.is(verified.exitCode, 0);
  t.regex(verified.stdout, /is whole: 4 entries/);
});

test('what is added hides what was there, and compaction keeps the answers', async (t) => {
  const { folder, store } = await buildWorld(t);
  const more = join(folder, 'more.csv');
  await writeFile(more, 'hash,aesthetic\n-123,1.5\n77,2.5\n');
  const added = await runCli(['store', 'add', store, '--from', more, '--json']);
  t.is(added.exitCode, 0, added.stderr);
  t.like(JSON.parse(added.stdout), { replaced: 1, rows: { read: 2 }, columns: ['aesthetic'] });
  const asked = ['lookup', store, '-123', '77', '78', '--json'];
  const answers =
    '{"hash":"-123","aesthetic":1.5}\n{"hash":"77","aesthetic":2.5}\n{"hash":"78","aesthetic":null}\n';
  t.is((await runCli(asked)).stdout, answers);
  t.regex((await runCli(['store', 'info', store])).stdout, /v0002, a delta on 1\n/);
  t.deepEqual(schemaProblems('store-meta.schema.json', join(store, 'v0002', 'meta.json')), []);
  const compacted = await runCli(['store', 'compact', store]);
  t.is(compacted.exitCode, 0, compacted.stderr);
  t.regex(compacted.stdout, /v0003\n/);
  t.is((await runCli(asked)).stdout, answers);
  t.regex((await runCli(['store', 'compact', store])).stderr, /nothing to do/);
  t.is((await runCli(['store', 'verify', store])).exitCode, 0);
});

test('bad usage ends with 2 and damage with 1, each with its code', async (t) => {
  const { folder, store } = await buildWorld(t);
  const cases: [string[], number, string][] = [
    [['store', 'build', '--output', store], 2, 'BB_USAGE'],
    [['store', 'build', '--from', join(folder, 'scores.csv')], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', folder], 2, 'BB_STORE_EXISTS'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', store, '--columns', 'beauty'], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'no.csv'), '--output', store], 2, 'BB_INPUT_NOT_FOUND'],
    [['store', 'add', store], 2, 'BB_USAGE'],
    [['store', 'add', join(folder, 'none'), join(folder, 'scores.csv')], 2, 'BB_STORE_NOT_FOUND'],
    [['store', 'compact', join(folder, 'none')], 2, 'BB_STORE_NOT_FOUND'],
    [['store'], 2, 'BB_USAGE'],
  ];
  for (const [args, exitCode, code] of cases) {
    const result = await runCli(args);
    t.is(result.exitCode, exitCode, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}`);
  }
  const version = (await readdir(store)).find((name) => name.startsWith('v'))!;
  const file = await open(join(store, version, 'blocks.mdb'), 'r+');
  await file.write(Buffer.of(0xee), 0, 1, 4096 + 100);
  await file.close();
  const damaged = await runCli(['store', 'verify', store]);
  t.is(damaged.exitCode, 1);
  t.regex(damaged.stderr, /block 1 of 4096 bytes/);
});
