import type { FailureReason, SampleStatus } from '../samples/reasons.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../shards/result-columns.ts';
import { pickColumns, type ReadColumn, readColumnsOf } from '../tables/reading/columns.ts';
import { FILE_ROW, ParquetReader } from '../tables/reading/parquet-reader.ts';
import { type ColumnValue, valuesOf } from '../tables/reading/values.ts';
import {
  columnNames,
  refusedOption,
  requireOptions,
  type SampleFilter,
  sampleCondition,
  type Verdict,
} from './filters.ts';
import type { RunFacts, RunShard } from './run-shards.ts';

/** The scores of a row; null where it has none. */
export type Scores = Readonly<Record<Tag, number | null>>;

/** A row of a run. */
export interface Sample<Name extends string = string> {
  /** Unique within the run. */
  readonly key: string;
  /** By it stores and subsets know the sample; null for stored embeddings without hash and URL. */
  readonly hash: bigint | null;
  readonly url: string | null;
  readonly caption: string | null;
  /** Of an image in a file: its path within the input. */
  readonly path: string | null;
  /** The input file, folder or archive that the row comes from. */
  readonly input: string;
  /** The row's number in that input, from 0. */
  readonly row: number;
  readonly shard: number;
  readonly status: SampleStatus;
  /** Why the row failed; null where it did not. */
  readonly reason: FailureReason | null;
  readonly message: string | null;
  /** Pixels; null where no image was decoded. */
  readonly width: number | null;
  readonly height: number | null;
  readonly scores: Scores;
  readonly verdict: Verdict;
  /** The first rule that a dropped row failed. */
  readonly droppedBy: string | null;
  /** Its other columns: those of the input, and of the run beyond the ones above, of which `columns` may name those of URLs, captions and paths too. */
  readonly columns: Readonly<Record<Name, ColumnValue>>;
}

/** Which rows are read, of which shards. */
export interface RowOptions extends SampleFilter {
  /** Numbers of finished shards, for several readers that share a run; all of them where not given. */
  readonly shards?: readonly number[];
}

/** Which rows are read, and what of them. */
export interface SampleOptions<Name extends string = string> extends RowOptions {
  /** Names of the only `columns` that are wanted; all that no field of its own gives where not given. */
  readonly columns?: readonly Name[];
}

/** The finished shards that are asked for, in their order. @throws BowerbirdError BB_USAGE for one that is not finished */
export function chosenShards({ shards }: RunFacts, options: RowOptions): readonly RunShard[] {
  requireOptions(options);
  const { shards: ids } = options;
  if (ids === undefined) return shards;
  const wanted = 'a list of numbers of finished shards';
  if (!Array.isArray(ids)) throw refusedOption('shards', wanted, ids);
  const chosen = new Set<number>(ids);
  const found = shards.filter(({ id }) => chosen.delete(id));
  if (chosen.size > 0) throw refusedOption('shards', `${wanted} (they are in run.shards)`, [...chosen]);
  return found;
}

/** What a run reads beside `columns`, in the tags' own names. */
const FIXED: readonly string[] = [...LEADING_COLUMNS, ...TRAILING_COLUMNS];

/** The rows of a run, in the order of its shards. */
export async function* readSamples<Name extends string>(
  run: RunFacts,
  options: SampleOptions<Name>,
): AsyncGenerator<Sample<Name>, void, undefined> {
  const shards = chosenShards(run, options);
  const where = sampleCondition(options);
  const columns = columnNames(options.columns);
  const reader = await ParquetReader.open();
  try {
    for (const shard of shards) {
      await shard.check(shard.tags);
      const selection = selectionOf(run, await reader.columnsOf(shard.tags), columns, shard.tags);
      const scan = { path: shard.tags, rowCount: shard.rowCount, columns: selection.read, where };
      for await (const chunk of reader.chunks(scan)) {
        const values = valuesOf(chunk, selection.read);
        for (let row = 0; row < chunk.rowCount; row++) yield sampleOf<Name>(shard, selection, values, row);
      }
    }
  } finally {
    reader.close();
  }
}

/** The columns that are read of tags, and where each lies among them. */
interface Selection {
  readonly read: readonly ReadColumn[];
  readonly place: (name: string | undefined) => number;
  /** Those that become `columns`, by name. */
  readonly others: readonly (readonly [name: string, place: number])[];
  readonly url: string | undefined;
  readonly caption: string | undefined;
  readonly path: string | undefined;
}

function selectionOf(
  { record }: RunFacts,
  tags: Awaited<ReturnType<ParquetReader['columnsOf']>>,
  asked: readonly string[] | undefined,
  file: string,
): Selection {
  const { url, caption, path } = record.columns;
  const parts = [url, caption, path].flatMap((name) => name ?? []);
  const known = readColumnsOf(tags);
  const rest = known.filter(({ name }) => !FIXED.includes(name));
  const others =
    asked === undefined ? rest.filter(({ name }) => !parts.includes(name)) : pickColumns(rest, asked, file);
  const mapped = rest.filter((column) => parts.includes(column.name) && !others.includes(column));
  const fixed = pickColumns(known, FIXED, file);
  const read = [...fixed, FILE_ROW, ...mapped, ...others];
  const places = new Map(read.map(({ name }, place) => [name, place]));
  const place = (name: string | undefined): number => places.get(name ?? '') ?? -1;
  return { read, place, others: others.map(({ name }) => [name, place(name)]), url, caption, path };
}

function sampleOf<Name extends string>(
  shard: RunShard,
  { place, others, url, caption, path }: Selection,
  values: readonly (readonly ColumnValue[])[],
  row: number,
): Sample<Name> {
  const get = <Value>(name: string | undefined): Value => (values[place(name)]?.[row] ?? null) as Value;
  const status = get<SampleStatus>('status');
  return {
    key: get('key'),
    hash: get('hash'),
    url: get(url),
    caption: get(caption),
    path: get(path),
    input: shard.input,
    row: shard.firstRow + Number(get<bigint>(FILE_ROW.name)),
    shard: shard.id,
    status,
    reason: get('reason'),
    message: get('error_message'),
    width: get('original_width'),
    height: get('original_height'),
    scores: Object.fromEntries(TAGS.map((tag) => [tag, get(tag)])) as Scores,
    verdict: status !== 'success' ? 'failed' : get('kept') ? 'kept' : 'dropped',
    droppedBy: get('dropped_by'),
    columns: Object.fromEntries(
      others.map(([name, at]) => [name, values[at]![row]!]),
    ) as Sample<Name>['columns'],
  };
}
