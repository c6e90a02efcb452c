import { resolve } from 'node:path';
import type { EvaluateOptions } from '../evaluate/options.ts';
import type { Tag } from '../samples/tags.ts';
import { askedUrl, rememberUrl } from '../storage/storage.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { EVALUATE_FLAGS } from './evaluate-flags.ts';
import { describeEvaluation } from './evaluate-view.ts';
import { type FlagValues, usageError } from './flags.ts';
import { embeddingsHere, filesHere, tableHere } from './inputs-here.ts';
import { withInterrupt } from './interrupt.ts';
import { libraryOptions } from './models-flags.ts';
import { trainProgress } from './train-progress.ts';

/** `bowerbird evaluate` */
export const EVALUATE: Command = {
  flags: EVALUATE_FLAGS,
  examples: [
    [
      'evaluate taste/head.safetensors builtin --feedback taste.jsonl --embeddings scored',
      "One's own head beside the built-in one",
    ],
    ['evaluate --scores tags.parquet:aesthetic --feedback taste.jsonl --all', 'Published scores'],
  ],
  docs: 'docs/evaluate.md',
  remoteInputs: ['heads', 'feedback', 'embeddings', 'scores', 'queue', 'learned-from'],
  extend: (parser) =>
    parser.positional('heads', {
      describe: 'Heads: files, names, or builtin',
      type: 'string',
      array: true,
      default: [],
    }),
  run: evaluateCommand,
};

/** @throws BowerbirdError BB_USAGE; as `evaluateHeads` and `writeEvaluation` */
async function evaluateCommand({ values, parsed, args }: Invocation): Promise<number> {
  const names = parsed['heads'] as string[];
  const base = evaluateOptions(values, names);
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const [
          { evaluateHeads },
          { evaluationPlace, writeEvaluation },
          { evaluationRecord },
          { showCollection },
        ] = await Promise.all([
          import('../evaluate/evaluate.ts'),
          import('../evaluate/output.ts'),
          import('../evaluate/record.ts'),
          import('../evaluate/shown.ts'),
        ]);
        const folder = values['output-folder'] as string | undefined;
        const place =
          folder === undefined
            ? undefined
            : await evaluationPlace(
                resolve(folder),
                values['incremental-mode'] === 'overwrite',
                inputsOf(base, names),
              );
        const progress = { signal, ...trainProgress() };
        const heads = await headFiles(names, values);
        const options = { ...(await withInputsHere(base, progress.note)), heads };
        const evaluation = await evaluateHeads(options, progress);
        if (place) {
          const { collection } = evaluation;
          const shown = collection && (await showCollection(collection, options, progress));
          await writeEvaluation(place, evaluation, shown, commandLine(args));
        }
        process.stdout.write(
          values['json'] === true
            ? `${JSON.stringify(evaluationRecord(evaluation))}\n`
            : describeEvaluation(evaluation, place),
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

type OptionsWithoutHeads = Omit<EvaluateOptions, 'heads'>;

/** The same options with paths of what lies elsewhere. @throws as `embeddingsHere` */
async function withInputsHere(
  options: OptionsWithoutHeads,
  onNote: (note: string) => void,
): Promise<OptionsWithoutHeads> {
  const { feedback, queues, embeddings, scoreColumns, learnedFrom } = options;
  const columns: EvaluateOptions['scoreColumns'][number][] = [];
  for (const { path, column } of scoreColumns) columns.push({ path: await tableHere(path, onNote), column });
  return {
    ...options,
    feedback: await filesHere(feedback, onNote),
    queues: await filesHere(queues, onNote),
    embeddings: await embeddingsHere(embeddings, onNote),
    scoreColumns: columns,
    learnedFrom: learnedFrom && (await filesHere(learnedFrom, onNote)),
  };
}

/** Files and folders that are read, as they were named. */
function inputsOf(
  { feedback, queues, embeddings, scoreColumns, learnedFrom, dataset, users }: OptionsWithoutHeads,
  heads: readonly string[],
): string[] {
  const named = [dataset, users?.path].filter((path) => path !== undefined);
  return [
    ...[...feedback, ...queues, ...embeddings, ...scoreColumns.map(({ path }) => path), ...heads],
    ...[...(learnedFrom ?? []), ...named],
  ];
}

/** @throws BowerbirdError BB_USAGE where flags do not go together */
function evaluateOptions(values: FlagValues, names: readonly string[]): OptionsWithoutHeads {
  const scores = (values['scores'] as string[] | undefined) ?? [];
  const embeddings = (values['embeddings'] as string[] | undefined) ?? [];
  if (names.length + scores.length === 0)
    throw usageError(
      'There is nothing to evaluate. Name heads, or published scores with --scores FILE:COLUMN.',
    );
  if (names.length > 0 && embeddings.length === 0)
    throw usageError(
      'Heads need the embeddings of the samples: name run folders or files with --embeddings.',
    );
  if (names.length === 0 && embeddings.length > 0)
    throw usageError('--embeddings are for heads, and none is named. Leave it out, or name heads.');
  return {
    scoreColumns: scores.map((text) => scoreColumn(text)),
    feedback: values['feedback'] as string[],
    question: values['question'] as string,
    raters: values['rater'] as string[] | undefined,
    queues: (values['queue'] as string[] | undefined) ?? [],
    embeddings,
    embeddingColumn: values['embedding-col'] as string | undefined,
    hashColumn: values['hash-col'] as string | undefined,
    tag: values['tag'] as Tag,
    learnedFrom: values['learned-from'] as string[] | undefined,
    dataset: values['dataset'] as string | undefined,
    users: usersOf(values['users'] as string | undefined),
    takesAll: values['all'] === true || values['held-out-only'] === false,
    goodFrom: values['good-from'] as number | undefined,
    goodFromLikes: values['good-from-likes'] as number | undefined,
    scoreThreshold: values['score-threshold'] as number | undefined,
    ranges: rangesOf('ranges', values),
    rangesLikes: rangesOf('ranges-likes', values),
    perRater: values['per-rater'] === true,
    collectionRows: values['collection-rows'] as number,
    resamples: values['resamples'] as number,
    seed: values['seed'] as number,
  };
}

/** A path may have colons too: the column stands behind the last one, and is no path. In a URL it stands behind the query, which is shown to nobody. */
function scoreColumn(text: string, usual = 'aesthetic'): EvaluateOptions['scoreColumns'][number] {
  const [, path = text, column = usual] = /^(.+):([^:/\\]+)$/s.exec(askedUrl(text)) ?? [];
  return { path: rememberUrl(path), column };
}

function usersOf(text: string | undefined): EvaluateOptions['users'] {
  if (text === undefined) return undefined;
  const { path, column } = scoreColumn(text, 'user');
  return { path, column };
}

function rangesOf(flag: 'ranges' | 'ranges-likes', values: FlagValues): number[] | undefined {
  const texts = values[flag] as readonly string[] | undefined;
  if (texts === undefined) return undefined;
  const edges = texts.map(Number);
  const isRising = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!));
  if (!isRising) throw usageError(`--${flag} needs rising numbers, as 4,7; ${texts.join(',')} is not that.`);
  return edges;
}

async function headFiles(
  names: readonly string[],
  values: FlagValues,
): Promise<{ readonly name: string; readonly path: string }[]> {
  const { ModelFinder } = await import('../models/library/finder.ts');
  const finder = await ModelFinder.open(libraryOptions(values, (note) => process.stderr.write(`${note}\n`)));
  try {
    const queries = names.map(
      (name) => ({ name, tag: values['tag'] as Tag, encoder: undefined, from: 'embeddings' }) as const,
    );
    for (const query of queries) await finder.checkHead(query);
    const found: { readonly name: string; readonly path: string }[] = [];
    for (const query of queries) found.push({ name: query.name, path: await finder.head(query) });
    return found;
  } finally {
    await finder.close();
  }
}
