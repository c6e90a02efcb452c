import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { startModelMirror } from '../helpers/model-mirror.ts';
import { runCli } from '../helpers/run-cli.ts';
import { halfRows, headWeights, makeFolder, temporaryFolder, writeHead } from './setup.ts';

const DIMENSION = 8;

test('the command scores a folder and says so to persons and machines', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halfRows(1, 30, DIMENSION).halves }]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), 4);
  const args = ['score', '--url_list', folder, '--input_format', 'embeddings', '--aesthetic_head', head];
  const out = ['--output_folder', join(folder, 'out')];
  const said = await runCli([...args, ...out]);
  t.is(said.exitCode, 0, said.stderr);
  t.regex(said.stdout, /rows +30\n/);
  const json = await runCli([...args, ...out, '--json']);
  const result = JSON.parse(json.stdout) as Record<string, unknown>;
  t.is(result['count'], 30);
  t.deepEqual(result['bad_files'], []);
});

/** Command lines that make no sense, and what is said of each. */
const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [
    ['--input-format', 'embeddings'],
    /name the one that was trained on their encoder with --aesthetic-head FILE/,
  ],
  [['--input-format', 'embeddings', '--aesthetic-head', 'none'], /no head to score with/],
  [['--input-format', 'embeddings', '--aesthetic-head', 'nowhere.pth'], /nowhere\.pth/],
  [['--input-format', 'embeddings', '--save-embeddings'], /--save-embeddings does nothing/],
  [['--input-format', 'embeddings', '--aesthetic-head', 'builtin', '--extra-head', 'a'], /NAME=FILE/],
  [
    ['--input-format', 'embeddings', '--aesthetic-head', 'builtin', '--extra-head', 'Hash=x'],
    /a column Hash already/,
  ],
  [
    [
      '--input-format',
      'embeddings',
      '--aesthetic-head',
      join(packageFolder, 'assets', 'encoders', 'builtin'),
    ],
    /is an image model, which takes pixels/,
  ],
  [['--normalize'], /--normalize is for stored embeddings/],
];

for (const [flags, message] of REFUSED) {
  test(`score ${flags.join(' ')} is refused as bad usage`, async (t) => {
    const folder = await temporaryFolder(t);
    const { exitCode, stderr } = await runCli([
      'score',
      folder,
      '--output-folder',
      join(folder, 'out'),
      ...flags,
    ]);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, message);
  });
}

test('an image model by name is refused for stored embeddings before anything is fetched', async (t) => {
  const folder = await temporaryFolder(t);
  const mirror = await startModelMirror(t);
  process.env['BOWERBIRD_MODEL_MIRROR'] = mirror.origin;
  process.env['BOWERBIRD_CACHE'] = join(folder, 'cache');
  const { exitCode, stderr } = await runCli([
    ...['score', folder, '--input-format', 'embeddings', '--output-folder', join(folder, 'out')],
    ...['--aesthetic-head', 'laion-aesthetic-v1-vit-l-14', '--watermark-model', 'laion'],
  ]);
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /laion is an image model, which takes pixels/);
  t.deepEqual(mirror.requests, []);
});

test('a score column that is null in every row brings no rule, as in the tables of a run without that tag', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = Array.from({ length: 30 }, (_, row) => ({
    punsafe: row < 10 ? 0.75 : 0.25,
    pwatermark: null,
  }));
  const columns = { punsafe: 'FLOAT', pwatermark: 'FLOAT' } as const;
  await makeFolder(folder, DIMENSION, [
    { number: '0', values: halfRows(1, 30, DIMENSION).halves, columns, rows },
  ]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), 4);
  const out = ['--output-folder', join(folder, 'out')];
  const run = ['score', folder, '--input-format', 'embeddings', '--aesthetic-head', head, ...out];
  const { stdout, stderr } = await runCli(run);
  t.regex(stdout, /^kept +20$/m, stderr);
  t.notRegex(stdout, /dropped: no pwatermark/);
  t.regex(stdout, /pwatermark "pwatermark" holds nothing but null/);
  t.regex(stdout, /Not checked for watermarks: 20 of 20 kept \(no pwatermark in the input/);
});
