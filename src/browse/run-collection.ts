import { basename, dirname, join } from 'node:path';
import { readNames, shardFileName } from '../runs/run-files.ts';
import { type RunRecord, readRunRecord } from '../runs/run-record.ts';
import { isTag, TAGS } from '../samples/tags.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../shards/result-columns.ts';
import { columnOf, type FileColumn } from '../tables/columns.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { Collection, PictureRun } from './collection.ts';
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
  const scored = await scoredRun(record);
  const pictureKey = scored && own('input_key');
  return {
    title: basename(folder),
    kind: 'run',
    files,
    shardIds: pictureKey ? undefined : shardIds,
    columns: {
      key: own('key'),
      pictureKey,
      hash: own('hash'),
      url: passed('url'),
      caption: passed('caption'),
      path: passed('path') ?? (pictureKey && own('path')),
      width: own('original_width'),
      height: own('original_height'),
      hasFates: true,
    },
    scores: scoresOf(record, columns),
    runs: [scored && pictureKey ? scored : { path: folder, record }],
    notes: notesOf(record, shardIds.length),
  };
}

/** The run whose stored embeddings a run has scored, if they are of one and it is still there: it has the pictures. */
async function scoredRun({ inputs }: RunRecord): Promise<PictureRun | undefined> {
  const folders = new Set(inputs.map(({ path, format }) => (format === 'npy' ? dirname(dirname(path)) : '')));
  const [path] = folders;
  if (folders.size !== 1 || !path) return undefined;
  const record = await readRunRecord(join(path, 'run.json')).catch(() => undefined);
  return record && { path, record };
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
