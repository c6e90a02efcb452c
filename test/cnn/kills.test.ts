import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readCheckpoint } from '../../src/cnn/checkpoint.ts';
import { runCliAlone, startCli } from '../helpers/run-cli.ts';
import { until } from '../helpers/until.ts';
import { SQUARE_SIDE_PX, squares, temporaryFolder, writeDataset } from './datasets.ts';

const SPLITS = {
  train: squares('train', 200),
  validation: squares('validation', 20),
  test: squares('test', 20),
};

test('a training that is killed in the middle of an epoch goes on to the bytes of one that was not', async (t) => {
  const folder = await temporaryFolder(t);
  const dataset = await writeDataset(join(folder, 'dataset'), SQUARE_SIDE_PX, SPLITS);
  const small = [
    '--convolutions',
    '3x4',
    '--layers',
    '8',
    '--batch',
    '4',
    '--epochs',
    '12',
    '--threads',
    '1',
  ];
  const argsFor = (output: string): string[] => [
    ...['train', '--method', 'cnn', '--dataset', dataset, '--output-folder', join(folder, output), ...small],
  ];
  const running = startCli(argsFor('killed'), { isDoomed: true });
  await until(() => running.stderr().includes('epoch 3:'));
  running.process.kill('SIGKILL');
  t.is((await running.ended).signal, 'SIGKILL');
  const path = join(folder, 'killed', 'checkpoint.safetensors');
  const shape = {
    imagePx: SQUARE_SIDE_PX,
    convolutions: [{ channels: 3, kernelPx: 4 }],
    hidden: [8],
    dropout: 0.25,
  };
  const { looks } = readCheckpoint(path, { shape, settings: {} })!;
  t.true(looks.length > 3 && looks.length < 13);

  const again = await runCliAlone(argsFor('killed'));
  t.is(again.exitCode, 0, again.stderr);
  t.true(again.stderr.startsWith(`Going on after epoch ${looks.length - 1} of 12.`));
  const whole = await runCliAlone([...argsFor('whole'), '--json']);
  t.is(whole.exitCode, 0, whole.stderr);
  for (const name of ['model.onnx', 'model.json', 'training.json'])
    t.deepEqual(readFileSync(join(folder, 'killed', name)), readFileSync(join(folder, 'whole', name)), name);
  t.deepEqual(
    JSON.parse(whole.stdout),
    JSON.parse(readFileSync(join(folder, 'whole', 'training.json'), 'utf8')),
  );
});
