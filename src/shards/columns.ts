import { ShardError } from './errors.ts';

/** Which input column plays which part. */
export interface ColumnMapping {
  readonly url: string;
  readonly caption?: string;
  readonly hash?: string;
  readonly aesthetic?: string;
  readonly punsafe?: string;
  readonly pwatermark?: string;
}

/** A column of the input with DuckDB's name for its type. */
export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
}

/** Column names that a person gave; they go before the known ones. */
export interface ColumnChoice {
  readonly urlColumn?: string | undefined;
  readonly captionColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
}

/**
 * The names of published sets, best first: LAION-400M, LAION-5B (2B-en, multi, nolang, joined, aesthetic v1 and v2),
 * LAION-COCO, COYO-700M, and img2dataset's and this tool's own output.
 */
const KNOWN_NAMES = {
  url: ['url', 'URL', 'image_url'],
  caption: ['caption', 'text', 'TEXT', 'alt_text', 'top_caption'],
  hash: ['hash'],
  aesthetic: ['aesthetic', 'AESTHETIC_SCORE', 'aesthetic_score_laion_v2', 'aesthetic_score'],
  punsafe: ['punsafe', 'nsfw_score_opennsfw2'],
  pwatermark: ['pwatermark', 'watermark_score'],
} as const;

const SIGNED_TYPES = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const UNSIGNED_TYPES = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];

/** True for the integer types of up to 64 bits. */
export function isInteger(type: string): boolean {
  return SIGNED_TYPES.includes(type) || UNSIGNED_TYPES.includes(type);
}

/** True for every type that holds plain numbers. */
export function isNumeric(type: string): boolean {
  return isInteger(type) || type === 'FLOAT' || type === 'DOUBLE' || type.startsWith('DECIMAL(');
}

/**
 * Finds the columns by a person's choice, else by the known names: as spelt first, then whatever their case.
 * A hash column counts only where its type is an integer, a tag column only where it is a number.
 *
 * @throws ShardError BB_COLUMN_MISSING (lists the columns there are), BB_SCHEMA_MISMATCH for a chosen hash column
 *   that holds no integers
 */
export function findColumns(schema: readonly SchemaColumn[], choice: ColumnChoice): ColumnMapping {
  const { url, ...others } = findKnownColumns(schema, choice);
  if (!url) throw missing(schema, 'No column of the input is known to hold URLs. Name it with --url-col.');
  return { url, ...others };
}

/** The same where no image is going to be downloaded, so that the URL may be missing too. */
export function findKnownColumns(
  schema: readonly SchemaColumn[],
  choice: ColumnChoice,
): Partial<ColumnMapping> {
  const url = chosen(schema, choice.urlColumn, '--url-col') ?? known(schema, 'url');
  const caption = chosen(schema, choice.captionColumn, '--caption-col') ?? known(schema, 'caption');
  const hash = chosenHash(schema, choice.hashColumn) ?? known(schema, 'hash', isInteger);
  const aesthetic = known(schema, 'aesthetic', isNumeric);
  const punsafe = known(schema, 'punsafe', isNumeric);
  const pwatermark = known(schema, 'pwatermark', isNumeric);
  return {
    ...(url && { url }),
    ...(caption && { caption }),
    ...(hash && { hash }),
    ...(aesthetic && { aesthetic }),
    ...(punsafe && { punsafe }),
    ...(pwatermark && { pwatermark }),
  };
}

function known(
  schema: readonly SchemaColumn[],
  part: keyof ColumnMapping,
  accepts: (type: string) => boolean = () => true,
): string | undefined {
  const names = schema.filter((column) => accepts(column.type)).map((column) => column.name);
  const knownNames: readonly string[] = KNOWN_NAMES[part];
  const exact = knownNames.find((name) => names.includes(name));
  if (exact) return exact;
  const folded = names.map((name) => name.toLowerCase());
  const loose = knownNames.find((name) => folded.includes(name.toLowerCase()));
  return loose && names[folded.indexOf(loose.toLowerCase())];
}

function chosen(schema: readonly SchemaColumn[], name: string | undefined, flag: string): string | undefined {
  if (name === undefined) return undefined;
  // Columns without names are called by their places.
  const found =
    columnOf(schema, name) ?? (/^\d+$/.test(name) ? columnOf(schema, `column${name}`) : undefined);
  if (!found) throw missing(schema, `The input has no column "${name}", which ${flag} names.`);
  return found.name;
}

function chosenHash(schema: readonly SchemaColumn[], name: string | undefined): string | undefined {
  const found = chosen(schema, name, '--hash-col');
  if (found === undefined) return undefined;
  const { type } = columnOf(schema, found)!;
  if (isInteger(type)) return found;
  throw new ShardError(
    'BB_SCHEMA_MISMATCH',
    `The hash column "${found}" holds ${type}, not 64-bit integers. Leave --hash-col out to have hashes computed.`,
    { fields: { column: found, type } },
  );
}

/** The column of that name: as spelt, else whatever its case. */
export function columnOf(schema: readonly SchemaColumn[], name: string): SchemaColumn | undefined {
  return (
    schema.find((column) => column.name === name) ??
    schema.find((column) => column.name.toLowerCase() === name.toLowerCase())
  );
}

function missing(schema: readonly SchemaColumn[], what: string): ShardError {
  const columns = schema.map((column) => column.name);
  return new ShardError('BB_COLUMN_MISSING', `${what} It has: ${columns.join(', ') || 'none'}.`, {
    fields: { columns },
  });
}
