import type { RescoreConfig } from '../rescore/config.ts';
import type { HeadSource } from '../rescore/head-set.ts';
import { isTagName, TAGS, type TagName } from '../samples/tags.ts';
import { HEAD_FLAGS } from '../scores/thresholds.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../shards/result-columns.ts';
import { downloadFlags } from './download-flags.ts';
import { type FlagValues, usageError, whereGiven } from './flags.ts';
import { imageFactsFlags } from './image-facts-flags.ts';
import { imageFlags } from './image-flags.ts';
import { libraryOptions } from './models-flags.ts';
import { retryFlags } from './retry-flags.ts';
import { saveFlags } from './save-flags.ts';
import { recomputesTags } from './score-config.ts';
import { SCORE_FLAGS } from './score-flags.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

/** Flags of `score` that only stored embeddings have a use for. */
const ONLY_EMBEDDINGS = [
  'embedding-col',
  'extra-head',
  'mixed-provenance',
  'normalize',
  'scores-only',
  'score-threads',
];

/** Flags of `score` that stored embeddings have no use for. */
const NOT_EMBEDDINGS = [
  'delimiter',
  'quote',
  'encoding',
  'no-header',
  'image-col',
  'number-sample-per-shard',
  'clip-model',
  'dtype',
  'operators',
  'device',
  'batch-size',
  'tag-batch-size',
  'allow-batch-dependence',
  'transform',
  ...Object.keys({
    ...downloadFlags(''),
    ...imageFlags(''),
    ...imageFactsFlags(''),
    ...retryFlags(''),
    ...saveFlags(''),
  }),
  'save-embeddings',
  'save-consent',
  'processes-count',
  'encoder-threads',
  'encoder-timeout',
  'max-mb-in-flight',
  ...Object.keys(SLICE_FLAGS),
];

/** Whether `score` is asked for stored embeddings. @throws BowerbirdError BB_USAGE for a flag of the other kind */
export function asksForEmbeddings(values: FlagValues): boolean {
  const wanted = values['input-format'] === 'embeddings';
  for (const name of wanted ? NOT_EMBEDDINGS : ONLY_EMBEDDINGS) {
    if (JSON.stringify(values[name]) === JSON.stringify(defaultOf(name))) continue;
    throw usageError(
      wanted
        ? `--${name} does nothing with --input-format embeddings: nothing is downloaded or embedded. Leave it out.`
        : `--${name} is for stored embeddings. Give --input-format embeddings with it, or leave it out.`,
    );
  }
  return wanted;
}

/** Refuses stored embeddings where shards are shared out among workers. @throws BowerbirdError BB_USAGE */
export function refuseEmbeddings(values: FlagValues): void {
  if (!asksForEmbeddings(values)) return;
  throw usageError(
    'Stored embeddings are scored by one machine at a million rows a second: they are not planned, and their run is a folder of this machine. ' +
      'Give such a folder as the --output-folder of `bowerbird score`, and copy it afterwards; or leave out --input-format embeddings.',
  );
}

/** A list's default is written as it would be typed. */
function defaultOf(name: string): unknown {
  const { type, default: value } = SCORE_FLAGS[name]!;
  return type === 'list' && typeof value === 'string' ? value.split(',') : value;
}

/**
 * Checked flag values as the configuration of a run over stored embeddings.
 *
 * @throws BowerbirdError BB_USAGE, BB_MODEL_UNKNOWN for a head that does not exist
 */
export async function rescoreConfig(
  values: FlagValues,
  inputs: readonly string[],
  commandLine: string,
): Promise<RescoreConfig> {
  return {
    inputs,
    outputFolder: values['output-folder'] as string,
    ...whereGiven(values, 'urlColumn', 'url-col'),
    ...whereGiven(values, 'captionColumn', 'caption-col'),
    ...whereGiven(values, 'hashColumn', 'hash-col'),
    ...whereGiven(values, 'embeddingColumn', 'embedding-col'),
    heads: await headSources(values),
    recomputeTags: recomputesTags(values),
    isMixAllowed: values['mixed-provenance'] === true,
    ...whereGiven(values, 'minAesthetic', 'min-aesthetic'),
    ...whereGiven(values, 'maxPunsafe', 'max-punsafe'),
    ...whereGiven(values, 'maxPwatermark', 'max-pwatermark'),
    missingTags: values['missing-tags'] as 'drop' | 'keep',
    normalise: values['normalize'] as boolean,
    scoresOnly: values['scores-only'] as boolean,
    skipBadFiles: values['skip-bad-files'] as boolean,
    incrementalMode: values['incremental-mode'] as RescoreConfig['incrementalMode'],
    scoreThreads: values['score-threads'] as number,
    memoryLimitMb: values['memory-mb'] as number,
    commandLine,
  };
}

/** A head as it was asked for. */
interface WantedHead extends Omit<HeadSource, 'path'> {
  readonly name: string;
}

async function headSources(values: FlagValues): Promise<HeadSource[]> {
  if (values['aesthetic-head'] === 'auto') {
    throw usageError(
      'Stored embeddings come without an encoder, so no head comes with them: name the one that was trained on their ' +
        'encoder with --aesthetic-head FILE, or give --aesthetic-head none and other heads.',
    );
  }
  const tagged = TAGS.flatMap((tag) => {
    const name = values[HEAD_FLAGS[tag].slice('--'.length)] as string;
    return name === 'none' ? [] : [{ column: tag, name, tag }];
  });
  const wanted: readonly WantedHead[] = [
    ...tagged,
    ...extraHeads((values['extra-head'] as string[] | undefined) ?? []),
  ];
  if (wanted.length === 0) throw usageError('There is no head to score with. Give --aesthetic-head FILE.');
  const { ModelFinder } = await import('../models/library/finder.ts');
  const finder = await ModelFinder.open(libraryOptions(values, (note) => process.stderr.write(`${note}\n`)));
  try {
    const queries = wanted.map(
      ({ name, tag }) => ({ name, tag, encoder: undefined, from: 'embeddings' }) as const,
    );
    for (const query of queries) await finder.checkHead(query);
    const sources: HeadSource[] = [];
    for (const [i, { name: _, ...head }] of wanted.entries())
      sources.push({ ...head, path: await finder.head(queries[i]!) });
    return sources;
  } finally {
    await finder.close();
  }
}

function extraHeads(given: readonly string[]): { readonly column: TagName; readonly name: string }[] {
  const taken = new Set<string>([...LEADING_COLUMNS, ...TRAILING_COLUMNS]);
  return given.map((text) => {
    const [, column = '', name = ''] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
    if (!isTagName(column)) {
      throw usageError(
        `--extra-head takes NAME=FILE, where NAME has letters, digits and _; ${JSON.stringify(text)} is not that.`,
      );
    }
    if (taken.has(column.toLowerCase())) {
      throw usageError(`--extra-head ${text}: there is a column ${column} already. Choose another name.`);
    }
    taken.add(column.toLowerCase());
    return { column, name };
  });
}
