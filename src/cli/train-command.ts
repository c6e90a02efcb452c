import { availableParallelism } from 'node:os';
import { packageVersion } from '../base/package.ts';
import type { Combination, Method, TrainOptions } from '../learn/options.ts';
import type { Tag } from '../samples/tags.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { embeddingsHere, filesHere } from './inputs-here.ts';
import { withInterrupt } from './interrupt.ts';
import { picturesOfRuns } from './run-pictures.ts';
import { trainCnnCommand } from './train-cnn.ts';
import { TRAIN_FLAGS } from './train-flags.ts';
import { refuseFlagsOfOthers, requireMaterial } from './train-methods.ts';
import { trainProgress } from './train-progress.ts';
import { describeTraining } from './train-view.ts';

/** `bowerbird train` */
export const TRAIN: Command = {
  flags: TRAIN_FLAGS,
  examples: [
    [
      'train --method ridge --feedback taste.jsonl --embeddings scored --output-folder taste',
      'From ratings, linear',
    ],
    [
      'train --method bradley-terry --feedback taste.jsonl --embeddings scored --output-folder taste',
      'From pairs, an ensemble',
    ],
    [
      'train --method cnn --dataset likes --output-folder network',
      'From the pixels of posts, a network that score takes',
    ],
  ],
  docs: 'docs/train.md',
  remoteInputs: ['feedback', 'embeddings', 'queue'],
  run: trainCommand,
};

/** @throws BowerbirdError as `trainHead` and `trainCnn`, BB_USAGE */
async function trainCommand(invocation: Invocation): Promise<number> {
  const { values, args } = invocation;
  if (values['method'] === 'cnn') return trainCnnCommand(invocation);
  const given = trainOptions(values);
  requireMaterial(values, given.method);
  const { refuseTaken, trainHead } = await import('../learn/train.ts');
  return withInterrupt(
    () => process.stderr.write('Ending with the best so far (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const progress = trainProgress();
        // Nothing is fetched for what cannot be written.
        refuseTaken(given);
        const options = await withInputsHere(given, progress.note);
        const page = {
          ...{ command: commandLine(args), bowerbirdVersion: packageVersion },
          picturesOf: picturesOfRuns(options.embeddings, signal, progress.note),
        };
        const result = await trainHead({ ...options, page }, { signal, ...progress });
        const json = values['json'] === true;
        process.stdout.write(json ? `${JSON.stringify(result.record)}\n` : describeTraining(result));
        if (!signal.aborted) return 0;
        process.stderr.write('Interrupted. The head is the best so far.\n');
        return 130;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted, before there was anything to keep.\n');
        return 130;
      }
    },
  );
}

/** The same options with paths of what lies elsewhere. @throws as `embeddingsHere` */
async function withInputsHere(options: TrainOptions, onNote: (note: string) => void): Promise<TrainOptions> {
  const { feedback, queues, embeddings } = options;
  return {
    ...options,
    feedback: await filesHere(feedback, onNote),
    queues: queues && (await filesHere(queues, onNote)),
    embeddings: await embeddingsHere(embeddings, onNote),
  };
}

/** @throws BowerbirdError BB_USAGE where flags do not go together */
function trainOptions(values: FlagValues): TrainOptions {
  const method = values['method'] as Method;
  refuseFlagsOfOthers(values, method);
  return {
    method,
    feedback: values['feedback'] as string[],
    question: values['question'] as string,
    raters: values['rater'] as string[] | undefined,
    embeddings: values['embeddings'] as string[],
    embeddingColumn: values['embedding-col'] as string | undefined,
    hashColumn: values['hash-col'] as string | undefined,
    outputFolder: values['output-folder'] as string,
    overwrite: values['incremental-mode'] === 'overwrite',
    tag: values['tag'] as Tag,
    removeRaterBias: values['remove-rater-bias'] === true,
    threshold: values['threshold'] as number | undefined,
    labelTransform: values['label-transform'] as TrainOptions['labelTransform'],
    rangeWeights: rangeWeightsOf(values['range-weights'] as string[] | undefined),
    penalty: values['penalty'] as number | undefined,
    members: (values['members'] as number | undefined) ?? 16,
    combine: values['ensemble'] as Combination | undefined,
    threads: (values['threads'] as number | undefined) ?? availableParallelism(),
    hidden: values['hidden'] as number | undefined,
    evaluateEvery: values['evaluate-every'] as number | undefined,
    keepStep: values['step'] as number | undefined,
    saveCheckpoints: values['save-checkpoints'] === true,
    seeds: values['seeds'] as number | undefined,
    queues: values['queue'] as string[] | undefined,
    network: {
      dropout: (values['dropout'] as number | undefined) ?? 0.1,
      batch: (values['batch'] as number | undefined) ?? 1,
      epochs: (values['epochs'] as number | undefined) ?? 5,
      seed: (values['seed'] as number | undefined) ?? 0,
      ...stepsOf(values),
      valueLoss: lossOf(values),
    },
  };
}

function lossOf(values: FlagValues): TrainOptions['network']['valueLoss'] {
  const loss = (values['loss'] as 'mse' | 'huber' | 'quantile' | undefined) ?? 'mse';
  return loss === 'quantile' ? { quantile: (values['quantile'] as number | undefined) ?? 0.5 } : loss;
}

/** `200=2`: a value, and what those from it on count. */
const RANGE_WEIGHT = /^([^=]+)=([^=]+)$/;

/** @throws BowerbirdError BB_USAGE */
function rangeWeightsOf(texts: readonly string[] | undefined): TrainOptions['rangeWeights'] {
  if (texts === undefined) return undefined;
  const ranges = texts.map((text) => {
    const [, from, weight] = RANGE_WEIGHT.exec(text) ?? [];
    return { from: numberOf(from), weight: numberOf(weight) };
  });
  const isFit = ranges.every(
    ({ from, weight }, i) =>
      Number.isFinite(from) &&
      weight > 0 &&
      Number.isFinite(weight) &&
      (i === 0 || from > ranges[i - 1]!.from),
  );
  if (!isFit)
    throw usageError(
      `--range-weights needs values that rise, each with a weight above 0, as 200=2,20000=4; ${texts.join(',')} is not that.`,
    );
  return ranges;
}

/** Not a number of a text that is blank or none. */
function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text);
}

/**
 * How far a step goes. Linear members learn by steps a hundred times as long as networks, of which each layer moves the others: with those of
 * networks they are far from done after a thousand pairs.
 */
function stepsOf(values: FlagValues): Pick<TrainOptions['network'], 'learningRate' | 'weightDecay'> {
  const isLinear = values['hidden'] === 0;
  return {
    learningRate: (values['learning-rate'] as number | undefined) ?? (isLinear ? 0.03 : 0.0003),
    weightDecay: (values['weight-decay'] as number | undefined) ?? (isLinear ? 0.02 : 0.2),
  };
}
