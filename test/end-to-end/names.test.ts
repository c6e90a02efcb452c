import { mkdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { writeOddModel } from '../helpers/odd-models.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

const FILE = { hub: 'tests/tiny', revision: 'v1' };

const MODELS = [
  {
    name: 'tests/tiny',
    kind: 'encoder',
    aliases: ['Tiny'],
    description: 'an encoder of a test',
    licence: 'none',
    files: [{ ...FILE, path: 'model.onnx' }],
    ...{ input_size: 8, transform: 'clip', interpolation: 'bicubic', mean: [0, 0, 0], std: [1, 1, 1] },
    ...{ activation: 'gelu', dimension: 3, aesthetic_head: 'tiny-taste' },
  },
  {
    name: 'tiny-taste',
    kind: 'head',
    aliases: ['taste'],
    description: 'a head of a test',
    licence: 'none',
    files: [{ ...FILE, path: 'head.npy.json' }],
    tag: 'aesthetic',
    encoder: 'tests/tiny',
  },
];

const HEAD = {
  ...{ format: 'bowerbird-head', version: 1, tag: 'aesthetic', encoder: { name: 'tests/tiny' } },
  layers: [{ weights: [[1, 2, 3]], bias: [4] }],
};

test('a run takes its encoder and heads by name, fetches them once, and says so; offline it takes what is there', async (t) => {
  const world = await makeWorld(t, { rowCount: 8 });
  const mirror = world.path('mirror', 'tests', 'tiny');
  await mkdir(mirror, { recursive: true });
  await writeOddModel(mirror);
  await writeFile(`${mirror}/head.npy.json`, JSON.stringify(HEAD));
  await writeFile(world.path('registry.json'), JSON.stringify({ version: 1, models: MODELS }));
  process.env['BOWERBIRD_CACHE'] = world.path('cache');
  process.env['BOWERBIRD_MODEL_MIRROR'] = world.path('mirror');
  const registry = ['--registry', world.path('registry.json')];
  const score = (out: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli([
      ...['score', world.shard, '--output-folder', world.path(out), '--clip-model', 'Tiny'],
      ...[...registry, ...LOOPBACK_FLAGS, ...more],
    ]);

  const absent = await runCli(['models', 'where', 'Tiny', ...registry]);
  t.is(absent.exitCode, 1);
  t.regex(absent.stderr, /models fetch tests\/tiny/);
  const refused = await score('refused', '--offline');
  t.is(refused.exitCode, 2);
  const nobody = await score('nobody', '--nsfw-head', 'nobody');
  t.is(nobody.exitCode, 2);
  t.regex(nobody.stderr, /There is no model "nobody"[\s\S]*\[BB_MODEL_UNKNOWN\]/);
  t.notRegex(nobody.stderr, /Fetching/);
  t.regex(refused.stderr, /--offline forbids to fetch it[\s\S]*\[BB_MODEL_OFFLINE\]/);

  const run = await score('run');
  t.is(run.exitCode, 0, run.stderr);
  t.regex(run.stderr, /model\.onnx has the sha256 [0-9a-f]{64}, which no registry states/);
  const record = JSON.parse(await readFile(world.path('run', 'run.json'), 'utf8')) as {
    readonly encoder: object;
    readonly heads: object;
  };
  t.like(record.encoder, { name: 'tests/tiny' });
  t.like(record.heads, { aesthetic: { name: 'head.npy.json', encoder_proof: 'name' } });
  process.env['BOWERBIRD_MODEL_MIRROR'] = world.path('nowhere');
  const again = await score('again', '--offline', '--aesthetic-head', 'taste');
  t.is(again.exitCode, 0, again.stderr);

  const found = await runCli(['models', 'where', 'Tiny', ...registry]);
  t.is(found.exitCode, 0);
  t.regex(found.stdout, /tests--tiny\/model\.onnx {2}sha256 [0-9a-f]{64}/);
  const list = await runCli(['models', 'list', ...registry, '--json']);
  const listed = JSON.parse(list.stdout) as { readonly name: string; readonly files: object[] | null }[];
  t.is(listed.find(({ name }) => name === 'tests/tiny')?.files?.length, 1);
  t.is(listed.find(({ name }) => name === 'openai/clip-vit-large-patch14')?.files, null);
  t.regex((await runCli(['models', 'list'])).stdout, / {2}openai\/clip-vit-large-patch14 .* MIT .*ViT-L-14/);

  const check = (...more: string[]): ReturnType<typeof runCli> =>
    runCli(['models', 'check', 'Tiny', ...registry, '--batch-sizes', '2', ...more]);
  const sound = await check('--json');
  t.is(sound.exitCode, 0, sound.stderr);
  t.like(JSON.parse(sound.stdout), { name: 'tests/tiny', dimension: 3, provider: 'cpu', problems: [] });
  const model = world.path('cache', 'models', 'tests--tiny', 'model.onnx');
  const bytes = await readFile(model);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(model, bytes);
  const damaged = await check();
  t.is(damaged.exitCode, 2);
  t.regex(damaged.stderr, /\[BB_MODEL_DIGEST\]/);

  const other = await score('other', '--aesthetic-head', 'laion-v1', '--offline');
  t.is(other.exitCode, 2);
  t.regex(other.stderr, /the encoder is tests\/tiny[\s\S]*\[BB_HEAD_MISMATCH\]/);
  const nameless = await runCli(['models', 'fetch', 'ViT-Z-99', ...registry]);
  t.is(nameless.exitCode, 2);
  t.regex(nameless.stderr, /\[BB_MODEL_UNKNOWN\]/);
});
