import { basename, join } from 'node:path';
import { readNames, shardFileName } from '../runs/run-files.ts';
import { type RunRecord, readRunRecord } from '../runs/run-record.ts';
import { isTag, TAGS } from '../samples/tags.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../shards/result-columns.ts';
import { columnOf, type FileColumn } from '../tables/columns.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { Collection } from './collection.ts';
import { columnsOf, countRows } from './row-files.ts';

/** The rows of a run's finished shards. @param folder absolute @throws BowerbirdError as `openCollection` */
export async function openRun(connection: DuckDBConnection, folder: string): Promise<Collection> {
  const record = (await readRunRecord(join(folder, 'run.json')))!;
  const shardIds = await finishedShards(folder);
  const paths = shardIds.map((id) => join(folder, shardFileName('tags', id)));
  const files = await countRows(connection, paths);
  const columns = await columnsOf(connection, files);
  const own = (name: string): string | undefined => columnOf(columns, name)?.name;
  const passed = (part: string): string | undefined => passedColumn(columns, record.columns[part]);
  return {
    title: basename(folder),
    kind: 'run',
    files,
    shardIds,
    columns: {
      key: own('key'),
      hash: own('hash'),
      url: passed('url'),
      caption: passed('caption'),
      path: passed('path'),
      width: own('original_width'),
      height: own('original_height'),
      hasFates: true,
    },
    scores: scoresOf(record, columns),
    run: { path: folder, record },
    notes: notesOf(record, shardIds.length),
  };
}

/** A shard without its stats may still be written. */
async function finishedShards(folder: string): Promise<number[]> {
  const names = await readNames(join(folder, 'stats'));
  const numbers = names.flatMap((name) => /^(\d{5,})_stats\.json$/.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

const OWN_COLUMNS: readonly string[] = [...LEADING_COLUMNS, ...TRAILING_COLUMNS];

/** A column of the input in the tags, where one that is called like one of ours has another name. */
function passedColumn(columns: readonly FileColumn[], name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  return columnOf(columns, OWN_COLUMNS.includes(name.toLowerCase()) ? `input_${name}` : name)?.name;
}

/** The tags, and what further heads gave. */
function scoresOf({ heads }: RunRecord, columns: readonly FileColumn[]): string[] {
  const further = Object.keys(heads).filter((name) => !isTag(name));
  return [...TAGS, ...further].filter((name) => columnOf(columns, name) !== undefined);
}

function notesOf({ shards }: RunRecord, finished: number): string[] {
  if (finished >= shards) return [];
  return [`${finished} of ${shards} shards are finished: the rows of the others are not shown.`];
}
