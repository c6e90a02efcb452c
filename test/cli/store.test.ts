import { open, readdir } from 'node:fs/promises';
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
  t.regex((await runCli(['store', 'info', store])).stdout, /entries +4 of 6 rows; 1 without a hash/);
  t.deepEqual(schemaProblems('store-meta.schema.json', join(store, 'v0001', 'meta.json')), []);
  const verified = await runCli(['store', 'verify', store]);
  t.is(verified.exitCode, 0);
  t.regex(verified.stdout, /is whole: 4 entries/);
});

test('bad usage ends with 2 and damage with 1, each with its code', async (t) => {
  const { folder, store } = await buildWorld(t);
  const cases: [string[], number, string][] = [
    [['store', 'build', '--output', store], 2, 'BB_USAGE'],
    [['store', 'build', '--from', join(folder, 'scores.csv')], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', folder], 2, 'BB_STORE_EXISTS'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', store, '--columns', 'beauty'], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'no.csv'), '--output', store], 2, 'BB_INPUT_NOT_FOUND'],
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
