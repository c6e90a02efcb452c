import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';

/** Runs a compiled bench with few images of a tiny model. */
function runBench(name: string, flags: readonly string[]): { code: number | null; text: string } {
  const script = join(packageFolder, '.build', 'bench', `${name}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

test.serial('the bench of GPUs runs to its end on a CPU too, with rates of each contestant', (t) => {
  const few = ['--batch', '2', '--batches', '1', '--rounds', '1', '--images', '8'];
  const { code, text } = runBench('gpu', ['--models', 'tiny', '--device', 'cpu', ...few]);
  t.is(code, 0, text);
  for (const name of ['session alone, wrapped graph', 'bowerbird', 'bowerbird, 2 sessions'])
    t.regex(text, new RegExp(`^\\| ${name} \\| \\d+\\.\\d `, 'm'));
  t.regex(text, /Decoding takes \d+\.\d\d ms of a core/);
});

const provider = join(
  ...[packageFolder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64'],
  'libonnxruntime_providers_cuda.so',
);
const withoutCuda = existsSync(provider) ? test.skip : test.serial;

withoutCuda(
  'where there is no CUDA the bench of GPUs says what is missing, before it writes a model',
  (t) => {
    const { code, text } = runBench('gpu', ['--models', 'nonesuch']);
    t.is(code, 1);
    t.regex(text, /The device cuda is not available/);
  },
);

test.serial('the bench of the encoder compares its process with a bare session', (t) => {
  const { code, text } = runBench('encoder', [
    '--model',
    'tiny',
    '--batch',
    '2',
    '--images',
    '4',
    '--rounds',
    '1',
  ]);
  t.is(code, 0, text);
  t.regex(text, /^\| session alone, bare graph \| \d+\.\d \|/m);
});
