import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BowerbirdError, isMissing } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { PATH_COLUMN } from '../pictures/picture-row.ts';
import { TAGS } from '../samples/tags.ts';
import { SUBSET_FILE } from '../subset/output-folder.ts';
import type { SubsetPart, SubsetSummary } from '../subset/summary.ts';
import type { RecordBatch, Table } from '../tables/arrow-library.ts';
import { KNOWN_NAMES } from '../tables/parts.ts';
import { pickColumns, readColumnsOf } from '../tables/reading/columns.ts';
import { ParquetReader } from '../tables/reading/parquet-reader.ts';
import { type ColumnValue, valuesOf } from '../tables/reading/values.ts';
import { type BatchFile, readBatches, readTable } from './batches.ts';
import { columnNames, filteredColumns, requireOpening, type ScoreFilter, scoreCondition } from './filters.ts';
import type { Scores } from './run-samples.ts';

/** A row of a subset. */
export interface SubsetSample<Name extends string = string> {
  readonly url: string | null;
  readonly caption: string | null;
  /** Of an image in a file: its path within the input. */
  readonly path: string | null;
  readonly hash: bigint | null;
  /** The scores that the subset has; null for others. */
  readonly scores: Scores;
  /** Its other columns, of which `columns` may name those of URLs, captions and paths too. */
  readonly columns: Readonly<Record<Name, ColumnValue>>;
}

/** Which rows are read, and what of them. */
export interface SubsetOptions<Name extends string = string> extends ScoreFilter {
  /** Names of the only `columns` that are wanted; all that no field of its own gives where not given. */
  readonly columns?: readonly Name[];
}

/** Which rows are read as batches, and which columns of the files. */
export interface SubsetBatchOptions extends ScoreFilter {
  readonly columns?: readonly string[];
}

/** A subset as it lay on disk when it was opened. As a `Run`, it holds no file open. */
export interface Subset {
  readonly folder: string;
  /** `aesthetic_7` of several that were cut in one scan. */
  readonly name: string;
  readonly rows: number;
  /** Its Parquet files, in order. */
  readonly files: readonly string[];
  /** Names and DuckDB's types of the columns of its files. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** subset.json as it is (docs/subset.md). */
  readonly summary: Readonly<Record<string, unknown>>;

  /** The rows in their order, of which 2048 are in memory. @throws BowerbirdError BB_USAGE, BB_COLUMN_MISSING, BB_SHARD_READ; while they are read */
  samples<Name extends string = string>(
    options?: SubsetOptions<Name>,
  ): AsyncGenerator<SubsetSample<Name>, void, undefined>;

  /** The rows as Arrow record batches of up to 2048. @throws as `samples` */
  batches(options?: SubsetBatchOptions): AsyncGenerator<RecordBatch, void, undefined>;

  /** The same as one Arrow table, all of it in memory. @throws as `samples` */
  table(options?: SubsetBatchOptions): Promise<Table>;
}

/**
 * Opens a subset that `bowerbird subset` made. Of several in one folder the path names one: `best/aesthetic_7`.
 *
 * @throws BowerbirdError BB_USAGE for a path that is no text; BB_SUBSET_CORRUPT where there is none, its subset.json is damaged, or the path leads to several;
 *   BB_OUTPUT_UNFINISHED
 */
export async function openSubset(path: string): Promise<Subset> {
  requireOpening(path);
  const { root, summary, part } = await findPart(resolve(path));
  const folder = join(root, part.folder);
  const batchFiles: BatchFile[] = part.files.map(({ name, rows }) => ({
    path: join(folder, name),
    rowCount: rows,
    check: () => Promise.resolve(),
  }));
  const selection = (
    options: SubsetBatchOptions,
  ): { columns: SubsetBatchOptions['columns']; where: string | undefined } => ({
    columns: options.columns,
    where: conditionOf(summary, options),
  });
  return {
    folder,
    name: part.name,
    rows: part.kept,
    files: batchFiles.map((file) => file.path),
    columns: summary.columns,
    summary: { ...summary },
    samples: (options = {}) => readRows(summary, batchFiles, options),
    async *batches(options = {}) {
      yield* readBatches(batchFiles, selection(options));
    },
    table: async (options = {}) => readTable(batchFiles, selection(options)),
  };
}

interface FoundPart {
  /** The folder of subset.json. */
  readonly root: string;
  readonly summary: SubsetSummary;
  readonly part: SubsetPart;
}

async function findPart(path: string): Promise<FoundPart> {
  const own = await readSummary(path);
  const root = own ? path : dirname(path);
  const summary = own ?? (await readSummary(root));
  if (!summary) throw unfit(path, `it has no ${SUBSET_FILE}`);
  const parts = own ? summary.subsets : summary.subsets.filter(({ folder }) => folder === basename(path));
  const [part] = parts;
  if (part && parts.length === 1) return { root, summary, part };
  const names = summary.subsets.map(({ folder }) => folder).join(', ');
  throw unfit(
    path,
    own
      ? `it holds several, so name one of them: ${names}`
      : `${root} has no subset of that name; it has ${names}`,
  );
}

async function readSummary(folder: string): Promise<SubsetSummary | undefined> {
  await refuseUnfinished([folder]);
  const path = join(folder, SUBSET_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  try {
    const summary = JSON.parse(text) as SubsetSummary;
    const isWhole = [summary.subsets, summary.columns, summary.metadata.parts].every(Array.isArray);
    if (summary.formatVersion === 1 && isWhole) return summary;
  } catch (cause) {
    throw unfit(folder, `its ${SUBSET_FILE} cannot be read`, cause);
  }
  throw unfit(folder, `its ${SUBSET_FILE} is none of format version 1`);
}

function unfit(path: string, why: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError('BB_SUBSET_CORRUPT', `${path} cannot be opened as a subset: ${why}.`, {
    ...(cause !== undefined && { cause }),
    fields: { path },
  });
}

function conditionOf({ columns }: SubsetSummary, filter: ScoreFilter): string | undefined {
  pickColumns(columns, filteredColumns(filter), 'The subset');
  return scoreCondition(filter);
}

async function* readRows<Name extends string>(
  summary: SubsetSummary,
  files: readonly BatchFile[],
  options: SubsetOptions<Name>,
): AsyncGenerator<SubsetSample<Name>, void, undefined> {
  const where = conditionOf(summary, options);
  const asked = columnNames(options.columns);
  const texts = summary.columns.filter(({ type }) => type === 'VARCHAR').map(({ name }) => name);
  const named = summary.metadata.parts.find(({ part }) => part === 'url')?.column;
  // Where no column has URLs, paths stand for them in the books.
  const url = texts.find((name) => name === named && name !== PATH_COLUMN);
  const caption = KNOWN_NAMES.caption.find((name) => texts.includes(name));
  const file = texts.find((name) => name === PATH_COLUMN);
  const fixed: readonly (string | undefined)[] = [url, caption, file, 'hash', ...TAGS];
  const reader = await ParquetReader.open();
  try {
    for (const { path, rowCount } of files) {
      const known = readColumnsOf(await reader.columnsOf(path));
      const rest = known.filter(({ name }) => name !== 'hash' && !(TAGS as readonly string[]).includes(name));
      const others =
        asked === undefined
          ? rest.filter(({ name }) => !fixed.includes(name))
          : pickColumns(rest, asked, path);
      const read = [...new Set([...known.filter(({ name }) => fixed.includes(name)), ...others])];
      const places = new Map(read.map(({ name }, place) => [name, place]));
      for await (const chunk of reader.chunks({ path, rowCount, columns: read, where })) {
        const values = valuesOf(chunk, read);
        for (let row = 0; row < chunk.rowCount; row++) {
          const get = <Value>(name: string | undefined): Value =>
            (values[places.get(name ?? '') ?? -1]?.[row] ?? null) as Value;
          yield {
            url: get(url),
            caption: get(caption),
            path: get(file),
            hash: get('hash'),
            scores: Object.fromEntries(TAGS.map((tag) => [tag, get(tag)])) as Scores,
            columns: Object.fromEntries(
              others.map(({ name }) => [name, get(name)]),
            ) as SubsetSample<Name>['columns'],
          };
        }
      }
    }
  } finally {
    reader.close();
  }
}
