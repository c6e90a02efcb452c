import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CONVERT_FLAGS, conversionSpec } from '../../src/cli/convert-flags.ts';
import { readPage } from '../docs/pages.ts';
import { runCli } from '../helpers/run-cli.ts';
import { FIXTURES } from '../models/convert/reference.ts';

const DEFAULTS = { dtype: 'float32', operators: 'standard' };

test('the flags of models convert say what the weights do not', (t) => {
  const flags = {
    'attention-heads': 8,
    activation: 'gelu',
    transform: 'short-side',
    interpolation: 'bilinear',
  };
  const sizes = { 'input-size': 224, 'resize-size': 256 };
  t.deepEqual(conversionSpec({ ...DEFAULTS, to: 'models/ViT-B-32', ...flags, ...sizes }), {
    name: 'ViT-B-32',
    precision: 'float32',
    operators: 'standard',
    activation: 'gelu',
    heads: 8,
    transform: { resize: 'short-side', interpolation: 'bilinear', sizePx: 224, shortSidePx: 256 },
  });
});

const SCORE_FLAGS = { tag: 'aesthetic', 'label-transform': 'log1p', 'label-unit': 'likes' };

test('the flags of models convert say what a classifier gives', (t) => {
  const specOf = (flags: object): unknown => conversionSpec({ ...DEFAULTS, to: 'a', ...flags }).score;
  const label = { transform: 'log1p', unit: 'likes' };
  t.deepEqual(specOf(SCORE_FLAGS), { tag: 'aesthetic', label });
  const chosen = { tag: 'punsafe', class: 3, 'score-activation': 'softmax' };
  t.deepEqual(specOf(chosen), { tag: 'punsafe', class: 3, activation: 'softmax' });
  t.is(specOf({}), undefined);
  for (const [flags, message] of [
    [{ class: 0 }, /--class .* --tag/],
    [{ 'label-unit': 'likes' }, /--label-unit .* --tag/],
    [{ tag: 'aesthetic', 'label-unit': 'likes' }, /belong together/],
    [{ ...SCORE_FLAGS, 'label-unit': 'Likes!' }, /small letters/],
    [{ ...SCORE_FLAGS, tag: 'punsafe' }, /no probabilities/],
    [{ ...SCORE_FLAGS, 'score-activation': 'sigmoid' }, /no probabilities/],
  ] as const)
    t.throws(() => specOf(flags), { code: 'BB_USAGE', message });
});

test('a model is named as --name says, else as its folder', (t) => {
  t.is(conversionSpec({ ...DEFAULTS, to: 'a/b/', name: 'openai/clip' }).name, 'openai/clip');
  t.is(conversionSpec({ ...DEFAULTS, to: 'a/b/' }).name, 'b');
  t.throws(() => conversionSpec({ ...DEFAULTS, to: 'a', name: '' }), { code: 'BB_USAGE' });
});

test('the flags that the page of encoders names are those of models convert', (t) => {
  const { text } = readPage('docs/encoders.md');
  for (const flag of Object.keys(CONVERT_FLAGS).filter((name) => name !== 'json'))
    t.true(text.includes(`--${flag}`), flag);
});

test('models convert writes a model and says what it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-models-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const to = join(folder, 'made');
  const { exitCode, stdout, stderr } = await runCli([
    ...['models', 'convert', join(FIXTURES, 'clip'), '--to', to, '--name', 'tiny', '--json'],
  ]);
  t.is(exitCode, 0, stderr);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  t.like(report, { dimension: 10, modelPath: join(to, 'model.onnx') });
  const manifest = JSON.parse(await readFile(join(to, 'model.json'), 'utf8')) as Record<string, unknown>;
  t.like(manifest, { name: 'tiny', sha256: report['digest'], dimension: 10 });
});

test('models convert tells what of a classifier is a score', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-models-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { exitCode, stdout, stderr } = await runCli([
    ...['models', 'convert', join(FIXTURES, 'siglip-classifier'), '--to', join(folder, 'likes')],
    ...['--tag', 'aesthetic', '--label-transform', 'sqrt-log', '--label-unit', 'likes'],
  ]);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^rows +1 value\nscore +aesthetic: value 0, sqrt-log of likes$/m);
});
