import { availableParallelism } from 'node:os';
import type { ChoiceOptions } from '../popularity/choose.ts';
import type { DatasetOptions, Gate, ImageOptions } from '../popularity/options.ts';
import { type LabelTransform, transformProblem } from '../samples/label.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { POSTS_DATASET_FLAGS } from './posts-dataset-flags.ts';
import { describeDataset } from './posts-dataset-view.ts';
import { trainProgress } from './train-progress.ts';

const USUAL_SIZE_PX = 50;

/** `bowerbird posts dataset` */
export const POSTS_DATASET: Command = {
  flags: POSTS_DATASET_FLAGS,
  examples: [
    ['posts dataset likes --posts-per-user least --output-folder dataset', 'As many posts of each user'],
    [
      'posts dataset likes --standardise none --likes-from 200 --likes-to 20000 --no-images --output-folder dataset',
      'Labels alone, of a range of likes',
    ],
  ],
  docs: 'docs/posts-dataset.md',
  extend: (parser) =>
    parser.positional('posts', {
      type: 'string',
      demandOption: true,
      describe: 'Table of posts, as `posts add` has made it',
    }),
  run: datasetCommand,
};

/** @throws BowerbirdError as `makeDataset`, BB_USAGE */
async function datasetCommand({ values, parsed }: Invocation): Promise<number> {
  const options = datasetOptions(parsed['posts'] as string, values);
  const { makeDataset } = await import('../popularity/make.ts');
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const record = await makeDataset(options, { signal, ...trainProgress() });
        const json = values['json'] === true;
        process.stdout.write(
          json ? `${JSON.stringify(record)}\n` : describeDataset(options.outputFolder, record),
        );
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted. Nothing was written.\n');
        return 130;
      }
    },
  );
}

/** @throws BowerbirdError BB_USAGE where flags do not go together */
function datasetOptions(posts: string, values: FlagValues): DatasetOptions {
  const likesFrom = values['likes-from'] as number | undefined;
  const likesTo = values['likes-to'] as number | undefined;
  if (likesFrom !== undefined && likesTo !== undefined && likesFrom > likesTo)
    throw usageError(`--likes-from ${likesFrom} must not be above --likes-to ${likesTo}.`);
  const transform = values['label-transform'] as string | undefined;
  const problem = transform === undefined ? undefined : transformProblem(transform);
  if (problem !== undefined) throw usageError(`--label-transform ${transform} cannot be used: ${problem}.`);
  const question = values['question'] as string;
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(question))
    throw usageError(
      `--question ${JSON.stringify(question)} is no name of a question: a small letter, then small letters, digits, _ and -, at most 64.`,
    );
  return {
    ...{ posts, question, likesFrom, likesTo, gate: gateOf(values), images: imagesOf(values) },
    minAgeDays: values['min-age'] as number | undefined,
    standardise: values['standardise'] as DatasetOptions['standardise'],
    transform: transform as LabelTransform | undefined,
    postsPerUser: values['posts-per-user'] as ChoiceOptions['postsPerUser'],
    splitBy: values['split-by'] as DatasetOptions['splitBy'],
    takesRepeated: values['repeated'] === true,
    seed: values['seed'] as number,
    processes: (values['processes'] as number | undefined) ?? availableParallelism(),
    outputFolder: values['output-folder'] as string,
    overwrite: values['incremental-mode'] === 'overwrite',
  };
}

/** A path may have colons too: the column stands behind the last one, and is no path. */
function gateOf(values: FlagValues): Gate | undefined {
  const text = values['gate'] as string | undefined;
  const from = values['gate-from'] as number | undefined;
  const below = values['gate-below'] as number | undefined;
  if ((text === undefined) !== (from === undefined && below === undefined))
    throw usageError('--gate RUN:COLUMN needs --gate-from or --gate-below, and these need it.');
  if (text === undefined) return undefined;
  const [, path = text, column = 'aesthetic'] = /^(.+):([^:/\\]+)$/s.exec(text) ?? [];
  return { path, column, from, below };
}

function imagesOf(values: FlagValues): ImageOptions | undefined {
  const sizePx = values['image-size'] as number | undefined;
  const minSidePx = values['min-side'] as number | undefined;
  const picturesFrom = values['pictures-from'] as string[] | undefined;
  if (values['images'] !== false)
    return {
      sizePx: sizePx ?? USUAL_SIZE_PX,
      minSidePx: minSidePx ?? sizePx ?? USUAL_SIZE_PX,
      picturesFrom: picturesFrom ?? [],
    };
  if (sizePx !== undefined || minSidePx !== undefined || picturesFrom)
    throw usageError(
      '--image-size, --min-side and --pictures-from are of images, and with --no-images none is looked at.',
    );
  return undefined;
}
