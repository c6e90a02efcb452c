import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { commitFile, temporaryPath } from '../base/files.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { isRemote } from '../storage/storage.ts';
import type { FileColumn } from './columns.ts';
import { readHead, refuseForeign } from './content.ts';
import { withEmptyTags } from './empty-tags.ts';
import { writeFailure } from './errors.ts';
import { readFooter } from './footer.ts';
import {
  type FoundInput,
  type InputFormat,
  isPictureFormat,
  type PictureFormat,
  type StagingOptions,
} from './formats.ts';
import { fingerprintFile, packingOf, unpackOnce } from './inputs/bytes.ts';
import { withoutTextTypes } from './inputs/footer-bytes.ts';
import { withPartitions } from './inputs/partitions.ts';
import { refuseDamagedRunFile } from './inputs/run-file.ts';
import type { KnownFooters } from './known-footers.ts';
import type { ImageColumn } from './pictures/image-column.ts';
import type { MetadataTable } from './pictures/metadata.ts';
import { fetchRows } from './remote/fetch-rows.ts';
import { withWholeCopy } from './remote/fetch-whole.ts';
import { localPath, openRemoteParquet } from './remote/remote-files.ts';
import type { MalformedLine } from './text/table.ts';

/** An input file, looked at and ready to be read as Parquet, whatever its format. */
export interface ReadableInput extends InputIdentity {
  /** Absolute, or a URL without what may be secret in it. */
  readonly path: string;
  readonly format: InputFormat | PictureFormat;
  /**
   * The Parquet file that is read: `path` itself (of a file elsewhere its URL, of which rows are fetched before they are read) or its staged copy, of which all
   * values are VARCHAR.
   */
  readonly readPath: string;
  /** Lines that break the format; each is a row of nulls. */
  readonly malformedRowCount: number;
  readonly firstMalformed: MalformedLine | null;
  /** In a text: how many times bytes that are not UTF-8 were read as U+FFFD. */
  readonly replacedCount?: number;
  /** With the types that a text's values plainly have; a Parquet file's own otherwise. Partition columns are among them. */
  readonly columns: readonly FileColumn[];
  /** The column of images in a Parquet file, which is none of `columns`. */
  readonly imageColumn?: ImageColumn;
  /** The archive that images' bytes lie in, unpacked: `path` itself or its staged copy. */
  readonly archivePath?: string;
  /** Of an archive elsewhere: what it has to be still while its images are read. */
  readonly archiveTag?: string;
  /** Of a collection of images: what a person is to know of it, a line each. */
  readonly notes?: readonly string[];
  /** Where the scores of a Parquet file come from, as far as that is stated. */
  readonly provenance?: Provenance | undefined;
}

/** A DuckDB instance, or what stands for one. */
interface Connectable {
  connect(): Promise<DuckDBConnection>;
}

/**
 * Makes an input readable: reads the footer of a Parquet file and its columns of scores up to their first value (files of a run are
 * held against their digests), unpacks a packed one, and converts text and listed images into Parquet (see `stageText`, `stagePictures`).
 *
 * @throws TableError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_RUN_CORRUPT; BB_SHARD_WRITE and BB_DISK_FULL (staging)
 */
export async function makeReadable(
  instance: Connectable,
  input: FoundInput<InputFormat | PictureFormat>,
  options: StagingOptions,
): Promise<ReadableInput> {
  const connection = await instance.connect();
  try {
    const { path, format } = input;
    const tableFormat = format === 'parquet-images' ? 'parquet' : format;
    if (!isPictureFormat(tableFormat)) {
      const table = await readableOn(connection, { path, format: tableFormat }, options);
      return { ...table, columns: await withEmptyTags(connection, table.readPath, table.columns) };
    }
    const { stagePictures } = await import('./pictures/stage.ts');
    const readTable = async (table: FoundInput): Promise<MetadataTable> => {
      const found = await readableOn(connection, table, { ...options, isReadByRanges: false });
      return { ...found, note: besideNote(found) };
    };
    const staged = await stagePictures(connection, { path, format: tableFormat }, { ...options, readTable });
    return { path, format, ...staged, malformedRowCount: 0, firstMalformed: null };
  } finally {
    connection.closeSync();
  }
}

/** The same of a table, on a connection that nothing else uses meanwhile; of its rows nothing is read but texts. */
export async function readableOn(
  connection: DuckDBConnection,
  input: FoundInput,
  options: StagingOptions,
): Promise<ReadableInput> {
  const { path, format } = input;
  if (!isRemote(path)) return tableOn(connection, input, options, path);
  if (format === 'parquet') {
    await openRemoteParquet(path, options.signal);
    if (!(await packingOf(path))) {
      const table = await parquetOn(connection, path, path);
      const onProgress = (share: number): void =>
        options.onProgress?.(`Fetched ${Math.floor(100 * share)} % of ${path}`);
      if (!options.isReadByRanges) await fetchRows(connection, path, { onProgress, signal: options.signal });
      return table;
    }
  }
  return withWholeCopy(path, options, (copy) => tableOn(connection, input, options, copy));
}

/** @param readFrom the file's own path, or that of a copy */
async function tableOn(
  connection: DuckDBConnection,
  input: FoundInput,
  options: StagingOptions,
  readFrom: string,
): Promise<ReadableInput> {
  const { path, format } = input;
  if (format === 'parquet') {
    await refuseDamagedRunFile(path);
    const { stagingFolder, onProgress } = options;
    const unpacking = { stagingFolder, onProgress };
    const isPacked = (await packingOf(readFrom)) !== undefined;
    const readPath = isPacked ? (await unpackOnce(readFrom, '.parquet', unpacking)).path : readFrom;
    return parquetOn(connection, readPath, path, options.footers);
  }
  const { head } = await readHead(readFrom);
  refuseForeign(input, head);
  const identity = await fingerprintFile(readFrom);
  await mkdir(options.stagingFolder, { recursive: true });
  const source = { ...input, path: readFrom };
  const { stageText } = await import('./text/stage.ts');
  const { columns, ...staged } = await stageText(connection, source, identity.fingerprint, options);
  const stored = columns.map((column) => ({ ...column, stored: 'VARCHAR' }));
  return { path, format, ...identity, ...staged, columns: withPartitions(stored, path) };
}

async function parquetOn(
  connection: DuckDBConnection,
  readPath: string,
  path: string,
  footers?: KnownFooters,
): Promise<ReadableInput> {
  const footer = await readFooter(connection, readPath, path, footers);
  return { path, format: 'parquet', ...footer, readPath, malformedRowCount: 0, firstMalformed: null };
}

/**
 * What a person is told of an input's lines that are no rows, and of bytes that are no text; undefined where there are none.
 *
 * @param fate a sentence on what becomes of the lines
 */
export function textNote(input: ReadableRows, fate?: string): string | undefined {
  const malformed = malformedNote(input);
  const notes = [malformed, malformed && fate, replacedNote(input)];
  return notes.filter(Boolean).join(' ') || undefined;
}

function malformedNote({ path, malformedRowCount, firstMalformed }: ReadableRows): string | undefined {
  if (malformedRowCount === 0) return undefined;
  const first = firstMalformed ? ` The first is line ${firstMalformed.line}: ${firstMalformed.why}.` : '';
  return malformedRowCount === 1
    ? `1 line of ${path} breaks its format; it is a row without values.${first.replace('The first', 'It')}`
    : `${malformedRowCount} lines of ${path} break its format; each is a row without values.${first}`;
}

function replacedNote(
  { path, replacedCount = 0 }: ReadableRows,
  wayOn = 'If the file is in another encoding, name it: --encoding windows-1252, for one.',
): string | undefined {
  if (replacedCount === 0) return undefined;
  const places = replacedCount === 1 ? '1 place in' : `${replacedCount} places in`;
  return `${places} ${path} ${replacedCount === 1 ? 'is' : 'are'} not UTF-8 and read as U+FFFD, in URLs and for hashes too. ${wayOn}`;
}

/** The same of a file of columns beside images. */
function besideNote(table: ReadableRows): string | undefined {
  const notes = [malformedNote(table), replacedNote(table, 'Write it as UTF-8.')];
  return notes.filter(Boolean).join(' ') || undefined;
}

type ReadableRows = Pick<ReadableInput, 'path' | 'malformedRowCount' | 'firstMalformed' | 'replacedCount'>;

/** The magic word and, before it, the footer's length (little-endian uint32). */
const TRAILER_BYTES = 8;

/**
 * Copies a Parquet file with a footer that calls its text columns bytes: DuckDB refuses a whole chunk for one text that is no
 * UTF-8, but gives bytes as they are. Only top-level columns are changed. A copy that is there already is used.
 *
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function copyAsBytes(source: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  const temporary = temporaryPath(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(localPath(source), temporary, constants.COPYFILE_FICLONE);
    const handle = await open(temporary, 'r+');
    try {
      const { size } = await handle.stat();
      const trailer = Buffer.alloc(TRAILER_BYTES);
      await handle.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
      const footer = Buffer.alloc(trailer.readUInt32LE(0));
      const start = size - TRAILER_BYTES - footer.length;
      await handle.read(footer, 0, footer.length, start);
      const changed = withoutTextTypes(footer);
      trailer.writeUInt32LE(changed.length, 0);
      await handle.truncate(start);
      await handle.write(Buffer.concat([changed, trailer]), 0, changed.length + TRAILER_BYTES, start);
    } finally {
      await handle.close();
    }
    await commitFile(temporary, target);
  } catch (thrown) {
    throw writeFailure(target, thrown);
  }
}
