import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import { EXPECTED, goldenOf } from '../check/golden-rows.ts';
import { channelMeans, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { until } from '../helpers/until.ts';
import { FIXTURES } from '../models/convert/reference.ts';

const HEAD_OF_TORCH = join(packageFolder, 'test', 'heads', 'fixtures', 'linear.pth');
const HEAD = { format: 'bowerbird-head', version: 1, layers: [{ weights: [[1, 2, -1]], bias: [5] }] };

test('models check with --golden says what is wrong, as JSON by its schema, and ends with 1', async (t) => {
  const folder = await temporaryFolder(t);
  const golden = join(folder, 'golden.json');
  await writeFile(golden, JSON.stringify(goldenOf(EXPECTED.rows['clip bgr']!)));
  const model = join(folder, 'clip');
  await convertWeights(join(FIXTURES, 'clip'), { name: 'clip' }, model);
  const args = ['models', 'check', model, '--batch-sizes', '1', '--golden', golden, '--json'];
  const { exitCode, stdout, stderr } = await runCli(args);
  t.is(exitCode, 1, stderr);
  const check = JSON.parse(stdout) as { problems: string[] };
  t.deepEqual(valueProblems('model-check.schema.json', check), []);
  t.regex(
    check.problems.join('\n'),
    /with red and blue exchanged: most likely it was trained so\. Export it for pictures in RGB\./,
  );
  t.regex(stderr, /clip: batches of 1\n/);
});

test('models check tells a person what it saw, and ends with 0 where nothing is wrong', async (t) => {
  const path = await writeOddModel(await temporaryFolder(t), { build: channelMeans });
  const { exitCode, stdout } = await runCli(['models', 'check', path, '--batch-sizes', '2']);
  t.is(exitCode, 0);
  t.regex(stdout, /^small, sha256 [0-9a-f]{64}\n3 values of norm /);
  t.regex(stdout, /\nbatches of 2: [\d.]+ images\/s, \d+ MB at most\n/);
  t.regex(stdout, /\nNo golden rows are stated: /);
  t.regex(stdout, /\nNothing that was tried shows a fault\.\n$/);
});

test('models check looks at a head too, which has no golden rows', async (t) => {
  const path = join(await temporaryFolder(t), 'head.json');
  await writeFile(path, JSON.stringify(HEAD));
  const { exitCode, stdout } = await runCli(['models', 'check', path, '--json']);
  t.is(exitCode, 0);
  t.deepEqual(valueProblems('model-check.schema.json', JSON.parse(stdout)), []);
  const refused = await runCli(['models', 'check', path, '--golden', path]);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /is a head/);
});

test('models check converts weights, and tells a file of weights that is a head from one that is a model', async (t) => {
  const folder = await temporaryFolder(t);
  process.env['BOWERBIRD_CACHE'] = join(folder, 'cache');
  const { exitCode, stdout, stderr } = await runCli([
    ...['models', 'check', join(FIXTURES, 'clip-gelu', 'model.safetensors'), '--batch-sizes', '1'],
    ...['--operators', 'fused', '--json'],
  ]);
  t.is(exitCode, 0, stderr);
  t.like(JSON.parse(stdout), { name: 'clip-gelu', dimension: 10, activation: 'gelu' });
  const head = await runCli(['models', 'check', HEAD_OF_TORCH, '--json']);
  t.is(head.exitCode, 0, head.stderr);
  t.true('scores' in (JSON.parse(head.stdout) as object));
});

test('models convert puts golden rows into the manifest, and refuses those of another dimension', async (t) => {
  const folder = await temporaryFolder(t);
  const golden = join(folder, 'golden.json');
  const weights = join(FIXTURES, 'clip');
  const rows = goldenOf(EXPECTED.rows['clip none']!);
  await writeFile(golden, JSON.stringify(rows));
  const made = await runCli(['models', 'convert', weights, '--to', join(folder, 'made'), '--golden', golden]);
  t.is(made.exitCode, 0, made.stderr);
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'made', 'model.json'), 'utf8'));
  t.deepEqual(valueProblems('encoder-manifest.schema.json', manifest), []);
  t.like(manifest as Record<string, unknown>, { golden: rows });
  await writeFile(golden, JSON.stringify(goldenOf(EXPECTED.rows['siglip']!)));
  const refused = await runCli([
    'models',
    'convert',
    weights,
    '--to',
    join(folder, 'no'),
    '--golden',
    golden,
  ]);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /row 0 is not the base64 of 10 .*BB_MODEL_GOLDEN/s);
});

test('models check that is interrupted ends with 130', async (t) => {
  const path = await writeOddModel(await temporaryFolder(t), { build: channelMeans });
  const { process: child, ended, stderr } = startCli(['models', 'check', path], { isDoomed: true });
  await until(() => /small: batches of 1\n/.test(stderr()));
  child.kill('SIGINT');
  const { exitCode } = await ended;
  t.is(exitCode, 130);
  t.regex(stderr(), /Interrupted\.\n/);
});
