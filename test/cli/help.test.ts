import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { SUBSET_FLAGS } from '../../src/cli/subset-flags.ts';
import { unknownFlag } from '../../src/cli/unknown-flags.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';

const SCORE = { name: 'score', flags: SCORE_FLAGS };
const SUBSET = { name: 'subset', flags: SUBSET_FLAGS };

const UNKNOWN: readonly (readonly [string, typeof SCORE, RegExp])[] = [
  ['min-asthetic', SCORE, /no flag --min-asthetic\. Did you mean --min-aesthetic\?/],
  ['output-foldr', SUBSET, /Did you mean --output-folder\?/],
  ['upscale-interpolation', SCORE, /no flag --upscale-interpolation: saved images are resized by libvips/],
  ['image-size', SUBSET, /it is one of `bowerbird score`/],
  ['cut', SCORE, /it is one of `bowerbird subset`/],
  ['xyzzy', SCORE, /^score has no flag --xyzzy\.$/],
];

for (const [name, command, message] of UNKNOWN) {
  test(`of the unknown flag --${name}, ${command.name} says what was meant or what does its job`, (t) => {
    t.regex(unknownFlag(name, command, [SCORE, SUBSET]), message);
  });
}

test('flags of img2dataset in its own spelling are answered on the command line, each of them', async (t) => {
  const result = await runCli([
    'score',
    'x',
    '--output_folder',
    'o',
    '--upscale_interpolation=cubic',
    '--use_jit',
    'true',
  ]);
  t.is(result.exitCode, 2);
  t.regex(result.stderr, /--upscale-interpolation: saved images are resized/);
  t.regex(result.stderr, /--use-jit: encoders are ONNX files/);
});

test('the help of every command opens with its usage and examples, and ends with where the documentation is', async (t) => {
  const commands = [
    ['score'],
    ['subset'],
    ['sidecars'],
    ['buckets'],
    ['lookup'],
    ['serve'],
    ['browse'],
    ['demo'],
    ['store', 'build'],
    ['store', 'verify'],
    [],
  ];
  await Promise.all(
    commands.map(async (words) => {
      const { stdout } = await runCli([...words, '--help']);
      t.true(stdout.startsWith(['bowerbird', ...words].join(' ')), stdout);
      const examples = stdout.indexOf('Examples:\n# ');
      const first = stdout.search(/^(Commands|Options|Positionals|Input|Address|Output):$/m);
      t.true(examples > 0 && examples < first, words.join(' '));
      t.regex(stdout, /\nDocumentation: \/\S+\.md\n$/);
    }),
  );
});

test('required flags stand in the usage and are marked in the list', async (t) => {
  const { stdout } = await runCli(['score', '--help']);
  t.regex(stdout, /^bowerbird score \[inputs\.\.\] --output-folder FOLDER\n/);
  t.regex(stdout, /--output-folder .*\[required\]/);
});

test('of an unknown name in --config, score says what was meant', async (t) => {
  const path = join(await makeFolder(t), 'config.json');
  await writeFile(path, '{"min_asthetic": 7}');
  const { exitCode, stderr } = await runCli(['score', 'a.csv', '--output-folder', 'out', '--config', path]);
  t.is(exitCode, 2);
  t.regex(stderr, /config\.json: score has no flag --min-asthetic\. Did you mean --min-aesthetic\?/);
});
