import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../base/package.ts';
import { type CnnOptions, MODEL_FILE, PAGE_FILE } from '../cnn/options.ts';
import type { CnnResult } from '../cnn/train.ts';
import { CNN_FLAGS } from './cnn-flags.ts';
import { commandLine, type Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { trainProgress } from './train-progress.ts';
import { describeMeasures } from './train-view.ts';

/** What `train --method cnn` shares with other methods. */
const SHARED_FLAGS = [
  ...['method', 'output-folder', 'incremental-mode', 'json', 'loss', 'quantile', 'epochs', 'batch'],
  ...['learning-rate', 'dropout', 'seed', 'threads'],
];
/** Flags that are never absent, and what they are where nobody gave them. */
const DEFAULTS: FlagValues = {
  ...{ question: 'aesthetic', tag: 'aesthetic', 'remove-rater-bias': false, 'save-checkpoints': false },
};
const CONVOLUTION = /^(\d{1,4})x(\d{1,3})$/;
const LAYER = /^\d{1,5}$/;

/** `bowerbird train --method cnn` @throws BowerbirdError as `trainCnn`, BB_USAGE */
export async function trainCnnCommand({ values, args }: Invocation): Promise<number> {
  const options = cnnOptions(values);
  const { trainCnn } = await import('../cnn/train.ts');
  return withInterrupt(
    () => process.stderr.write('Ending with the best so far (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const page = { command: commandLine(args), bowerbirdVersion: packageVersion };
        const result = await trainCnn({ ...options, page }, { signal, ...trainProgress() });
        const json = values['json'] === true;
        process.stdout.write(json ? `${JSON.stringify(result.record)}\n` : describeNetwork(result));
        if (!result.isInterrupted) return 0;
        process.stderr.write('Interrupted. The network is the best so far; the same command goes on.\n');
        return 130;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted, before an epoch was at its end.\n');
        return 130;
      }
    },
  );
}

/** @throws BowerbirdError BB_USAGE */
export function cnnOptions(values: FlagValues): CnnOptions {
  const known = new Set([...SHARED_FLAGS, ...Object.keys(CNN_FLAGS)]);
  const other = Object.keys(values).find(
    (flag) => !known.has(flag) && values[flag] !== undefined && values[flag] !== DEFAULTS[flag],
  );
  if (other !== undefined) throw usageError(`--${other} is of other methods than cnn. Leave it out.`);
  const dataset = values['dataset'] as string | undefined;
  if (dataset === undefined)
    throw usageError('--method cnn needs --dataset, a folder that bowerbird posts dataset has written.');
  const loss = (values['loss'] as CnnOptions['loss'] | undefined) ?? 'mse';
  const number = (flag: string, otherwise: number): number =>
    (values[flag] as number | undefined) ?? otherwise;
  return {
    ...{ dataset, loss, outputFolder: values['output-folder'] as string },
    overwrite: values['incremental-mode'] === 'overwrite',
    convolutions: convolutionsOf((values['convolutions'] as string[] | undefined) ?? ['10x11', '5x5']),
    hidden: layersOf((values['layers'] as string[] | undefined) ?? ['500', '50']),
    ...{ dropout: number('dropout', 0.25), batch: number('batch', 50), epochs: number('epochs', 50) },
    ...{ learningRate: number('learning-rate', 0.001), seed: number('seed', 0) },
    quantile: quantileOf(values['quantile'] as number | undefined, loss),
    patience: values['patience'] as number | undefined,
    threads: number('threads', availableParallelism()),
    device: (values['device'] as CnnOptions['device'] | undefined) ?? 'cpu',
  };
}

function convolutionsOf(texts: readonly string[]): CnnOptions['convolutions'] {
  return texts.map((text) => {
    const [, channels, kernelPx] = CONVOLUTION.exec(text) ?? [];
    const layer = { channels: Number(channels), kernelPx: Number(kernelPx) };
    if (layer.channels > 0 && layer.kernelPx > 0) return layer;
    throw usageError(
      `--convolutions has channels and a side in pixels for each, as 10x11,5x5; ${text} is not that.`,
    );
  });
}

function layersOf(texts: readonly string[]): number[] {
  const wrong = texts.find((text) => !LAYER.test(text) || Number(text) === 0);
  if (wrong === undefined) return texts.map(Number);
  throw usageError(`--layers has the units of each layer, from 1 to 99999, as 500,50; ${wrong} is not that.`);
}

function quantileOf(quantile: number | undefined, loss: CnnOptions['loss']): number {
  if (quantile === undefined) return 0.5;
  if (loss !== 'quantile')
    throw usageError('--quantile is of --loss quantile. Give that too, or leave it out.');
  if (quantile > 0 && quantile < 1) return quantile;
  throw usageError(`--quantile ${quantile} has no answers on one of its sides. Give one between 0 and 1.`);
}

function describeNetwork({ folder, record }: CnnResult): string {
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['model', join(folder, MODEL_FILE)],
    ['page', join(folder, PAGE_FILE)],
    ['epoch', `${record.epoch_kept} of ${record.epochs_trained}`],
    ...Object.entries(record.measures).map(([name, measures]) => [name, describeMeasures(measures)] as const),
  ];
  const width = 2 + Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}${text}\n`).join('');
}
