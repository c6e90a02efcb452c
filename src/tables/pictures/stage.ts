import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { commitFile, temporaryPath } from '../../base/files.ts';
import { Listing } from '../../pictures/listing.ts';
import { PATH_COLUMN, type PictureRow, PLACE_COLUMNS, recordOf } from '../../pictures/picture-row.ts';
import { TarDamageError } from '../../pictures/webdataset.ts';
import { isRemote } from '../../storage/storage.ts';
import type { FileColumn, SchemaColumn } from '../columns.ts';
import { queryRows, quoteName, quoteText } from '../duckdb.ts';
import { unreadable, writeFailure } from '../errors.ts';
import type { FoundInput, PictureFormat } from '../formats.ts';
import { mendEscapes } from '../text/json-values.ts';
import type { TextRecord } from '../text/lines.ts';
import { plainTypes } from '../text/stage.ts';
import { loadJson, recordsIn } from '../text/table.ts';
import { gatherCaptions } from './captions.ts';
import { type CollectionOptions, openCollection, SKIP_BAD } from './collections.ts';
import { joinMetadata, type MetadataPlace } from './metadata.ts';

/** The images of a collection as rows of a Parquet file, every value as its text (VARCHAR). */
export interface StagedPictures {
  readonly readPath: string;
  /** The archive that the images' bytes lie in; absent where each is a file of its own. */
  readonly archivePath?: string;
  readonly archiveTag?: string;
  readonly rowCount: number;
  /** Of all images. */
  readonly sizeBytes: number;
  /** sha256 (hex) over the rows: names, sizes, and what stands beside the images. */
  readonly fingerprint: string;
  /** With the types that all values of a column plainly have: BIGINT, DOUBLE, else VARCHAR. */
  readonly columns: readonly FileColumn[];
  /** What a person is to know of the collection, a line each. */
  readonly notes: readonly string[];
}

/** How images are listed. */
export type PictureStaging = CollectionOptions & Pick<MetadataPlace, 'readTable'>;

/** An attached database, in which rows are gathered; texts beside them are gathered in one of another name. */
const DATABASE = 'pictures';

/** Images whose rows are given to DuckDB at one time. */
const BATCH_ROWS = 2048;

/** Rows among which those of one name are looked for at one time, about. */
const DUPLICATES_AT_ONCE = 125_000;

/**
 * Lists the images of a folder or an archive as rows of a Parquet file under `stagingFolder`: a path, what stands beside each image,
 * and where its bytes lie. No image is read.
 *
 * @throws TableError BB_INPUT_UNREADABLE, BB_SHARD_WRITE, BB_DISK_FULL; StorageError
 */
export async function stagePictures(
  connection: DuckDBConnection,
  input: FoundInput<PictureFormat>,
  options: PictureStaging,
): Promise<StagedPictures> {
  const { stagingFolder } = options;
  await mkdir(stagingFolder, { recursive: true });
  const databasePath = temporaryPath(join(stagingFolder, 'pictures.db'));
  try {
    await connection.run(`ATTACH ${quoteText(databasePath)} AS ${DATABASE}`);
    return await stageIn(connection, input, options);
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? thrown : writeFailure(databasePath, thrown);
  } finally {
    await connection.run(`DETACH DATABASE IF EXISTS ${DATABASE}`);
    for (const path of [databasePath, `${databasePath}.wal`]) await rm(path, { force: true });
  }
}

async function stageIn(
  connection: DuckDBConnection,
  input: FoundInput<PictureFormat>,
  options: PictureStaging,
): Promise<StagedPictures> {
  const listing = new Listing();
  const digest = createHash('sha256');
  const tags = createHash('sha256');
  const { rows, ...archive } = await openCollection(input, listing, options);
  const listed = await loadJson(
    input.path,
    { connection, database: DATABASE },
    tellingHowMany(input, recordsOf(asListed(input, rows), { digest, tags }), options),
  );
  if (archive.archivePath !== undefined && listed.rowCount > 0) await markDuplicates(connection, listed);
  await gatherCaptions(connection, listed, recordsIn({ database: DATABASE }));
  const place = { connection, database: DATABASE, folder: input.path, readTable: options.readTable };
  const table = await joinMetadata(place, listed, listed.rowCount === 0 ? [] : listing.metadata);
  const fingerprint = digest.update(table.fingerprint).digest('hex');
  const places = isRemote(input.path) ? `-${tags.digest('hex').slice(0, 16)}` : '';
  const readPath = join(options.stagingFolder, `${fingerprint}${places}-${input.format}.parquet`);
  if (!existsSync(readPath)) await copyOut(connection, table.name, readPath);
  const columns = await plainTypes(connection, table);
  const [counted] = await queryRows<{ n: bigint }>(connection, `SELECT count(*) AS n FROM ${table.name}`);
  return {
    readPath,
    ...archive,
    rowCount: Number(counted!.n),
    sizeBytes: listing.sizeBytes,
    fingerprint,
    columns: columns.map(asText),
    notes: [...listing.notes(input.path), ...table.notes],
  };
}

/** Types of our own columns, whatever they happen to hold. */
const OWN_TYPES: ReadonlyMap<string, string> = new Map([
  [PATH_COLUMN, 'VARCHAR'],
  [PLACE_COLUMNS.offset, 'BIGINT'],
  [PLACE_COLUMNS.bytes, 'BIGINT'],
  [PLACE_COLUMNS.fault, 'VARCHAR'],
  [PLACE_COLUMNS.tag, 'VARCHAR'],
]);

function asText({ name, type }: SchemaColumn): FileColumn {
  return { name, type: OWN_TYPES.get(name) ?? type, stored: 'VARCHAR' };
}

/**
 * Of members of one name only the first is scored: which of them is meant cannot be told. Those that the listing has marked come before the
 * row of their sample. Rows are looked at in parts, all of one name in one, so that memory does not grow with their number.
 */
async function markDuplicates(
  connection: DuckDBConnection,
  { name: table, rowCount }: { readonly name: string; readonly rowCount: number },
): Promise<void> {
  const [path, fault] = [PATH_COLUMN, PLACE_COLUMNS.fault].map(quoteName);
  const partCount = Math.ceil(rowCount / DUPLICATES_AT_ONCE);
  for (let part = 0; part < partCount; part++)
    await connection.run(
      `UPDATE ${table} SET ${fault} = 'member_duplicate' WHERE ${fault} IS NULL AND rowid IN (
         SELECT rowid FROM ${table} WHERE hash(${path}) % ${partCount} = ${part}
           AND coalesce(${fault} NOT IN ('member_duplicate', 'member_cut'), true)
         QUALIFY row_number() OVER (PARTITION BY ${path} ORDER BY rowid) > 1)`,
    );
}

async function copyOut(connection: DuckDBConnection, table: string, path: string): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await connection.run(
      `COPY (SELECT * FROM ${table}) TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
    await commitFile(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** What fails while images are listed is the input's fault. */
async function* asListed(
  { path }: FoundInput<PictureFormat>,
  rows: AsyncGenerator<PictureRow>,
): AsyncGenerator<PictureRow> {
  try {
    yield* rows;
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    const wayOn = thrown instanceof TarDamageError ? `; ${SKIP_BAD}` : '';
    throw unreadable(path, `${messageOf(thrown)}${wayOn}`, thrown);
  }
}

/** The same records; how many there were so far is told. */
async function* tellingHowMany(
  { path }: FoundInput<PictureFormat>,
  batches: AsyncGenerator<TextRecord[]>,
  { onProgress }: PictureStaging,
): AsyncGenerator<TextRecord[]> {
  for await (const batch of batches) {
    yield batch;
    onProgress?.(`Listed ${batch.at(-1)?.line ?? 0} images of ${path} so far`);
  }
}

/** What takes the rows' bytes for an identity. */
interface Digests {
  readonly digest: { update(text: string): unknown };
  /** What an object elsewhere is told by is no part of what a collection is known by, so that it has one identity wherever it lies. */
  readonly tags: { update(text: string): unknown };
}

/** Rows as JSON, of which the digest takes every byte but that of tags. */
async function* recordsOf(
  rows: AsyncIterable<PictureRow>,
  { digest, tags }: Digests,
): AsyncGenerator<TextRecord[]> {
  let batch: TextRecord[] = [];
  let line = 0;
  for await (const row of rows) {
    const { tag, ...listed } = row;
    const record = mendEscapes(recordOf(listed));
    digest.update(`${record}\n`);
    if (tag !== undefined) tags.update(`${tag}\n`);
    batch.push({ line: ++line, fields: [tag === undefined ? record : mendEscapes(recordOf(row))] });
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
