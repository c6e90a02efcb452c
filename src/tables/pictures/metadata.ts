import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { PATH_COLUMN, PLACE_COLUMNS } from '../../pictures/picture-row.ts';
import { isRemote } from '../../storage/storage.ts';
import { storedSql } from '../column-sql.ts';
import { columnOf, type FileColumn, storedType } from '../columns.ts';
import { parquetSource, quoteName, quoteText } from '../duckdb.ts';
import { type FoundInput, inferFormat } from '../formats.ts';
import { CAPTION_COLUMN, captionColumnOf } from './captions.ts';

/** The column of a file of columns that says which image a row is about, as the hub has it. */
const FILE_NAME = 'file_name';

/** A file of columns, made readable. */
export interface MetadataTable {
  readonly path: string;
  /** The Parquet file that is read. */
  readonly readPath: string;
  readonly fingerprint: string;
  readonly columns: readonly FileColumn[];
  /** What a person is to know of it, as a line. */
  readonly note?: string | undefined;
}

/** Where the rows of images are gathered, and how the files of columns beside them are read. */
export interface MetadataPlace {
  readonly connection: DuckDBConnection;
  /** An attached database. */
  readonly database: string;
  /** That of the images. */
  readonly folder: string;
  readonly readTable: (input: FoundInput) => Promise<MetadataTable>;
}

/** Rows of images in a table whose values are all texts. */
interface Rows {
  /** Quoted and qualified, ready for SQL. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** The same with what was added. */
export interface DescribedRows extends Rows {
  /** What the added columns are known by; '' where there are none. */
  readonly fingerprint: string;
  readonly notes: readonly string[];
}

/**
 * Adds the columns of the hub's `metadata.csv`, `.jsonl` and `.parquet` to the images of a folder, by `file_name`: a path from the
 * file's own folder. A row about an image that is not there stays a row, without an image; of several about one image the first
 * counts. Values that the files have go before those that stand beside the images; where captions have several names, all are in `caption` too.
 *
 * @param paths of the files, from the folder
 * @throws TableError as `makeReadable`
 */
export async function joinMetadata(
  place: MetadataPlace,
  listed: Rows,
  paths: readonly string[],
): Promise<DescribedRows> {
  const files: Described[] = [];
  const notes: string[] = [];
  let fingerprint = '';
  for (const path of paths) {
    const file = await place.readTable({
      path: isRemote(place.folder) ? `${place.folder}/${path}` : join(place.folder, path),
      format: inferFormat(path)!,
      isBesideImages: true,
    });
    fingerprint += `${path} ${file.fingerprint}\n`;
    if (file.note !== undefined) notes.push(file.note);
    const named = columnOf(file.columns, FILE_NAME);
    if (named) files.push({ file, named, prefix: path.slice(0, path.lastIndexOf('/') + 1) });
    else notes.push(`${file.path} has no column "${FILE_NAME}", so it is of no image: passed over.`);
  }
  const rows = files.length === 0 ? listed : await addColumns(place, listed, files);
  return { ...rows, fingerprint, notes };
}

interface Described {
  readonly file: MetadataTable;
  /** Its column of paths. */
  readonly named: FileColumn;
  /** What those paths are relative to. */
  readonly prefix: string;
  /** Its column of captions, where that has another name than those of other images. */
  readonly caption?: FileColumn | undefined;
}

/** The files, each with its column of captions where not all captions are in columns of one name: the hub's is `text`, that beside an image `caption`. */
function withOneCaption(
  files: readonly Described[],
  listedCaption: string | undefined,
): readonly Described[] {
  const found = files.map(({ file, named }) => captionColumnOf(addedIn(file, named)));
  const names = [listedCaption, ...found.map((column) => column?.name)];
  if (new Set(names.flatMap((name) => name?.toLowerCase() ?? [])).size < 2) return files;
  return files.map((file, place) => {
    const caption = found[place];
    return caption?.name.toLowerCase() === CAPTION_COLUMN ? file : { ...file, caption };
  });
}

async function addColumns(
  { connection, database }: MetadataPlace,
  listed: Rows,
  given: readonly Described[],
): Promise<Rows> {
  const described = `${database}.main.described`;
  const listedCaption = captionColumnOf(listed.columns.map((name) => ({ name })))?.name;
  const files = withOneCaption(given, listedCaption);
  await connection.run(
    `CREATE TABLE ${described} AS SELECT * EXCLUDE (file_order, row_order)
     FROM (${files.map(selectDescribed).join(' UNION ALL BY NAME ')})
     QUALIFY row_number() OVER (PARTITION BY ${PATH} ORDER BY file_order, row_order) = 1`,
  );
  const added = addedColumns(files);
  const columns = [...listed.columns, ...added.filter((name) => !has(listed.columns, name))];
  const values = columns.map(
    (name) => `${valueSql(name, listed.columns, added, listedCaption)} AS ${quoteName(name)}`,
  );
  const name = `${database}.main.pictures`;
  await connection.run(
    `CREATE TABLE ${name} AS SELECT ${values.join(', ')}
     FROM ${listed.name} AS listed FULL JOIN ${described} AS described USING (${PATH}) ORDER BY ${PATH}`,
  );
  return { name, columns };
}

const PATH = quoteName(PATH_COLUMN);

/** The rows of one file as texts, each with the path of its image. */
function selectDescribed({ file, named, prefix, caption }: Described, fileOrder: number): string {
  const values = addedIn(file, named).map((column) => `${textSql(column)} AS ${quoteName(column.name)}`);
  if (caption) values.push(`${textSql(caption)} AS ${quoteName(CAPTION_COLUMN)}`);
  const lead = [
    `${quoteText(prefix)} || regexp_replace(${storedSql(named)}::VARCHAR, '^(\\./)+', '') AS ${PATH}`,
    `${fileOrder} AS file_order`,
    'row_number() OVER () AS row_order',
  ];
  return `SELECT ${[...lead, ...values].join(', ')} FROM ${parquetSource(file.readPath)} WHERE ${storedSql(named)} IS NOT NULL`;
}

/** Lists and structs are JSON, as in every input of text. */
function textSql(column: FileColumn): string {
  const isNested = /\]$|^(STRUCT|MAP)\(/.test(storedType(column));
  return isNested ? `to_json(${storedSql(column)})::VARCHAR` : `${storedSql(column)}::VARCHAR`;
}

/** Bytes are no text, and a path has been said. */
function addedIn({ columns }: MetadataTable, named: FileColumn): FileColumn[] {
  const ours = [PATH_COLUMN, ...Object.values(PLACE_COLUMNS)];
  return columns.filter((column) => column !== named && column.type !== 'BLOB' && !has(ours, column.name));
}

function addedColumns(files: readonly Described[]): string[] {
  const names: string[] = [];
  for (const { file, named, caption } of files) {
    const own = addedIn(file, named).map(({ name }) => name);
    for (const name of caption ? [...own, CAPTION_COLUMN] : own) if (!has(names, name)) names.push(name);
  }
  return names;
}

function valueSql(
  name: string,
  listed: readonly string[],
  added: readonly string[],
  listedCaption: string | undefined,
): string {
  if (name === PATH_COLUMN) return PATH;
  const quoted = quoteName(name);
  if (name === PLACE_COLUMNS.fault)
    return `CASE WHEN listed.${quoteName(PLACE_COLUMNS.bytes)} IS NULL AND listed.${quoted} IS NULL THEN 'image_missing' ELSE listed.${quoted} END`;
  if (name.toLowerCase() === CAPTION_COLUMN && has(added, name) && listedCaption !== undefined)
    return `coalesce(described.${quoted}, listed.${quoteName(listedCaption)})`;
  if (!has(added, name)) return `listed.${quoted}`;
  return has(listed, name) ? `coalesce(described.${quoted}, listed.${quoted})` : `described.${quoted}`;
}

function has(names: readonly string[], name: string): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase());
}
