import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

const WEIGHTS = join(packageFolder, 'test', 'models', 'fixtures', 'clip');

test('a run takes weights by their path, written as the flags say, and says so; ONNX is what it is', async (t) => {
  const world = await makeWorld(t, { rowCount: 8 });
  process.env['BOWERBIRD_CACHE'] = world.path('cache');
  const score = (model: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli([
      ...['score', world.shard, '--output-folder', world.path('out'), '--clip-model', model],
      ...['--aesthetic-head', 'none', ...LOOPBACK_FLAGS, ...more],
    ]);
  const run = await score(WEIGHTS, '--operators', 'fused');
  t.is(run.exitCode, 0, run.stderr);
  t.regex(run.stderr, /Converting .*clip to ONNX/);
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8')) as {
    readonly encoder: object;
    readonly settings: object;
  };
  t.like(record.encoder, { name: 'clip', dimension: 10 });
  t.like(record.settings, { operators: 'fused', dtype: null });
  const plain = await score(WEIGHTS);
  t.is(plain.exitCode, 2);
  t.regex(plain.stderr, /--operators was "fused", is null[\s\S]*\[BB_RUN_CHANGED\]/);
  const idle = await score('builtin', '--dtype', 'float16');
  t.is(idle.exitCode, 2);
  t.regex(idle.stderr, /builtin was in ONNX already/);
});
